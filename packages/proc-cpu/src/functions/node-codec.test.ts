/** The codec in this process, where vitest has rewritten every import. Whole programs are run by the other test files. */
import * as inspector from 'node:inspector';
import { basename } from 'node:path';
import {
  type AnyFunction,
  decodeFunction,
  FunctionTransferError,
  type SourceFunction,
  task,
  withOptions,
} from '@poniard/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FunctionInspector } from './function-facts.js';
import { whyNotImportable } from './modules.js';
import { NodeFunctionCodec } from './node-codec.js';

const codec = new NodeFunctionCodec();
const encode = async (fn: AnyFunction, by = codec) => (await by.encode(fn)) as SourceFunction;
/** A function that no compiler has touched. */
const make = (expression: string): AnyFunction => new Function(`return (${expression})`)() as AnyFunction;
const fixture = (name: string) => new URL(`./fixtures/${name}`, import.meta.url).href;
const load = async (specifier: string) =>
  (await import(/* @vite-ignore */ specifier)) as Record<string, AnyFunction>;

afterEach(() => {
  vi.restoreAllMocks();
});

describe('functions that vitest rewrote', () => {
  it("F2. what a test imports of Node's is bound", async () => {
    const encoded = await encode((path: string) => basename(path));
    expect(encoded.imports).toEqual([
      { local: expect.stringMatching(/^__vite_ssr_import_\d+__$/), module: 'node:path', imported: '*' },
    ]);
    expect((await decodeFunction(encoded, load))('/a/b')).toBe('b');
  });

  it('F2. so is what it imports of the framework', async () => {
    const { imports } = await encode(() => typeof withOptions);
    expect(imports).toHaveLength(1);
    expect(imports[0]).toMatchObject({
      imported: '*',
      module: expect.stringMatching(/^file:.*core\/dist\/|^@poniard\/core$/),
    });
  });

  it('F2. an exported function of a plain module travels by its file', async () => {
    const library = await load('./fixtures/library.mjs');
    expect(await encode(library['measure'] as AnyFunction)).toEqual({
      kind: 'module',
      name: 'measure',
      module: fixture('library.mjs'),
      path: 'measure',
    });
    expect(await encode(library['default'] as AnyFunction)).toMatchObject({ path: 'default' });
  });

  it.skipIf('typescript' in process.features)(
    'F3. TypeScript that only vitest can load is refused, with the reason',
    async () => {
      await expect(encode(whyNotImportable)).rejects.toThrow(
        /It is export "whyNotImportable" of .*modules\.ts, but .*not plain JavaScript, and the workers of this process have no loader/,
      );
      await expect(encode(() => whyNotImportable('', []))).rejects.toThrow(
        /an import of '.*modules\.ts', but/,
      );
    },
  );

  it('F2. TypeScript travels by its module where workers have a loader', async () => {
    const loading = new NodeFunctionCodec({ execArgv: ['--import', 'tsx'] });
    expect(await encode(whyNotImportable, loading)).toMatchObject({
      kind: 'module',
      path: 'whyNotImportable',
    });
  });

  it('F3. a local variable is named, where it stands in the file as it was written', async () => {
    const local = 1;
    const refused = encode(function uses() {
      return local;
    });
    await expect(refused).rejects.toThrow(FunctionTransferError);
    await expect(refused).rejects.toThrow(/"uses".*`local` \(.*node-codec\.test\.ts:\d+:14\)/);
  });
});

describe('looking at a function', () => {
  it('F1. a self-contained function is not looked at', async () => {
    const connect = vi.spyOn(inspector.Session.prototype, 'connect');
    await encode(make('(a, b) => Math.max(a, b)'));
    await encode(make('function fib(n) { return n < 2 ? n : fib(n - 1) }'));
    expect(connect).not.toHaveBeenCalled();
  });

  it('F2. each look has a session, which ends; the debugger is needed once per script', () => {
    const post = vi.spyOn(inspector.Session.prototype, 'post');
    const connect = vi.spyOn(inspector.Session.prototype, 'connect');
    const disconnect = vi.spyOn(inspector.Session.prototype, 'disconnect');
    const looking = new FunctionInspector();
    const found = [1, 2, 3].map((value) => looking.inspect(() => value));
    expect(found.map((facts) => facts?.scopes[0]?.variables['value'])).toEqual([1, 2, 3]);
    expect(connect).toHaveBeenCalledTimes(3);
    const enabled = () =>
      post.mock.calls.filter(([method]) => (method as string) === 'Debugger.enable').length;
    expect(enabled()).toBe(0);
    expect(new Set(found.map((facts) => facts?.script.text)).size).toBe(1);
    expect(enabled()).toBe(1);
    expect(disconnect).toHaveBeenCalledTimes(4);
  });

  it('F2. another debugger may be attached, and stays so', async () => {
    const other = new inspector.Session();
    other.connect();
    try {
      other.post('Debugger.enable');
      expect((await encode(() => basename('/a/b'))).imports).toHaveLength(1);
      const answer = vi.fn();
      other.post('Runtime.evaluate', { expression: '1 + 1' }, answer);
      expect(answer).toHaveBeenCalledWith(
        null,
        expect.objectContaining({ result: expect.objectContaining({ value: 2 }) }),
      );
    } finally {
      other.disconnect();
    }
  });

  it('F3. where the inspector fails, names decide', async () => {
    vi.spyOn(inspector.Session.prototype, 'connect').mockImplementation(() => {
      throw new Error('no inspector here');
    });
    const disconnect = vi.spyOn(inspector.Session.prototype, 'disconnect');
    await expect(encode(() => basename('/a/b'))).rejects.toThrow(/vitest wrote/);
    expect((await encode(make('() => spawn'))).imports).toMatchObject([
      { module: '@poniard/core', imported: 'spawn' },
    ]);
    expect(disconnect).toHaveBeenCalledTimes(2);
  });

  it('F2. a name that nothing around has is a global, the framework, or unknown', async () => {
    expect((await encode(make('() => setTimeout'))).imports).toEqual([]);
    expect((await encode(make('() => spawn'))).imports).toHaveLength(1);
    await expect(encode(make('() => nowhere'))).rejects.toThrow(/`nowhere`.*neither its own nor a global/);
  });

  it('F2. a variable that refers to the function itself does so over there', async () => {
    const made = new Function(
      'const other = (n) => (n === 0 ? "end" : other(n - 1)); return other',
    )() as AnyFunction;
    Object.defineProperty(made, 'name', { value: 'renamed' });
    expect((await decodeFunction(await encode(made), load))(2)).toBe('end');
  });

  it('F2. what task() marked is not looked at, but must be a file that workers can import', async () => {
    const connect = vi.spyOn(inspector.Session.prototype, 'connect');
    const there = task(fixture('library.mjs'), function measure() {});
    expect(await codec.encode(there)).toMatchObject({ module: fixture('library.mjs'), path: 'measure' });
    const gone = task(fixture('gone.mjs'), function gone() {});
    expect(() => codec.encode(gone)).toThrow(/"gone".*gone\.mjs, but .*no file that a worker could import/);
    expect(connect).not.toHaveBeenCalled();
  });
});
