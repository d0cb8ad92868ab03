/** @file Functions on handles: they need no runtime but the one that the handle belongs to. */
import { type Chunk, isChunk } from './chunk.js';
import type { TaskOptions } from './options.js';
import type { RuntimeBase } from './runtime-base.js';
import { isTask, type Task, type TaskHandle, type ValueSink } from './task.js';

function requireTask<T>(task: Task<T>, where: string): Task<T> {
  if (!isTask(task)) throw new TypeError(`${where}: a Task is needed, not ${noun(task)}`);
  return task;
}

const noun = (value: unknown): string => (value === null ? 'null' : typeof value);

/**
 * The value of a task or chunk (S6); `await task` does the same. This is not the web's `fetch`: given a string, URL
 * or Request it throws a `TypeError` that says so. Dagger: `fetch`.
 *
 * @throws TaskFailedError (by rejection) whose `cause` is what the task threw.
 * @example
 * ```ts
 * import { createRuntime } from '@poniard/core';
 *
 * await using runtime = createRuntime();
 * console.log(await runtime.fetch(runtime.spawn(() => 'ready'))); // ready
 * ```
 */
export function fetch<T>(handle: Task<T> | Chunk<T>): Promise<T> {
  if (isTask(handle) || isChunk(handle)) return handle.fetch() as Promise<T>;
  throw new TypeError(
    "poniard's fetch takes a Task or a Chunk. For the web's, write globalThis.fetch, or import poniard's under another name",
  );
}

/** `T` with every Task and Chunk in it replaced by its value. */
export type Fetched<T> =
  T extends Task<infer V>
    ? V
    : T extends Chunk<infer V>
      ? V
      : T extends readonly unknown[]
        ? { -readonly [K in keyof T]: Fetched<T[K]> }
        : T extends Map<infer K, infer V>
          ? Map<K, Fetched<V>>
          : T extends Record<string, unknown>
            ? { [K in keyof T]: Fetched<T[K]> }
            : T;

/**
 * The values of all tasks and chunks in a structure of arrays, plain objects, maps and sets, in that structure.
 * Other values stay as they are. Rejects as soon as one fails. Dagger: `fetch_all`.
 *
 * @example
 * ```ts
 * import { createRuntime } from '@poniard/core';
 *
 * await using runtime = createRuntime();
 * const { a, b } = await runtime.fetchAll({ a: runtime.spawn(() => 1), b: [runtime.spawn(() => 2), 3] });
 * console.log(a, b); // 1 [ 2, 3 ]
 * ```
 */
export async function fetchAll<T>(structure: T): Promise<Fetched<T>> {
  return (await fetchInside(structure)) as Fetched<T>;
}

/** The values of many tasks, by one Promise. */
function gather(tasks: readonly Task<unknown>[]): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const values = new Array<unknown>(tasks.length);
    let missing = tasks.length;
    const sink: ValueSink = {
      value(index, value) {
        values[index] = value;
        if (--missing === 0) resolve(values);
      },
      error: reject,
    };
    for (let i = 0; i < tasks.length; i++) (tasks[i] as TaskHandle<unknown>).fetchInto(sink, i);
  });
}

function fetchInside(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isTask(value) || isChunk(value)) return value.fetch();
  if (Array.isArray(value))
    return value.length > 0 && value.every(isTask) ? gather(value) : Promise.all(value.map(fetchInside));
  if (value instanceof Map) {
    return Promise.all([...value].map(async ([key, item]) => [key, await fetchInside(item)] as const)).then(
      (entries) => new Map(entries),
    );
  }
  if (value instanceof Set) return Promise.all([...value].map(fetchInside)).then((items) => new Set(items));
  const prototype = Object.getPrototypeOf(value) as unknown;
  if (prototype !== Object.prototype && prototype !== null) return value;
  return Promise.all(
    Object.entries(value).map(async ([key, item]) => [key, await fetchInside(item)] as const),
  ).then(Object.fromEntries);
}

/**
 * Resolves when the task is settled, and never rejects (S6). Dagger: `wait`.
 *
 * @example
 * ```ts
 * import { createRuntime } from '@poniard/core';
 *
 * await using runtime = createRuntime();
 * const task = runtime.spawn(() => Promise.reject(new Error('no')));
 * await runtime.wait(task);
 * console.log(task.state); // failed
 * ```
 */
export function wait(task: Task<unknown>): Promise<void> {
  return requireTask(task, 'wait').wait();
}

