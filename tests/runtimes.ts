/** @file What the tests of several packages share: runtimes on threads or inline, gates, words on shared memory. */
import type { Runtime, Spawn } from '@poniard/core';
import { type CpuThreadsOptions, cpuThreads } from '@poniard/proc-cpu';
import { createTestRuntime, rejection, type TestRuntimeOptions, TestRuntimes } from '@poniard/testing';
import { afterAll, beforeAll } from 'vitest';

export { rejection };

/** The processors on which most promises hold alike. */
export type Kind = 'threads' | 'inline';

/** Inside a test: a runtime of its own, which must leave nothing behind. */
export function testRuntime(
  kind: Kind,
  options: TestRuntimeOptions = {},
  threads: CpuThreadsOptions = {},
): Runtime {
  return createTestRuntime({
    ...options,
    plugins: [...pluginsOf(kind, threads), ...(options.plugins ?? [])],
  });
}

/**
 * One for all tests of a `describe`, or of a file. It is made when the first of them begins, so that those of a file do
 * not all start their threads at once; what is returned stands for it.
 */
export function suiteRuntime(
  kind: Kind,
  options: TestRuntimeOptions = {},
  threads: CpuThreadsOptions = {},
): Runtime {
  let runtimes: TestRuntimes | undefined;
  let runtime: Runtime | undefined;
  const made = (): Runtime => {
    if (runtime === undefined) throw new Error('the runtime of a suite is there while its tests run');
    return runtime;
  };
  beforeAll(() => {
    runtimes = new TestRuntimes(false);
    runtime = runtimes.create({
      ...options,
      plugins: [...pluginsOf(kind, threads), ...(options.plugins ?? [])],
    });
  });
  afterAll(() => runtimes?.close());
  const spawn = Object.assign((...args: Parameters<Spawn>) => made().spawn(...args), {
    with: (...args: Parameters<Spawn['with']>) => made().spawn.with(...args),
  });
  return new Proxy({} as Runtime, {
    get(_, key) {
      if (key === 'spawn') return spawn;
      const value: unknown = Reflect.get(made(), key, made());
      return typeof value === 'function' ? value.bind(made()) : value;
    },
  });
}

function pluginsOf(kind: Kind, threads: CpuThreadsOptions) {
  return kind === 'threads' ? [cpuThreads({ threads: 2, ...threads })] : [];
}

/** The error that a task failed with, from inside its `TaskFailedError`. */
export async function causeOf(task: PromiseLike<unknown>): Promise<Error> {
  return (await rejection(task)).cause as Error;
}

/** A promise and what settles it. */
export function gate<T>(): { promise: Promise<T>; open: (value: T) => void; fail: (error: unknown) => void } {
  let open!: (value: T) => void;
  let fail!: (error: unknown) => void;
  const promise = new Promise<T>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { promise, open, fail };
}

/** Counters on shared memory, which tasks on any thread can change. */
export function counters(length: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * length));
}

/** Resolves when another thread has changed the counter from 0 (and called `Atomics.notify`). */
export async function changed(words: Int32Array, index: number): Promise<void> {
  const { Atomics: atomics } = globalThis as unknown as {
    Atomics: {
      waitAsync(words: Int32Array, index: number, value: number): { value: string | Promise<string> };
    };
  };
  await atomics.waitAsync(words, index, 0).value;
}
