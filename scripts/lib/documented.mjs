/** Checks that every value which a package exports has a doc comment: what editors show of it. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { publicPackages, short } from './workspace.mjs';

/** @returns {string[]} what is wrong */
export function checkDocumented() {
  const problems = [];
  for (const project of publicPackages()) {
    for (const { types } of Object.values(project.manifest.exports)) {
      const entry = types?.replace('./dist/', 'src/').replace('.d.ts', '.ts');
      if (entry === undefined) continue;
      for (const [name, { file, own }] of exportsOf(join(project.dir, entry))) {
        const line = lineOf(file, own);
        if (line === undefined) problems.push(`${short(file)}: ${name} is exported, and not found here`);
        else if (!hasDocs(file, line))
          problems.push(`${short(file)}:${line + 1}: ${name} is public and has no doc comment`);
      }
    }
  }
  return [...new Set(problems)];
}

/** Each exported value by its public name: the file that declares it, and its name there. What other packages export is theirs. */
function exportsOf(file) {
  const found = new Map();
  const text = readFileSync(file, 'utf8');
  for (const [, name] of text.matchAll(DECLARED)) found.set(name, { file, own: name });
  for (const [, alias, list, from] of text.matchAll(REEXPORTED)) {
    const source = from === undefined ? file : neighbour(file, from);
    if (source === undefined) continue;
    if (list === undefined) {
      if (alias !== undefined) found.set(alias, { file, own: alias });
      else for (const [name, place] of exportsOf(source)) if (!found.has(name)) found.set(name, place);
      continue;
    }
    for (const item of list.split(',')) {
      const [, own, name = own] = /^\s*(?!type\s)(\w+)(?:\s+as\s+(\w+))?\s*$/.exec(item) ?? [];
      if (own === undefined) continue;
      const place = from === undefined ? imported(text, file, own) : exportsOf(source).get(own);
      if (place !== undefined) found.set(name, place);
    }
  }
  return found;
}

const DECLARED = /^export (?:async )?(?:abstract )?(?:function\*?|class|const|let|enum) (\w+)/gm;
const REEXPORTED = /^export (?:\*(?: as (\w+))?|\{([^}]*)\})(?: from '([^']+)')?;/gm;

/** A name that a module exports and may have imported before. */
function imported(text, file, name) {
  for (const [, list, from] of text.matchAll(/^import \{([^}]*)\} from '([^']+)';/gm)) {
    if (!list.split(',').some((item) => item.trim() === name)) continue;
    const source = neighbour(file, from);
    return source && exportsOf(source).get(name);
  }
  return { file, own: name };
}

/** The source of a module of the same package. */
function neighbour(file, specifier) {
  if (!specifier.startsWith('.')) return undefined;
  const path = join(dirname(file), specifier.replace(/\.js$/, '.ts'));
  return existsSync(path) ? path : undefined;
}

function lineOf(file, name) {
  const declares = new RegExp(
    `^(?:export )?(?:async )?(?:abstract )?(?:(?:function\\*?|class|const|let|enum) ${name}\\b|\\* as ${name} )`,
  );
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .findIndex((text) => declares.test(text));
  return line < 0 ? undefined : line;
}

/** Whether a doc comment ends right above; of an overloaded function above the first signature, which is the line that is found. */
function hasDocs(file, line) {
  const above = readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, line)
    .filter((text) => !text.startsWith('//'));
  return (
    above.at(-1)?.trimEnd().endsWith('*/') === true &&
    above.findLast((text) => text.includes('/*'))?.includes('/**') === true
  );
}
