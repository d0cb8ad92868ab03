/** F3: closures of whole programs, as toolchains leave them. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build, type Format, transform } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tsx } from './programs.js';

const poniard = fileURLToPath(import.meta.resolve('poniard'));

const lib = `
import { basename } from 'node:path';
export const K: number = 3;
let secret = 1;
export const setSecret = (to: number): void => { secret = to; };
export const scale = (x: number): number => x * K + secret;
export const nameOf = (path: string): string => basename(path);
export class Shape {
  static readonly unit = 2;
  #side: number;
  constructor(side: number) { this.#side = side; }
  get area(): number { return this.#side ** 2 * Shape.unit; }
}
export function* upTo(n: number): Generator<number> { for (let i = 0; i < n; i++) yield i; }
export const make = (k: number) => async (x: number): Promise<number> => (await x) * k;
`;

const main = `
import { basename, join } from 'node:path';
import { capture, fetchAll, spawn, tochunk } from ${JSON.stringify(poniard)};
import * as lib from './lib.js';
import { K, make, nameOf, scale, setSecret, Shape, upTo } from './lib.js';

const offset: number = 100;
let changing = 1;
const isEven = (n: number): boolean => n === 0 || isOdd(n - 1);
const isOdd = (n: number): boolean => n !== 0 && isEven(n - 1);
class Cube extends Shape {
  constructor(readonly edge: number) { super(edge); }
  volume(): number { return this.edge ** 3 + offset; }
}
const helper = ({ x, y = offset }: { x: number; y?: number }): number => {
  const inner = (z: number): number => z + x;
  return inner(y);
};
const operations = { add: (a: number, b: number): number => a + b + offset, get twice(): number { return 2 * offset; } };

async function run(): Promise<void> {
  const results: Record<string, unknown> = {};
  const check = async (name: string, value: PromiseLike<unknown>): Promise<void> => {
    results[name] = await value.then((found) => found, (error: Error) => 'refused: ' + error.message);
  };
  const tasks = [];
  for (let i = 0; i < 5; i++) tasks.push(spawn(() => scale(i) + K));
  await check('loop', fetchAll(tasks));
  await check('constant', spawn((x: number) => x + offset, 1));
  await check('functions', spawn(() => helper({ x: 1 }) + (isEven(10) ? 1 : 0)));
  await check('classes', spawn((edge: number) => [new Cube(edge).volume(), new Cube(edge).area], 2));
  await check('objects', spawn(() => operations.add(1, 2) + operations.twice));
  await check('generators', spawn(() => [...upTo(3)]));
  await check('made', spawn(make(offset), 2));
  await check('imports', spawn((path: string) => nameOf(path) + basename(join(path, 'c')), '/a/b'));
  await check('namespace', spawn((x: number) => lib.K * x, 2));
  await check('explicit', spawn(capture({ offset, helper }, (v, x: number) => v.helper({ x }) + v.offset), 1));
  const first = spawn(() => 5);
  const chunk = tochunk([1, 2, 3]);
  await check('handles', spawn(async () => (await first) + (await chunk.fetch()).length));
  await check('nested', spawn(async () => {
    const local = K;
    return spawn(async () => (await spawn(() => local + offset)) + 1);
  }));
  const before = spawn(() => changing);
  changing = 2;
  await check('before', before);
  await check('after', spawn(() => changing));
  await check('set', spawn(() => { changing = 3; }));
  setSecret(1);
  const weak = new WeakMap();
  await check('refused', spawn(() => weak.has({})));
  console.log(JSON.stringify(results));
}
void run();
`;

const withTypes = async (name: string, text: string, format: Format): Promise<string> => {
  const { code } = await transform(text, { loader: 'ts', format, target: 'es2022', sourcefile: name });
  return code;
};

interface Way {
  readonly type: 'module' | 'commonjs';
  /** Writes the program; gives the file to run, and Node's options. */
  prepare(folder: string): Promise<readonly string[]>;
}

async function writeTypeScript(folder: string): Promise<string> {
  await writeFile(join(folder, 'lib.ts'), lib);
  await writeFile(join(folder, 'main.ts'), main);
  return join(folder, 'main.ts');
}

async function bundled(folder: string, minify: boolean, keepNames: boolean): Promise<readonly string[]> {
  const outfile = join(folder, 'bundle.mjs');
  await build({
    entryPoints: [await writeTypeScript(folder)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    external: [poniard],
    minify,
    keepNames,
  });
  return [outfile];
}

const ways: Record<string, Way> = {
  'JavaScript modules': {
    type: 'module',
    async prepare(folder) {
      await writeFile(join(folder, 'lib.js'), await withTypes('lib.ts', lib, 'esm'));
      await writeFile(join(folder, 'main.js'), await withTypes('main.ts', main, 'esm'));
      return [join(folder, 'main.js')];
    },
  },
  'TypeScript by tsx': {
    type: 'module',
    prepare: async (folder) => ['--import', tsx(), await writeTypeScript(folder)],
  },
  'TypeScript by tsx, as CommonJS': {
    type: 'commonjs',
    prepare: async (folder) => ['--import', tsx(), await writeTypeScript(folder)],
  },
  'a bundle of esbuild': { type: 'module', prepare: (folder) => bundled(folder, false, false) },
  'a bundle that keeps names': { type: 'module', prepare: (folder) => bundled(folder, false, true) },
  'a minified bundle': { type: 'module', prepare: (folder) => bundled(folder, true, false) },
};

describe.each(Object.entries(ways))('closures of %s', (_name, { type, prepare }) => {
  let folder: string;
  let results: Record<string, unknown>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'poniard-closures-'));
    await writeFile(join(folder, 'package.json'), JSON.stringify({ type }));
    const args = await prepare(folder);
    const { NODE_OPTIONS: _none, ...env } = process.env;
    const { stdout } = await promisify(execFile)(process.execPath, [...args], { env });
    results = JSON.parse(stdout) as typeof results;
  }, 30_000);

  afterAll(() => rm(folder, { recursive: true }));

  it('F3. they bring along what they capture', () => {
    expect(results).toMatchObject({
      loop: [4, 7, 10, 13, 16],
      constant: 101,
      functions: 102,
      classes: [108, 8],
      objects: 303,
      generators: [0, 1, 2],
      made: 200,
      imports: 'bc',
      namespace: 6,
      explicit: 201,
      handles: 8,
      nested: 104,
      before: 1,
      after: 2,
    });
  });

  it('F3. what cannot come along is named', () => {
    expect(results['set']).toMatch(/^refused: .*which it sets/);
    expect(results['refused']).toMatch(/^refused: .*is a WeakMap/);
  });
});
