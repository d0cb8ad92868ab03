/**
 * Checks the documentation's examples: type-checks all of them and runs each as a program of its own, as a reader would
 * (those fenced `ts no-run` are only type-checked). A comment behind `console.log(…)` is what it must print:
 *
 *     console.log(1 + 1); // 2
 *
 * An example that passed is not run again until it or a package has changed. The table of Dagger's names is checked too:
 * each row links a test that exists. So is that all public values have doc comments.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { bin, run, say } from './lib/command.mjs';
import { checkCounterparts } from './lib/counterparts.mjs';
import { checkDocumented } from './lib/documented.mjs';
import { findExamples } from './lib/examples.mjs';
import { cacheDir, root } from './lib/workspace.mjs';

const folder = join(cacheDir, 'docs');
const passedFile = join(folder, 'passed.json');
const timeout = 60_000;

const { examples, problems } = findExamples();
problems.push(...checkCounterparts(), ...checkDocumented());
const named = examples.map((example) => ({
  ...example,
  name: `${example.file.replaceAll(/[\\/]/g, '__')}.L${example.line}`,
}));

writeSources();
const broken = await checkTypes();
await runAll(named.filter(({ name, runs }) => runs && !broken.has(name)));
for (const problem of problems) console.error(problem);
const runnable = examples.filter(({ runs }) => runs).length;
console.error(`${examples.length} examples, ${runnable} of them to be run, ${problems.length} problems`);
if (problems.length > 0) process.exitCode = 1;

/** Each example in a file where its lines have the numbers that they have in the documentation. */
function writeSources() {
  rmSync(join(folder, 'src'), { recursive: true, force: true });
  mkdirSync(join(folder, 'src'), { recursive: true });
  for (const { name, line, code } of named) {
    writeFileSync(join(folder, 'src', `${name}.ts`), `${'\n'.repeat(line - 1)}${code.join('\n')}\n`);
  }
  const compilerOptions = {
    composite: false,
    declaration: false,
    declarationMap: false,
    incremental: true,
    moduleDetection: 'force',
    outDir: 'out',
    rootDir: 'src',
    tsBuildInfoFile: 'out/.tsbuildinfo',
    types: ['node'],
  };
  const config = { extends: '../../tsconfig.base.json', compilerOptions, include: ['src'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
}

/** The names of the examples that do not compile. */
async function checkTypes() {
  const broken = new Set();
  try {
    if (named.length > 0) await run([...bin('typescript', 'tsc'), '-p', folder], { quiet: true });
  } catch (error) {
    if (error.name !== 'CommandError') throw error;
    const sources = new Map(named.map(({ name, file }) => [name, file]));
    const place = /^\S*?([^/\\\s]+)\.ts\((\d+),(\d+)\)/gm;
    const message = error.output.trimEnd().replaceAll(place, (all, name, line, column) => {
      if (!sources.has(name)) return all;
      broken.add(name);
      return `${sources.get(name)}:${line}:${column}`;
    });
    problems.push(message);
  }
  return broken;
}

async function runAll(runnable) {
  const passed = new Set(existsSync(passedFile) ? JSON.parse(readFileSync(passedFile, 'utf8')) : []);
  const stampFile = join(cacheDir, 'build-stamp');
  const stamp = existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : String(Math.random());
  const keyed = runnable.map((example) => ({ ...example, key: keyOf(example, stamp) }));
  const waiting = keyed.filter(({ key }) => !passed.has(key));
  if (waiting.length > 0) say(`running ${waiting.length} examples …`);
  const lane = async () => {
    for (let example = waiting.shift(); example; example = waiting.shift()) {
      const problem = await runOne(example);
      if (problem) problems.push(`${example.file}:${example.line}: ${problem}`);
      else passed.add(example.key);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
  writeFileSync(passedFile, JSON.stringify(keyed.map(({ key }) => key).filter((key) => passed.has(key))));
}

function keyOf({ name, code }, stamp) {
  return createHash('sha256')
    .update(JSON.stringify([name, code, stamp, process.version]))
    .digest('hex');
}

/** What is wrong with it, or nothing. */
async function runOne({ name, code }) {
  const program = join(folder, 'out', `${name}.js`);
  try {
    const { stdout } = await run([process.execPath, '--enable-source-maps', program], {
      cwd: root,
      quiet: true,
      timeout,
    });
    return missingOutput(code, stdout.split('\n'));
  } catch (error) {
    if (error.name !== 'CommandError') throw error;
    return error.message.replaceAll(program, 'the example');
  }
}

/** The comments behind `console.log(…)` must be printed, in their order. */
function missingOutput(code, printed) {
  let from = 0;
  for (const line of code) {
    const wanted = /^\s*console\.log\(.*\);?\s*\/\/ (.*?)\s*$/.exec(line)?.[1];
    if (wanted === undefined) continue;
    const at = printed.indexOf(wanted, from);
    if (at < 0)
      return `it should print\n  ${wanted}\nbut printed\n  ${printed.slice(from).join('\n  ').trimEnd()}`;
    from = at + 1;
  }
  return undefined;
}
