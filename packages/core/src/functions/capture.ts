/** @file `capture()`: a function with its variables given, where nobody can look them up. */
import { PoniardError } from '../errors.js';
import type { AnyFunction, Capture } from './encoded.js';
import { nameOf } from './name-of.js';

/** Under this key a function that `capture()` made carries what it was made of. */
const captureShape: unique symbol = Symbol.for('poniard.capture') as never;

interface CaptureShape {
  readonly values: object;
  readonly fn: AnyFunction;
}

/**
 * A function together with values that it needs: the explicit form of a closure. On Node functions bring the variables
 * that they capture along by themselves; in a browser nobody can look these up, so they are named here.
 *
 * `fn` gets `values` as its first argument. They are taken at `spawn`, as other arguments are, by the same rules as
 * captured variables: data up to 1 MiB, arrays on shared memory without copying, tasks and chunks as handles (the task
 * starts when these are finished), functions that can travel themselves. Called directly, the function that is returned
 * passes `values` as they are.
 *
 * @throws PoniardError when `values` is not an object, or `fn` not a function.
 * @example
 * ```ts
 * import { capture, createRuntime } from '@poniard/core';
 *
 * const k = 3;
 * const scale = capture({ k }, ({ k }, x: number) => k * x);
 * await using runtime = createRuntime();
 * console.log(await runtime.spawn(scale, 14)); // 42
 * ```
 */
export function capture<V extends object, A extends readonly unknown[], R>(
  values: V,
  fn: (values: V, ...args: A) => R,
): (...args: A) => R {
  if (typeof values !== 'object' || values === null) {
    throw new PoniardError(
      `capture() takes an object of values first, not ${values === null ? 'null' : typeof values}`,
    );
  }
  if (typeof fn !== 'function') {
    throw new PoniardError(`capture() takes a function second, not ${typeof fn}`);
  }
  const captured = (...args: A): R => fn(values, ...args);
  Object.defineProperty(captured, 'name', { value: nameOf(fn), configurable: true });
  return Object.assign(captured, { [captureShape]: { values, fn } satisfies CaptureShape });
}

/** What a function that `capture()` made captures. */
export function captureOf(fn: AnyFunction): Capture | undefined {
  const shape = Object.getOwnPropertyDescriptor(fn, captureShape)?.value as CaptureShape | undefined;
  if (shape === undefined) return undefined;
  const name = nameOf(fn);
  return {
    name,
    key: 'capture()',
    variables: new Map<string, unknown>([
      ['fn', shape.fn],
      ['values', shape.values],
    ]),
    constant: true,
    locate: () => 'given to capture()',
    encode: () => ({
      kind: 'source',
      name,
      source: '((...args)=>fn(values,...args))',
      imports: [],
      isClass: false,
    }),
  };
}
