/** @file Building lazy graphs. Nothing runs here. */
import type { AnyFunction } from '../functions/encoded.js';
import { checkFunction } from '../handles.js';
import { checkOptions } from '../options-check.js';
import { isThunk, type LazyArg, type LazyOptions, Thunk } from './thunk.js';

/** Builds a node for each call. */
export type Delayed<A extends readonly unknown[], R> = (
  ...args: { [K in keyof A]: LazyArg<A[K]> }
) => Thunk<Awaited<R>>;

/**
 * The lazy form of a function: calling it builds a {@link Thunk} and runs nothing. Arguments may be other nodes, and
 * whatever `spawn` takes, Tasks and Chunks too (L1, L2). Dagger: `delayed`.
 *
 * @throws TypeError for what is no function, and for unknown options.
 * @example
 * ```ts
 * import { createRuntime, delayed } from '@poniard/core';
 *
 * const add = delayed((a: number, b: number) => a + b);
 * const shared = add(1, 2);
 * const node = add(shared, shared);
 *
 * await using runtime = createRuntime();
 * console.log(await runtime.collect(node)); // 6
 * ```
 */
export function delayed<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  options?: LazyOptions,
): Delayed<A, R> {
  checkFunction(fn, 'delayed');
  const own = options && Object.freeze({ ...(checkOptions(options, `delayed ${fn.name}`) as LazyOptions) });
  return (...args) => new Thunk(fn as AnyFunction, args, own);
}

/** The lazy forms of some functions. */
export type LazyForms<F> = {
  readonly [K in keyof F]: F[K] extends (...args: infer A) => infer R ? Delayed<A, R> : never;
};

/**
 * The block form of {@link delayed}: `body` gets the lazy forms of `fns` and returns the node of the whole (L1). Dagger:
 * `@par`.
 *
 * @throws TypeError where `body` returns no node: a `Promise` of one, perhaps.
 * @example
 * ```ts
 * import { createRuntime, par } from '@poniard/core';
 *
 * const twice = (x: number) => 2 * x;
 * const add = (a: number, b: number) => a + b;
 * const node = par({ twice, add }, ({ twice, add }) => add(twice(3), twice(4)));
 *
 * await using runtime = createRuntime();
 * console.log(await runtime.collect(node)); // 14
 * ```
 */
// biome-ignore lint/suspicious/noExplicitAny: any functions
export function par<F extends Readonly<Record<string, (...args: any[]) => unknown>>, T>(
  fns: F,
  body: (lazy: LazyForms<F>) => Thunk<T>,
): Thunk<T> {
  const lazy = Object.fromEntries(Object.entries(fns).map(([name, fn]) => [name, delayed(fn)]));
  const node = body(lazy as LazyForms<F>);
  if (!isThunk(node))
    throw new TypeError('par: the body must return a node, such as the result of a lazy call');
  return node as Thunk<T>;
}
