/** Functions of a real program: a script that Node runs, the modules and CommonJS files that it imports, and a worker. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const url = (name: string) => new URL(`./fixtures/${name}`, import.meta.url).href;

interface Outcome {
  readonly value?: unknown;
  readonly name?: string;
  readonly refused?: string;
  readonly error?: string;
  readonly encoded?: { kind: string; imports?: unknown[]; module?: string; path?: string };
}

let results: Record<string, Outcome>;

beforeAll(async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [fixture('entry.mjs')], {
    encoding: 'utf8',
  });
  results = JSON.parse(stdout) as typeof results;
});

/** The outcome of a case; what went wrong, where something did, is part of a failure's message. */
const outcome = (name: string): Outcome => results[name] ?? { refused: 'no such case' };

describe('functions of the script that the program was started with', () => {
  it.each([
    ['F1. a self-contained one runs', 'pure', 3],
    ['F2. a named import is bound by its module', 'namedImport', 7],
    ['F2. so is a default import', 'defaultImport', 8],
    ['F2. so is a namespace import', 'namespaceImport', 'b'],
    ["F2. so are Node's modules, default and named", 'builtinDefault', true],
    ['F2. an import that has the name of a global is the import', 'shadowedGlobal', 'slept'],
    ['F2. import() of a neighbour is import() of its URL', 'dynamicImport', 7],
    ['F2. names of the framework are bound', 'frameworkName', 'function'],
    ['F2. under other names too', 'frameworkAlias', 'functionfunction'],
    ['F2. and as a namespace', 'frameworkNamespace', 'function'],
    ['F2. an arrow refers to itself', 'recursion', 'done'],
    ['F1. typeof of what is declared nowhere is no use of a variable', 'undeclared', 'absent'],
  ])('%s', (_title, name, value) => {
    expect(outcome(name)).toMatchObject({ value, encoded: { kind: 'source' } });
  });

  it('F2. a function that a travelled one makes in its worker can use the same imports and travel on', () => {
    expect(outcome('onwards')).toMatchObject({ value: ['b', 1] });
  });

  it('F2. framework names come from the framework, whatever they were imported as', () => {
    expect(outcome('frameworkAlias').encoded?.imports).toEqual([
      { local: 'start', module: '@poniard/core', imported: 'spawn' },
      { local: 'currentRuntime', module: '@poniard/core', imported: 'currentRuntime' },
    ]);
  });

  it('F3. a constant of the script is named with file, line and column, and why the script is no way out', () => {
    const { refused } = outcome('constant');
    const before =
      readFileSync(fixture('entry.mjs'), 'utf8')
        .split(/weight;\n {4}\}, 1\)/)[0]
        ?.split('\n') ?? [];
    const place = `${fixture('entry.mjs')}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
    expect(refused).toContain(`it uses \`weight\` (${place}), a variable of its module`);
    expect(refused).toContain('workers never import it, since the program would start over there');
    expect(refused).toContain('Pass it as an argument: spawn(fn, …, weight)');
  });

  it.each([
    ['another function of the script', 'otherFunction', /`helper`.*a variable of its module/],
    ['an outer variable that has the function’s own name', 'sameNameAsOuter', /`scale`/],
    [
      'variables of the function around it',
      'closure',
      /`n` .*a variable of the function local around it\n.*`inner`/,
    ],
    ['a variable that is only guarded by typeof', 'guardedVariable', /`weight`/],
    ['a global that the program made', 'userGlobal', /`installed`.*a global that exists in this thread only/],
    ['import.meta', 'meta', /`import\.meta`.*which only a module has/],
    [
      'a function of the script that task() marked',
      'markedInEntry',
      /task\(\) says .*entry\.mjs, but .*start over/,
    ],
    [
      'an export of the script itself',
      'exportedByEntry',
      /It is export "exported" of .*entry\.mjs, but .*start over/,
    ],
  ])('F3. refuses %s', (_title, name, message) => {
    expect(outcome(name).refused).toMatch(message);
  });
});

describe('functions of modules', () => {
  it.each([
    ['a function', 'exportedFunction', 18, 'measure'],
    ['an arrow', 'exportedArrow', 7, 'arrow'],
    ['an expression as the default', 'exportedDefault', 8, 'default'],
    ['a function under another name', 'exportedRenamed', 9, 'other'],
    ['a member of an exported object', 'exportedMember', 9, 'kernels.add'],
    ['a static method', 'exportedStatic', 18, 'Shapes.area'],
    ['one that reads import.meta', 'exportedMeta', url('library.mjs'), 'url'],
    ['one that a wrapper returned', 'exportedWrapped', 6, 'wrapped'],
  ])('F2. an export travels by its module: %s', (_title, name, value, path) => {
    expect(outcome(name)).toMatchObject({
      value,
      encoded: { kind: 'module', module: url('library.mjs'), path },
    });
  });

  it('F2. a module that waits for its own function does not wait for itself', () => {
    expect(outcome('early')).toMatchObject({
      value: 22,
      encoded: { module: url('busy.mjs'), path: 'early' },
    });
  });

  it('F2. one that is not exported takes along what its module exports', () => {
    expect(outcome('hidden')).toMatchObject({ value: 17, encoded: { kind: 'source' } });
  });

  it('F3. and is refused where it needs more than that', () => {
    expect(outcome('stuck').refused).toMatch(
      /`scale` .*library\.mjs:\d+:10\), a variable of its module\nIt is not an export/,
    );
    expect(outcome('exportedClosure').refused).toMatch(/`n` .*a variable of the function make around it/);
  });

  it.each([
    ['a member of exports', 'common', 14, 'default.scale'],
    ['a member of a member', 'commonNested', 15, 'default.nested.deep'],
  ])('F2. CommonJS exports travel by their file: %s', (_title, name, value, path) => {
    expect(outcome(name)).toMatchObject({
      value,
      encoded: { kind: 'module', module: url('common.cjs'), path },
    });
  });

  it('F2. a function may be all that a CommonJS file exports', () => {
    expect(outcome('commonWhole')).toMatchObject({ value: 8, encoded: { kind: 'module', path: 'default' } });
  });

  it('F2. what require() gave is bound like an import', () => {
    expect(outcome('commonRequires')).toMatchObject({ value: 'b\n', encoded: { kind: 'source' } });
  });

  it("F2. Node's own functions travel by their module", () => {
    expect(outcome('builtin')).toMatchObject({
      value: 'a/b',
      encoded: { module: 'node:path', path: 'default.join' },
    });
    expect(outcome('builtinInternal')).toMatchObject({
      value: true,
      encoded: { module: 'node:fs/promises' },
    });
  });

  it('F2. looking leaves nothing behind in the global object', () => {
    expect(results['leftovers']).toEqual(['Symbol(Symbol.toStringTag)']);
  });
});
