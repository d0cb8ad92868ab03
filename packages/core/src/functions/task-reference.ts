/** @file Where a function says itself how it travels: `task()`, and the mark that decoding leaves. */
import { PoniardError } from '../errors.js';
import type { AnyFunction, EncodedFunction } from './encoded.js';

/** Registered, so that two copies of this package in one process read each other's marks. */
const ORIGIN = Symbol.for('poniard.function');

/**
 * Says which module a function lives in, so that workers import it from there. The framework finds exported
 * functions by itself on Node; `task()` is for where it cannot: browsers, bundles, and functions that a test
 * runner rewrites.
 *
 * The module must be one that a worker can import, it must export the function under `exportName` (dots go into
 * objects: `'kernels.add'`), and it must not be the script that the program was started with. Returns `fn` itself,
 * marked. Dagger needs no counterpart: Julia's workers load the same modules.
 *
 * @throws PoniardError when `moduleUrl` is not an absolute URL, when `fn` has no name and none is given, or when `fn`
 * is marked as another export already.
 * @example
 * ```ts
 * // blur.js
 * import { task } from '@poniard/core';
 * const weights = [1, 2, 1];
 * export const blur = task(import.meta.url, function blur(a: number, b: number, c: number) {
 *   return (weights[0]! * a + weights[1]! * b + weights[2]! * c) / 4;
 * });
 * ```
 */
export function task<F extends AnyFunction>(
  moduleUrl: string | { readonly href: string },
  fn: F,
  exportName: string = fn.name,
): F {
  if (typeof fn !== 'function') {
    throw new PoniardError(`task() takes a function as its second argument, not ${typeof fn}`);
  }
  const module = absoluteUrl(moduleUrl);
  if (exportName === '') {
    throw new PoniardError(
      'task() was given a function without a name: name it, or pass the name of its export as the third argument',
    );
  }
  const known = originOf(fn);
  if (
    known !== undefined &&
    !(known.kind === 'module' && known.module === module && known.path === exportName)
  ) {
    const where =
      known.kind === 'module' ? `export "${known.path}" of ${known.module}` : 'a function sent as source';
    throw new PoniardError(`task(): "${fn.name}" is marked already, as ${where}`);
  }
  if (!setOrigin(fn, { kind: 'module', name: fn.name || exportName, module, path: exportName })) {
    throw new PoniardError(`task(): "${fn.name}" is frozen; mark a function before it is frozen`);
  }
  return fn;
}

/** How a function travels, where `task()` or `decodeFunction()` has said so. */
export function originOf(fn: AnyFunction): EncodedFunction | undefined {
  // An own property only: a class must not inherit the mark of the class that it extends.
  return Object.getOwnPropertyDescriptor(fn, ORIGIN)?.value as EncodedFunction | undefined;
}

/** Notes how a function travels. Tells whether that was possible (it is not on a frozen function). */
export function setOrigin(fn: AnyFunction, origin: EncodedFunction): boolean {
  return Reflect.defineProperty(fn, ORIGIN, { value: origin, configurable: true });
}

function absoluteUrl(moduleUrl: string | { readonly href: string }): string {
  const url = typeof moduleUrl === 'string' ? moduleUrl : moduleUrl?.href;
  // A scheme has two letters at least, which tells it from a drive of Windows.
  if (typeof url === 'string' && /^[a-z][a-z\d+.-]+:/i.test(url)) return url;
  throw new PoniardError(
    `task() takes the module's absolute URL as its first argument (import.meta.url), not ${JSON.stringify(url)}`,
  );
}
