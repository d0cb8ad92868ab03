/** @file E3: what lived only with a worker that died is made again, from values that others still hold. */
import type { Runtime, Task } from '@poniard/core';
import { describe, expect, it } from 'vitest';
import { counters, rejection, testRuntime } from './runtimes.js';

/** Large enough to stay with the worker; on ordinary memory, so that it dies with it. */
const numbers = (starts: Int32Array, index: number, length: number): Float64Array => {
  Atomics.add(starts, index, 1);
  return Float64Array.from({ length }, (_, i) => i);
};
const plus = (starts: Int32Array, index: number, xs: Float64Array): Float64Array => {
  Atomics.add(starts, index, 1);
  return xs.map((x) => x + 1);
};
const sum = (xs: ArrayLike<number>): number => Array.from(xs).reduce((total, x) => total + x, 0);

const LENGTH = 131_072;
const plain = (LENGTH * (LENGTH - 1)) / 2;

/** Ends the only worker, by a task that is not tried again. */
async function killWorker(runtime: Runtime): Promise<void> {
  await rejection(runtime.spawn.with({ retries: 0 }, () => process.exit(1)));
}

const oneThread = (): Runtime => testRuntime('threads', {}, { threads: 1 });

describe('E3. results of a worker that died', () => {
  it('E3. a large array is made again when somebody fetches it', async () => {
    const runtime = oneThread();
    const starts = counters(1);
    const task = runtime.spawn(numbers, starts, 0, LENGTH);
    await task.wait();
    expect(runtime.stats().bytes['cpu:0']).toBeGreaterThanOrEqual(8 * LENGTH);
    await killWorker(runtime);
    expect(task.state).toBe('finished');
    expect(sum(await task)).toBe(plain);
    expect(starts[0]).toBe(2);
  });

  it('E3. a large array is made again when a task needs it', async () => {
    const runtime = oneThread();
    const starts = counters(1);
    const task = runtime.spawn(numbers, starts, 0, LENGTH);
    await task.wait();
    await killWorker(runtime);
    expect(await runtime.spawn(sum, task)).toBe(plain);
    expect(starts[0]).toBe(2);
  });

  it('E3. a chain is made again as far back as it is lost', async () => {
    const runtime = oneThread();
    const starts = counters(4);
    const first = runtime.spawn(numbers, starts, 0, LENGTH);
    const second = runtime.spawn(plus, starts, 1, first);
    // What the host has got is not made again.
    await second;
    const third = runtime.spawn(plus, starts, 2, second);
    const fourth = runtime.spawn(plus, starts, 3, third);
    await fourth.wait();
    await killWorker(runtime);
    expect(sum(await fourth)).toBe(plain + 3 * LENGTH);
    expect([...starts]).toEqual([1, 1, 2, 2]);
  });

  it('E3. handles of a chain that was dropped do not keep it from being made again', async () => {
    const runtime = oneThread();
    const starts = counters(3);
    const build = (): Task<Float64Array> => {
      const first = runtime.spawn(numbers, starts, 0, LENGTH);
      return runtime.spawn(plus, starts, 2, runtime.spawn(plus, starts, 1, first));
    };
    const last = build();
    await last.wait();
    await killWorker(runtime);
    globalThis.gc?.();
    expect(sum(await last)).toBe(plain + 2 * LENGTH);
    expect([...starts]).toEqual([2, 2, 2]);
  });

  it('E3. arguments, promises and chunks are still there for it', async () => {
    const runtime = oneThread();
    const starts = counters(1);
    const chunk = runtime.tochunk(new Float64Array(LENGTH).fill(2));
    const task = runtime.spawn(
      (words: Int32Array, xs: Float64Array, factor: number, offset: { by: number }) => {
        Atomics.add(words, 0, 1);
        return xs.map((x) => x * factor + offset.by);
      },
      starts,
      chunk,
      Promise.resolve(3),
      { by: 1 },
    );
    await task.wait();
    await killWorker(runtime);
    expect(sum(await task)).toBe(7 * LENGTH);
    expect(starts[0]).toBe(2);
  });

  it('E3. two workers die one after the other', async () => {
    const runtime = testRuntime('threads');
    const starts = counters(8);
    const tasks = Array.from({ length: 8 }, (_, i) => runtime.spawn(numbers, starts, i, LENGTH));
    await runtime.waitAll(tasks);
    await killWorker(runtime);
    await killWorker(runtime);
    const total = tasks.map((task) => runtime.spawn(sum, task));
    expect(await Promise.all(total)).toEqual(new Array(8).fill(plain));
    for (const count of starts) expect(count).toBeLessThanOrEqual(3);
  });

  it('E3. a task that waits for its own child when the worker dies runs again', async () => {
    const runtime = oneThread();
    const starts = counters(2);
    const parent = runtime.spawn(async (words: Int32Array) => {
      const { spawn } = await import('@poniard/core');
      Atomics.add(words, 0, 1);
      return spawn((flags: Int32Array) => {
        if (Atomics.add(flags, 1, 1) === 0) process.exit(1);
        return 'child';
      }, words);
    }, starts);
    expect(await parent).toBe('child');
    expect(starts[0]).toBe(2);
  });
});
