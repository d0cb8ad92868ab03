/** @file The type of `spawn`, which infers from functions and arguments alike. */
import type { Chunk } from './chunk.js';
import type { AnyFunction } from './functions/encoded.js';
import { FRAMEWORK_MODULE } from './functions/framework-names.js';
import { setOrigin } from './functions/task-reference.js';
import type { Shard } from './in-place/shard.js';
import type { TaskOptions } from './options.js';
import type { RuntimeBase } from './runtime-base.js';
import type { Task } from './task.js';

/** What may stand for an argument of type `T`: a value, a handle on one, or a piece of it on each processor. */
export type Arg<T> = T | Task<T> | Chunk<T> | PromiseLike<T> | Shard<T>;

/**
 * Makes a task of a function and its arguments, and starts it as soon as its inputs are there (S1–S5). Returns at
 * once. Of an overloaded function the last signature counts. A parameter with a default value that is written in place and may
 * be left out needs its type: `spawn((x: number, by: number = 1) => x + by, 2)`. Dagger: `Dagger.@spawn`, `Dagger.spawn`.
 *
 * @throws TypeError for bad use: what is not a function, an unknown option, a Task of another runtime or nested in a
 * value. What `fn` does never throws here: `await` tells.
 * @example
 * ```ts
 * import { createRuntime } from '@poniard/core';
 *
 * await using runtime = createRuntime();
 * const { spawn } = runtime;
 * const p = spawn((x: number) => x + 1, 4);
 * const q = spawn((x, y) => x * y, p, 10);
 * console.log(await q); // 50
 * ```
 */
export interface Spawn {
  <A extends readonly unknown[], R>(
    fn: (...args: A) => R,
    ...args: { [K in keyof A]: Arg<A[K]> }
  ): Task<Awaited<R>>;
  /** The same with options for this task. */
  with<A extends readonly unknown[], R>(
    options: TaskOptions,
    fn: (...args: A) => R,
    ...args: { [K in keyof A]: Arg<A[K]> }
  ): Task<Awaited<R>>;
}

/** `spawn` of one runtime, or of whatever runtime is current where it is called. */
export function makeSpawn(runtime: RuntimeBase | (() => RuntimeBase)): Spawn {
  const target = typeof runtime === 'function' ? runtime : () => runtime;
  const spawn = (fn: AnyFunction, ...args: unknown[]): Task<unknown> =>
    target().spawnTask(fn, args, undefined);
  const withOptions = (options: TaskOptions, fn: AnyFunction, ...args: unknown[]): Task<unknown> => {
    if (options === undefined)
      throw new TypeError('spawn.with: the first argument must be options, the second a function');
    return target().spawnTask(fn, args, options);
  };
  // Inside a task's function it means the runtime that runs the task, whichever runtime's it is here.
  setOrigin(spawn, { kind: 'module', name: 'spawn', module: FRAMEWORK_MODULE, path: 'spawn' });
  return Object.assign(spawn, { with: withOptions }) as unknown as Spawn;
}
