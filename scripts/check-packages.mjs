/**
 * Checks the packages as users get them: packs each one, looks into the archive, asks publint and
 * @arethetypeswrong/cli, and installs all of them in an empty project, where a program must compile and run.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bin, run, step } from './lib/command.mjs';
import { publicPackages, root } from './lib/workspace.mjs';

const folder = mkdtempSync(join(tmpdir(), 'poniard-packages-'));
try {
  const archives = new Map();
  for (const { name, dir } of publicPackages()) {
    const archive = await step(`packed ${name}`, () => pack(dir));
    await step(`${name}: contents`, () => checkContents(archive));
    await step(`${name}: publint`, () => run([...bin('publint'), archive, '--strict'], { quiet: true }));
    const types = [...bin('@arethetypeswrong/cli', 'attw'), archive, '--profile', 'esm-only', '--no-color'];
    await step(`${name}: types in every resolution`, () => run(types, { quiet: true }));
    archives.set(name, archive);
  }
  await step('installed in an empty project', () => install(archives));
  await step('the program compiles there', compileProgram);
  await step('the program runs there', runProgram);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function pack(dir) {
  const { packageManager } = readJson(join(root, 'package.json'));
  const command = ['npx', '-y', packageManager, 'pack', '--json', '--pack-destination', folder];
  const { stdout } = await run(command, { cwd: dir, quiet: true });
  return JSON.parse(stdout.slice(stdout.indexOf('{'))).filename;
}

async function checkContents(archive) {
  const { stdout } = await run(['tar', '-tzf', archive], { quiet: true });
  const files = stdout
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''));
  for (const needed of ['package.json', 'README.md', 'LICENSE']) {
    if (!files.includes(needed)) throw new Error(`${archive} lacks ${needed}`);
  }
  const strange = files.filter((path) => /\.tsbuildinfo$|\.test(-d)?\.|^src\/|^node_modules\//.test(path));
  if (strange.length > 0) throw new Error(`${archive} holds ${strange.join(', ')}`);
  const { stdout: manifest } = await run(['tar', '-xzOf', archive, 'package/package.json'], { quiet: true });
  if (manifest.includes('workspace:')) throw new Error(`${archive} depends on a workspace`);
}

async function install(archives) {
  const dependencies = Object.fromEntries([...archives].map(([name, archive]) => [name, `file:${archive}`]));
  const overrides = Object.fromEntries([...archives.keys()].map((name) => [name, `$${name}`]));
  const manifest = { name: 'consumer', private: true, type: 'module', dependencies, overrides };
  mkdirSync(join(folder, 'consumer'));
  writeFileSync(join(folder, 'consumer/package.json'), JSON.stringify(manifest));
  const options = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];
  await run(['npm', 'install', ...options], { cwd: join(folder, 'consumer'), quiet: true });
}

async function compileProgram() {
  const consumer = join(folder, 'consumer');
  writeFileSync(
    join(consumer, 'main.ts'),
    `import { fetch, spawn } from 'poniard';

const add1 = (value: number) => value + 1;
const add2 = (value: number) => value + 2;
const combine = (...values: number[]) => values.reduce((sum, value) => sum + value, 0);

const p = spawn(add1, 4);
const q = spawn(add2, p);
const r = spawn(add1, 3);
const s = spawn(combine, p, q, r);
const result: number = await fetch(s);
// @ts-expect-error a text is no number
spawn(add1, 'four');
console.log(result);
`,
  );
  // As TypeScript comes: declarations are checked too, beside those of Node and of the DOM.
  const compilerOptions = {
    module: 'NodeNext',
    target: 'ES2022',
    typeRoots: [join(root, 'node_modules/@types')],
    types: ['node'],
    strict: true,
  };
  writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['main.ts'] }));
  await run([...bin('typescript', 'tsc'), '-p', consumer], { quiet: true });
}

async function runProgram() {
  const { stdout } = await run([process.execPath, 'main.js'], {
    cwd: join(folder, 'consumer'),
    quiet: true,
    timeout: 60_000,
  });
  if (stdout.trim() !== '16') throw new Error(`the program printed ${JSON.stringify(stdout)} instead of 16`);
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}
