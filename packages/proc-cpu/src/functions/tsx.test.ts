/** Functions of a TypeScript program that tsx runs. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const tsx = join(dirname(createRequire(import.meta.url).resolve('tsx/package.json')), 'dist/cli.mjs');
const travel = fileURLToPath(new URL('./fixtures/travel.mjs', import.meta.url));
const core = fileURLToPath(import.meta.resolve('@poniard/core'));

// Written out here and not kept as files, because the compiler would take them for sources of this package.
const files = {
  'k.ts': `
    export const K: number = 3;
    export function times(a: number): number { const inner = (b: number): number => b * K; return inner(a); }`,
  'lib.ts': `
    import { K, times } from './k';
    enum Color { Red = 1 }
    namespace Numbers { export const two = 2; }
    export const scale = (x: number): number => x * K + Color.Red + Numbers.two;
    export default function both(x: number) { return scale(x) + times(x); }`,
  'entry.ts': `
    import { report, travel } from ${JSON.stringify(travel)};
    import { spawn } from ${JSON.stringify(core)};
    import both, { scale } from './lib.js';
    import * as k from './k';
    import fs from 'node:fs';
    import { basename } from 'node:path';
    const weight: number = 3;
    void report({
      inner: () => travel((x: number): number => {
        const inner = (y: number) => y + 1;
        function deep() { return inner(x); }
        return deep();
      }, 1),
      imported: () => travel((x: number) => scale(x) + k.times(x), 2),
      importedDefault: () => travel((x: number) => both(x), 2),
      builtins: () => travel((x: string) => basename(x) + fs.existsSync('/'), '/a/b'),
      framework: () => travel(() => typeof spawn),
      dynamic: () => travel(async (x: number) => (await import('./k')).times(x), 4),
      exported: () => travel(scale, 2),
      exportedDefault: () => travel(both, 2),
      constant: () => travel((x: number) => x * weight, 1),
    });`,
};

describe.each(['module', 'commonjs'])('functions of a program that tsx runs as %s', (type) => {
  let folder: string;
  let results: Record<string, { value?: unknown; refused?: string }>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'poniard-tsx-'));
    await writeFile(join(folder, 'package.json'), JSON.stringify({ type }));
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    // A program that tests run under another loader would hand it down.
    const { NODE_OPTIONS: _none, ...env } = process.env;
    const { stdout } = await promisify(execFile)(process.execPath, [tsx, join(folder, 'entry.ts')], { env });
    results = JSON.parse(stdout) as typeof results;
  });

  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ['F1. inner functions keep their names and work', 'inner', 2],
    ['F2. imports of TypeScript files are found', 'imported', 15],
    ['F2. so are default ones', 'importedDefault', 15],
    ["F2. so are Node's", 'builtins', 'btrue'],
    ['F2. so are names of the framework', 'framework', 'function'],
    ['F2. import() of a neighbour works', 'dynamic', 12],
    ['F2. an exported function travels by its TypeScript module', 'exported', 9],
    ['F2. so does the default export', 'exportedDefault', 15],
  ])('%s', (_title, name, value) => {
    expect(results[name]).toMatchObject({ value });
  });

  it('F3. a constant of the script is found in the file as it was written', () => {
    const before = files['entry.ts'].slice(0, files['entry.ts'].indexOf('weight, 1)')).split('\n');
    const place = `${join(folder, 'entry.ts')}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
    expect(results['constant']?.refused).toContain(`it uses \`weight\` (${place})`);
  });
});