/**
 * Resolves when the first of the tasks is settled, however it ended, to its index: a promise cannot resolve to a
 * task, since it would unwrap it. Dagger: `waitany`.
 *
 * @throws TypeError (by rejection) where there is no task.
 * @example
 * ```ts
 * import { createRuntime } from '@poniard/core';
 *
 * await using runtime = createRuntime();
 * const tasks = runtime.map((x: number) => 2 * x, [10, 20]);
 * const first = await runtime.waitAny(tasks);
 * console.log(await tasks[first]); // 20
 * ```
 */
export async function waitAny(tasks: readonly Task<unknown>[]): Promise<number> {
  if (tasks.length === 0) throw new TypeError('waitAny: there is no task to wait for');
  return Promise.race(
    tasks.map((task, index) =>
      requireTask(task, 'waitAny')
        .wait()
        .then(() => index),
    ),
  );
}

/**
 * Resolves when all the tasks are settled, and never rejects. Dagger: `waitall`.
 *
 * @example
 * ```ts
 * import { createRuntime } from '@poniard/core';
 *
 * await using runtime = createRuntime();
 * const tasks = runtime.map((x: number) => 1 / x, [1, 2]);
 * await runtime.waitAll(tasks);
 * console.log(tasks.every((task) => task.isReady())); // true
 * ```
 */
export async function waitAll(tasks: readonly Task<unknown>[]): Promise<void> {
  await Promise.all(tasks.map((task) => requireTask(task, 'waitAll').wait()));
}

/**
 * Whether the task is settled, either way. Never blocks. Dagger: `isready`.
 *
 * @example
 * ```ts
 * import { createRuntime } from '@poniard/core';
 *
 * await using runtime = createRuntime();
 * const task = runtime.spawn(() => 1);
 * console.log(runtime.isReady(task)); // false
 * await task;
 * console.log(runtime.isReady(task)); // true
 * ```
 */
export function isReady(task: Task<unknown>): boolean {
  return requireTask(task, 'isReady').isReady();
}

/**
 * Ends a task and all that depend on it; see {@link Task.cancel}. Dagger: `cancel!`.
 *
 * @example
 * ```ts
 * import { createRuntime } from '@poniard/core';
 *
 * await using runtime = createRuntime();
 * const task = runtime.spawn(() => new Promise<void>(() => {}));
 * runtime.cancel(task, 'not needed');
 * await runtime.wait(task);
 * console.log(task.state); // cancelled
 * ```
 */
export function cancel(task: Task<unknown>, reason?: unknown, options?: { readonly force?: boolean }): void {
  requireTask(task, 'cancel').cancel(reason, options);
}

/**
 * The tasks in the order in which they are settled, however they end (S12).
 *
 * @example
 * ```ts
 * import { createRuntime } from '@poniard/core';
 *
 * await using runtime = createRuntime();
 * let sum = 0;
 * for await (const task of runtime.asCompleted(runtime.map((x: number) => x * x, [1, 2, 3]))) sum += await task;
 * console.log(sum); // 14
 * ```
 */
export function asCompleted<T extends Task<unknown>>(
  tasks: Iterable<T>,
): AsyncIterable<T> & AsyncIterator<T> {
  const settled: T[] = [];
  let open = 0;
  let notify: (() => void) | undefined;
  for (const task of tasks) {
    open++;
    void requireTask(task, 'asCompleted')
      .wait()
      .then(() => {
        settled.push(task);
        notify?.();
      });
  }
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next(): Promise<IteratorResult<T>> {
      if (open === 0) return { done: true, value: undefined };
      open--;
      while (settled.length === 0) await new Promise<void>((resolve) => (notify = resolve));
      return { done: false, value: settled.shift() as T };
    },
    async return(): Promise<IteratorResult<T>> {
      open = 0;
      return { done: true, value: undefined };
    },
  };
}

/** Makes `map` for a runtime. */
function map(runtime: RuntimeBase | (() => RuntimeBase)) {
  return <T, R>(
    fn: (item: T, index: number) => R,
    items: Iterable<T | PromiseLike<T> | Chunk<T>>,
    options?: TaskOptions,
  ): Task<Awaited<R>>[] => {
    if (typeof (items as Partial<typeof items> | null | undefined)?.[Symbol.iterator] !== 'function')
      throw new TypeError(
        `map: items must be an array or something else to iterate over, not ${noun(items)}`,
      );
    const target = typeof runtime === 'function' ? runtime() : runtime;
    return Array.from(
      items,
      (item, index) => target.spawnTask(fn, [item, index], options) as Task<Awaited<R>>,
    );
  };
}

export const sharedFunctions = { fetch, fetchAll, wait, waitAny, waitAll, isReady, cancel, asCompleted, map };
