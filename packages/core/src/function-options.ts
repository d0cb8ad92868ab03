/** @file Options that a function brings along: the weakest layer of O1. */
import type { AnyFunction } from './functions/encoded.js';
import { checkFunction } from './handles.js';
import type { TaskOptions } from './options.js';
import { checkShared } from './options-check.js';

/** Under this key a function carries its options. */
const functionOptions: unique symbol = Symbol.for('poniard.options') as never;

/** What a function can say of all its tasks. */
export type FunctionOptions = Omit<TaskOptions, 'signal' | 'syncdeps'>;

/**
 * Says options of all tasks of a function or operation, where nothing else says them (O1): before its first task. A
 * function that is exported from a module takes them along to workers, which import it. Dagger: `@option`,
 * `default_option`.
 *
 * @returns the function itself.
 * @throws TypeError for what is no function, and for an unknown option.
 * @example
 * ```ts
 * import { createRuntime, defaultOptions } from '@poniard/core';
 *
 * const flaky = defaultOptions((x: number) => x + 1, { name: 'plus one', retries: 3 });
 * await using runtime = createRuntime();
 * const task = runtime.spawn(flaky, 1);
 * console.log(task.name, await task); // plus one 2
 * ```
 */
export function defaultOptions<F extends AnyFunction>(fn: F, options: FunctionOptions): F {
  checkFunction(fn, 'defaultOptions');
  const checked = checkShared(options, `defaultOptions of ${fn.name}`, ['signal', 'syncdeps']);
  Object.defineProperty(fn, functionOptions, { value: Object.freeze({ ...checked }), configurable: true });
  return fn;
}

/** The options that a function brings along. */
export function optionsOf(fn: AnyFunction): TaskOptions | undefined {
  return (fn as { readonly [functionOptions]?: TaskOptions })[functionOptions];
}
