/** @file Runtimes for tests: closed after each test, or after the file where tests share one. */
import { createRuntime, type Runtime, type RuntimeOptions } from '@poniard/core';
import { cpuThreads, type CpuThreadsOptions } from '@poniard/proc-cpu';
import { afterAll, afterEach } from 'vitest';

/** The processors that most promises hold on alike. */
export type Kind = 'threads' | 'inline';

export function makeRuntime(kind: Kind, options: RuntimeOptions = {}, threads: CpuThreadsOptions = {}): Runtime {
  const plugins = kind === 'threads' ? [cpuThreads({ threads: 2, ...threads })] : [];
  return createRuntime({ ...options, plugins });
}

/** Gives what makes runtimes that are closed, by force, when the test has ended. */
export function perTest(): typeof makeRuntime {
  const open: Runtime[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((runtime) => runtime.close({ force: true })));
  });
  return (kind, options, threads) => {
    const runtime = makeRuntime(kind, options, threads);
    open.push(runtime);
    return runtime;
  };
}

/** One runtime for all tests of a file. Closing it shows that nothing was left behind that never ends. */
export function perFile(kind: Kind, options?: RuntimeOptions, threads?: CpuThreadsOptions): Runtime {
  const runtime = makeRuntime(kind, options, threads);
  afterAll(() => runtime.close());
  return runtime;
}

/** What a promise was rejected with. */
export async function rejection(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it was expected to reject, and resolved');
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
    Atomics: { waitAsync(words: Int32Array, index: number, value: number): { value: string | Promise<string> } };
  };
  await atomics.waitAsync(words, index, 0).value;
}
