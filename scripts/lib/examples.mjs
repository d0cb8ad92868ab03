/** Finds the examples in the documentation: every ```ts fence of a Markdown file or of a doc comment. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow, projects, root, short } from './workspace.mjs';

/**
 * @typedef {object} Example
 * @property {string} file the source, relative to the root
 * @property {number} line where its code begins, from 1
 * @property {string[]} code
 * @property {boolean} runs whether it is run too, not only type-checked
 */

/** @returns {{ examples: Example[], problems: string[] }} */
export function findExamples() {
  const readmes = [root, ...projects().map(({ dir }) => dir)].map((dir) => join(dir, 'README.md'));
  const markdown = [
    ...readmes.filter((path) => existsSync(path)),
    ...filesBelow(join(root, 'docs'), (path) => path.endsWith('.md')),
  ];
  const sources = projects()
    .filter(({ dir }) => short(dir).startsWith('packages'))
    .flatMap((project) => project.sources);
  const found = { examples: [], problems: [] };
  for (const path of markdown) collect(short(path), linesOf(path), found);
  for (const path of sources) collect(short(path), docLines(path, found), found);
  return found;
}

/** The fences among `lines`; lines that are no documentation are `undefined`. */
function collect(file, lines, { examples, problems }) {
  let open;
  lines.forEach((text, index) => {
    if (open) {
      if (text === undefined) problems.push(`${file}:${open.line - 1}: the fence is not closed`);
      if (text === undefined || text.trim() === '```') {
        if (open.example) examples.push(open.example);
        open = undefined;
      } else open.example?.code.push(text);
      return;
    }
    const fence = /^\s*```(\S*)\s*(.*)$/.exec(text ?? '');
    if (!fence) return;
    const [, language, words] = fence;
    open = { line: index + 2 };
    if (language !== 'ts') return;
    if (words !== '' && words !== 'no-run')
      problems.push(`${file}:${index + 1}: write \`ts\` or \`ts no-run\``);
    open.example = { file, line: index + 2, code: [], runs: words !== 'no-run' };
  });
}

/** A source file's lines, only those of doc comments and without the comment's marks. */
function docLines(path, { problems }) {
  let inside = false;
  let wanting;
  return linesOf(path).map((text, index) => {
    if (/^\s*\/\*\*/.test(text)) inside = true;
    if (!inside) return undefined;
    const line = text.replace(/^\s*\/?\*+(?!\/) ?/, '').replace(/\s*\*\/\s*$/, '');
    if (line.startsWith('@example')) wanting = index + 1;
    if (line.startsWith('```')) wanting = undefined;
    if (!text.includes('*/')) return line;
    if (wanting) problems.push(`${short(path)}:${wanting}: an @example holds its code in a \`\`\`ts fence`);
    inside = false;
    wanting = undefined;
    // The end of a comment ends what was left open in it.
    return line === '' ? undefined : line;
  });
}

function linesOf(path) {
  return readFileSync(path, 'utf8').split('\n');
}
