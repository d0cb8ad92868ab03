import { describe, expect, it } from 'vitest';
import { FunctionTransferError } from '../errors.js';
import { decodeFunction, decodeSource } from './decode.js';
import type { AnyFunction, SourceFunction } from './encoded.js';
import { SourceFunctionCodec } from './source-codec.js';
import { task } from './task-reference.js';

const make = (expression: string): AnyFunction => new Function(`return (${expression})`)() as AnyFunction;
const codec = new SourceFunctionCodec();
const encode = async (fn: AnyFunction) => (await codec.encode(fn)) as SourceFunction;
/** There and back again. */
const travel = async (fn: AnyFunction) => decodeSource(await encode(fn));

describe('the core codec', () => {
  it('F1. sends what uses only the language and globals as source, without imports', async () => {
    const fn = make('(n) => Math.max(n, parseInt("3"), new Map([[1, 2]]).size) + performance.now() * 0');
    expect(await encode(fn)).toMatchObject({ kind: 'source', name: 'anonymous', imports: [] });
    expect((await travel(fn))(7)).toBe(7);
  });

  it('F1. answers at once when the parser is loaded', async () => {
    const fresh = new SourceFunctionCodec();
    expect(fresh.encode(() => Math.PI)).toBeInstanceOf(Promise);
    await fresh.preload();
    expect(fresh.encode(() => Math.PI)).toMatchObject({ kind: 'source' });
  });

  it('F2. an arrow refers to itself by its name', async () => {
    const fib = make('(() => { const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2)); return fib; })()');
    const there = await travel(fib);
    expect(there(10)).toBe(55);
    expect(there.name).toBe('fib');
  });

  it('F2. a method does not: its name is a key, and no variable', async () => {
    await expect(encode(make('{ scale(n) { return scale(n) } }.scale'))).rejects.toThrow(/`scale`/);
  });

  it('F2. names of the framework are bound', async () => {
    const encoded = await encode(make('async (n) => (await spawn(n)) + taskContext().id'));
    expect(encoded.imports).toEqual([
      { local: 'spawn', module: '@poniard/core', imported: 'spawn' },
      { local: 'taskContext', module: '@poniard/core', imported: 'taskContext' },
    ]);
    const fn = await decodeFunction(encoded, async () => ({
      spawn: (n: number) => n,
      taskContext: () => ({ id: 1 }),
    }));
    expect(await fn(2)).toBe(3);
  });

  it('F2. fetch is the global one', async () => {
    expect((await encode(make('(url) => fetch(url)'))).imports).toEqual([]);
  });

  it('F2. what task() marked goes by its module', async () => {
    const fn = task('file:///app/kernels.js', function blur() {});
    expect(await codec.encode(fn)).toEqual({
      kind: 'module',
      name: 'blur',
      module: 'file:///app/kernels.js',
      path: 'blur',
    });
  });

  it('F3. anything else names the function, the variable, the place, and the ways out', async () => {
    const blur = make('function blur(x) {\n  return x * kernel;\n}');
    await expect(encode(blur)).rejects.toThrow(FunctionTransferError);
    await expect(encode(blur)).rejects.toThrow(
      'function "blur" cannot travel to another thread: it uses `kernel` (line 2, column 14 of its source), ' +
        'which is neither its own nor a global\n' +
        'Pass it as an argument: spawn(blur, …, kernel); or export the function from a module and mark it: task(import.meta.url, blur).',
    );
  });

  it('F3. lists several variables, and counts the rest', async () => {
    await expect(encode(make('() => a + b'))).rejects.toThrow(
      / {2}- `a` .*\n {2}- `b` .*\nPass them as arguments/,
    );
    await expect(encode(make('() => a + b + c + d + e + f + g'))).rejects.toThrow(/ {2}- 2 more/);
  });

  it('F3. a global that the program made is not there in workers', async () => {
    (globalThis as Record<string, unknown>)['madeHere'] = 1;
    await expect(encode(make('() => madeHere'))).rejects.toThrow(
      /`madeHere`.*a global that exists in this thread only/,
    );
    delete (globalThis as Record<string, unknown>)['madeHere'];
  });

  it('F1. a name that is only asked for by typeof may be absent', async () => {
    expect((await travel(make('() => typeof nothing')))()).toBe('undefined');
    expect((await travel(make('() => (typeof window === "undefined" ? "no page" : window.name)')))()).toBe(
      'no page',
    );
    await expect(encode(make('() => (typeof callback === "function" ? callback() : 0)'))).rejects.toThrow(
      /`callback`/,
    );
  });

  it('F1. import() travels where its specifier means the same everywhere', async () => {
    const fn = make('async () => (await import("node:path")).sep');
    expect((await encode(fn)).source).toBe('(async () => (await import("node:path")).sep)');
    await expect(encode(make('() => import("./neighbour.js")'))).rejects.toThrow(
      /`import\('\.\/neighbour\.js'\)`/,
    );
  });

  it.each([
    ['this', '() => this.x', /`this`.*\nPass the object/],
    ['arguments', '(function () { return () => arguments })()', /`arguments`/],
  ])('F3. explains %s', async (_title, expression, message) => {
    await expect(encode(make(expression))).rejects.toThrow(message);
  });

  it('F3. refuses what is no function', () => {
    expect(() => codec.encode(3 as never)).toThrow('a function is needed, not number');
  });

  it('F1. names that esbuild and tsx keep work, in inner functions too', async () => {
    const fn = make(
      '(a) => { const inner = __name((b) => { const deep = __name(() => b, "deep"); return deep.name; }, "inner"); return inner(a) + inner.name; }',
    );
    expect((await travel(fn))(1)).toBe('deepinner');
  });

  it("F1. vitest's import() becomes import() again", async () => {
    const { source } = await encode(make('() => __vite_ssr_dynamic_import__("node:path")'));
    expect(source).toBe(
      '((__vite_ssr_dynamic_import__=(u)=>import(u))=>(() => __vite_ssr_dynamic_import__("node:path")))()',
    );
  });

  it.each([
    ['vitest', '() => __vite_ssr_import_0__.x', /vitest wrote.*\nMark the function where it is exported/],
    ['istanbul', '() => { cov_1hmpszesgp().f[1]++; }', /istanbul.*\nMeasure coverage with V8/],
    [
      'esbuild',
      '() => __async(null, null, function* () {})',
      /esbuild.*\nSet the target of the compiler to ES2022/,
    ],
    ['esbuild', '(a, b) => __pow(a, b)', /ES2022/],
    ['TypeScript', '() => __awaiter(void 0)', /TypeScript writes.*\n.*ES2022/],
    ['a compiler to CommonJS', '() => import_lib.x', /compiler to CommonJS/],
  ])('F3. explains what %s wrote', async (_tool, expression, message) => {
    await expect(encode(make(expression))).rejects.toThrow(message);
  });

  it('F1. enums and namespaces that a compiler wrote out inside are fine', async () => {
    const fn = make(
      '() => { let Color; (function (Color) { Color[Color["Red"] = 1] = "Red"; })(Color || (Color = {})); return Color.Red; }',
    );
    expect((await travel(fn))()).toBe(1);
  });

  it('F1. a class travels, with private fields and all', async () => {
    const Counter = (await travel(
      make('class Counter { #n = 0; next() { return ++this.#n } }'),
    )) as unknown as new () => {
      next(): number;
    };
    expect(new Counter().next()).toBe(1);
    await expect(
      encode(make('class A extends B {}'.replace('B', '(typeof B === "undefined" ? Object : B)'))),
    ).rejects.toThrow(/`B`/);
  });
});
