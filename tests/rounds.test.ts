/**
 * @file C4 over thousands of rounds of whatever a program does with tasks and chunks: heaps, shared memory and handles are as
 * large at the end as when it had warmed up.
 */
import type { Runtime } from '@poniard/core';
import { describe, expect, it } from 'vitest';
import * as nesting from './fixtures/nesting.mjs';
import { rejection, testRuntime } from './runtimes.js';

/** Rounds at a time. */
const ABREAST = 20;
const WARM_UP = 2000;

/** In bytes: what caches and the engine's own memory may grow by. A round that left 3 KiB would exceed it. */
const SLACK = 4 * 2 ** 20;

const scale = (xs: Float64Array, by: number): Float64Array => xs.map((x) => x * by);
const numbers = (length: number): number[] => Array.from({ length }, (_, i) => i);
const sum = (xs: ArrayLike<number>, ys: ArrayLike<number>): number => xs.length + ys.length;

interface Memory {
  readonly heap: number;
  readonly buffers: number;
}

/** The heap and the shared memory of the thread that runs it, after a collection. */
const memory = async (): Promise<Memory> => {
  const v8 = await import('node:v8');
  const vm = await import('node:vm');
  v8.setFlagsFromString('--expose-gc');
  for (let i = 0; i < 3; i++) {
    (vm.runInNewContext('gc') as () => void)();
    // Finalisers run in a turn of their own.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { heap: heapUsed, buffers: arrayBuffers };
};

type Round = (runtime: Runtime, i: number) => Promise<unknown>;

const released: Round = async (runtime, i) => {
  using data = runtime.tochunk(new Float64Array(10_000).fill(i));
  const scaled = runtime.spawn(scale, data, 2);
  const large = runtime.spawn(numbers, 2000);
  using chunk = await large.chunk();
  expect(await runtime.spawn(sum, scaled, chunk)).toBe(12_000);
  (await scaled.chunk()).release();
};

const dropped: Round = async (runtime, i) => {
  const data = runtime.tochunk(new Float64Array(10_000).fill(i));
  const scaled = runtime.spawn(scale, data, 2);
  const large = runtime.spawn(numbers, 2000);
  expect(await runtime.spawn(sum, scaled, await large.chunk())).toBe(12_000);
};

const nested: Round = async (runtime, i) => {
  if (i % 4 === 0) expect(await runtime.spawn(nesting.sumByTasks, 3)).toBe(6);
  else if (i % 4 === 1) expect(await runtime.spawn(nesting.catchInside, 'in')).toContain('RangeError');
  else if (i % 4 === 2) await rejection(runtime.spawn(nesting.failInside, 'out'));
  else {
    const task = runtime.spawn(nesting.sumByTasks, 2);
    task.cancel('enough');
    await rejection(task);
  }
};

describe('C4. in the long run', () => {
  it.each<[number, string, Round]>([
    [10_000, 'that release what they hold', released],
    [4000, 'that leave it to the garbage collector', dropped],
    [4000, 'with tasks inside tasks, failures and cancellations', nested],
  ])(
    'C4. %i rounds %s leave nothing',
    async (count, _, round) => {
      const runtime = testRuntime('threads');
      const measure = async (): Promise<Memory[]> => {
        const threads = ['cpu:0', 'cpu:1'].map((processor) => runtime.spawn.with({ processor }, memory));
        return [...(await Promise.all(threads)), await memory()];
      };
      const run = async (from: number, to: number): Promise<void> => {
        for (let i = from; i < to; i += ABREAST)
          await Promise.all(Array.from({ length: ABREAST }, (_, k) => round(runtime, i + k)));
      };
      await run(0, WARM_UP);
      const before = await measure();
      await run(WARM_UP, count);
      const grown = async (): Promise<number[]> =>
        (await measure()).flatMap(({ heap, buffers }, i) => {
          const was = before[i] as Memory;
          return [heap - was.heap, buffers - was.buffers];
        });
      const kept = (): number => Object.values(runtime.stats().bytes).reduce((sum, bytes) => sum + bytes, 0);
      // What one thread collects may hold something on another, which goes with a later collection there.
      let growth = await grown();
      for (let i = 0; i < 20 && (kept() > 0 || Math.max(...growth) > SLACK); i++) growth = await grown();
      expect(Math.max(...growth)).toBeLessThan(SLACK);
      expect(kept()).toBe(0);
      expect(await runtime.dag()).toEqual(new Map());
    },
    120_000,
  );
});
