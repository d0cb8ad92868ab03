import * as acorn from 'acorn';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FunctionTransferError } from '../errors.js';
import type { AnyFunction } from './encoded.js';
import { readFunction } from './free-variables.js';

/** A function whose source is exactly this, which no compiler has touched. */
const make = (expression: string): AnyFunction => new Function(`return (${expression})`)() as AnyFunction;
const read = (fn: AnyFunction) => readFunction(fn, acorn);
const names = (fn: AnyFunction) => read(fn).free.map(({ name }) => name);
/** What the expression of a function's source evaluates to, as a worker would. */
const again = (fn: AnyFunction) =>
  new Function(`'use strict';return ${read(fn).expression()}`)() as (...args: unknown[]) => unknown;

describe('reading a function', () => {
  it.each([
    ['an arrow', 'arrow', '(a, b) => a + b'],
    ['an arrow without parentheses', 'arrow', 'a => a + 2'],
    ['an async arrow', 'arrow', 'async (a, b) => a + b'],
    ['a function', 'function', 'function (a, b) { return a + b }'],
    ['a named function', 'function', 'function add(a, b) { return a + b }'],
    ['an async function', 'function', 'async function add(a, b) { return a + b }'],
    ['a generator', 'function', 'function* add(a, b) { yield a + b }'],
    ['an async generator', 'function', 'async function* add(a, b) { yield a + b }'],
    ['a class', 'class', 'class Adder { #n = 1; get n() { return this.#n } static { this.made = true } }'],
    ['a method', 'method', '{ add(a, b) { return a + b } }.add'],
    ['a method called get', 'method', '{ get(a, b) { return a + b } }.get'],
    ['a method called async', 'method', '{ async(a, b) { return a + b } }.async'],
    ['an async method', 'method', '{ async add(a, b) { return a + b } }.add'],
    ['a generator method', 'method', '{ *add(a, b) { yield a + b } }.add'],
    ['an async generator method', 'method', '{ async *add(a, b) { yield a + b } }.add'],
    ['a method with a computed key', 'method', '{ [["add"][0]](a, b) { return a + b } }.add'],
    [
      'a method with a symbol for a key',
      'method',
      '{ [Symbol.iterator](a, b) { return a + b } }[Symbol.iterator]',
    ],
    ['a method with a string for a key', 'method', '{ "a b"(a, b) { return a + b } }["a b"]'],
    ['a method with a number for a key', 'method', '{ 12(a, b) { return a + b } }[12]'],
    ['a static method', 'method', 'class { static add(a, b) { return a + b } }.add'],
    [
      'a private method',
      'method',
      'class { static #add(a, b) { return a + b } static get() { return this.#add } }.get()',
    ],
  ])('F1. takes %s', (_title, form, expression) => {
    const fn = make(expression);
    expect(read(fn)).toMatchObject({ form, free: [], obstacles: [] });
    expect(Function.prototype.toString.call(again(fn)).replace(/^.*?(?=\(|\{)/, '')).toBe(
      Function.prototype.toString
        .call(fn)
        .replace(/^.*?(?=\(|\{)/, '')
        .replace(/^\[.*?\]\](?=\()/, ''),
    );
  });

  it('F1. what was read works as before', () => {
    expect(again(make('(a, b = a, ...[c]) => [a, b, c]'))(1, undefined, 2)).toEqual([1, 1, 2]);
    expect(again(make('{ add(a, b) { return a + b } }.add'))(1, 2)).toBe(3);
    expect(again(make('{ [Symbol.iterator](a) { return a } }[Symbol.iterator]'))(1)).toBe(1);
    expect(again(make('function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) }'))(10)).toBe(55);
    expect(again(make('function count() { return arguments.length }'))(1, 2)).toBe(2);
  });

  it('F3. says where each free name is used first', () => {
    const fn = make('(a) => {\n  const b = a + outer;\n  return b + other + outer;\n}');
    expect(read(fn).free).toEqual([
      { name: 'outer', offset: 25, line: 2, column: 17, guarded: false, onlyTypeof: false },
      { name: 'other', offset: 45, line: 3, column: 14, guarded: false, onlyTypeof: false },
    ]);
    const method = make('{ add(a) { return outer } }.add');
    expect(read(method).free).toMatchObject([{ name: 'outer', line: 1, column: 17 }]);
  });

  it('F1. tells names that are only asked for by typeof', () => {
    expect(read(make('() => typeof a')).free).toMatchObject([{ guarded: true, onlyTypeof: true }]);
    expect(read(make('() => typeof a === "function" ? a() : 0')).free).toMatchObject([
      { guarded: true, onlyTypeof: false },
    ]);
    expect(read(make('() => a(typeof a)')).free).toMatchObject([{ guarded: true, onlyTypeof: false }]);
  });

  it('F1. direct eval keeps what is declared declared', () => {
    expect(names(make('(code) => { const a = 1; return eval(code) + a }'))).toEqual(['eval']);
  });

  it.each([
    ['this of an arrow', '() => this', 'this'],
    ['this of a function, which is called without one', 'function () { return this.x }', 'this'],
    ['this of a method', '{ f() { return this.x } }.f', 'this'],
    ['super of a method', '{ f() { return super.f() } }.f', 'super'],
    ['arguments of an arrow', '(function () { return () => arguments })()', 'arguments'],
    ['this in a computed key', 'class { [this.x] = 1 }', 'this'],
    ['a private name', 'class { #x; static f(o) { return o.#x } }.f', '#x'],
    ['a private name that is asked for', 'class { #x; static f(o) { return #x in o } }.f', '#x'],
  ])('F3. notices %s', (_title, expression, text) => {
    expect(read(make(expression)).obstacles).toMatchObject([{ text }]);
  });

  it('F3. notices import.meta', () => {
    const fn = () => 0;
    fn.toString = () => '() => import.meta.url';
    const parsed = {
      ...acorn,
      parse: () => acorn.parse('(() => import.meta.url)', { ecmaVersion: 'latest', sourceType: 'module' }),
    };
    expect(readFunction(fn, parsed as never).obstacles).toMatchObject([{ text: 'import.meta' }]);
  });

  it('F1. this means something inside inner functions and classes', () => {
    expect(read(make('() => { function P() { this.x = 1 } return new P() }')).obstacles).toEqual([]);
    expect(
      read(make('() => new (class { x = this; f() { return () => super.f(this) } })()')).obstacles,
    ).toEqual([]);
    expect(read(make('() => ({ f() { return this } })')).obstacles).toEqual([]);
  });

  it('F1. lists the imports that are written out', () => {
    expect(read(make('async (x) => [await import("a"), await import(x)]')).imports).toEqual([
      { specifier: 'a', start: 27, end: 30 },
    ]);
  });

  it.each([
    ['a built-in function', Math.max, /"max".*built into the engine.*Math\.max\(\.\.\.args\)/],
    ['a global one', structuredClone, /"structuredClone"/],
    ['a bound function', make('function add() {}').bind(1), /"bound add".*bound functions have no source/],
    ['a Proxy', new Proxy(make('function add() {}'), {}), /"add".*Proxy/],
    [
      'a Proxy that refuses to be asked',
      new Proxy(() => {}, {
        get: () => {
          throw new Error('no');
        },
      }),
      /"anonymous".*Proxy/,
    ],
    ['sloppy syntax', make('function old(o) { with (o) { return x } }'), /"old".*strict-mode.*with/],
  ])('F3. refuses %s by name', (_title, fn, message) => {
    expect(() => read(fn as AnyFunction)).toThrow(FunctionTransferError);
    expect(() => read(fn as AnyFunction)).toThrow(message);
  });

  it('F3. a source that is no JavaScript is refused, not a crash', () => {
    const typescript = {
      ...acorn,
      parse: () => acorn.parse('((a: number) => a)', { ecmaVersion: 'latest' }),
    };
    expect(() => readFunction(() => 0, typescript as never)).toThrow(
      /cannot be read as strict-mode JavaScript/,
    );
  });

  it('F1. a name made of a free name and local ones is found whatever surrounds it', () => {
    const wrap = fc.constantFrom<(inner: string) => string>(
      (e) => `(() => ${e})()`,
      (e) => `[${e}].map((x) => x)`,
      (e) => `((a, { b = ${e} } = {}) => b)()`,
      (e) => `(function f(n) { try { return ${e} } catch (local) { return local } })()`,
      (e) => `new (class { #p = ${e}; static q = 1; get() { return this.#p } })().get()`,
      (e) => `\`\${${e}}\``,
    );
    fc.assert(
      fc.property(fc.array(wrap, { maxLength: 5 }), (wraps) => {
        const expression = wraps.reduce((inner, one) => one(inner), 'outer + local');
        const fn = make(`(local) => { return ${expression} }`);
        expect(names(fn)).toEqual(['outer']);
      }),
    );
  });
});
