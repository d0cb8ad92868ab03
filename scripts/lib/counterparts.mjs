/**
 * The table of Dagger's names, `docs/from-dagger.md`: each row links the tests that show it, by their titles, or says in
 * their place why there is no counterpart (`—`).
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { root } from './workspace.mjs';

const table = join(root, 'docs', 'from-dagger.md');

/** What is wrong with it: rows without a test or a reason, and links to tests that there are not. */
export function checkCounterparts() {
  const problems = [];
  readFileSync(table, 'utf8')
    .split('\n')
    .forEach((line, index) => {
      if (!line.startsWith('| ') || line.endsWith('| shown by |')) return;
      const where = `docs/from-dagger.md:${index + 1}`;
      const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
      const [, , here, shown] = cells;
      if (cells.length !== 5) problems.push(`${where}: a row has three cells`);
      else if (here === '—') {
        if (shown === '') problems.push(`${where}: say why it is left out`);
      } else {
        const links = [...shown.matchAll(/\[((?:[^\]\\]|\\.)+)\]\(([^)]+)\)/g)];
        if (links.length === 0) problems.push(`${where}: link the test that shows it`);
        for (const [, title, path] of links) {
          const problem = checkTest(title.replaceAll('\\|', '|'), path);
          if (problem) problems.push(`${where}: ${problem}`);
        }
      }
    });
  return problems;
}

/** A test's title stands in its file as a string. */
function checkTest(title, path) {
  const file = resolve(table, '..', path);
  const name = relative(root, file);
  if (!existsSync(file)) return `there is no ${name}`;
  const source = readFileSync(file, 'utf8');
  const spellings = [`'${title.replaceAll("'", "\\'")}'`, `"${title}"`];
  if (!spellings.some((spelling) => source.includes(spelling))) return `${name} has no test “${title}”`;
  return undefined;
}
