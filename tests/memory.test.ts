/** @file C4: nothing that a runtime holds grows with the number of its finished tasks. */
import type { Runtime } from '@poniard/core';
import { collectGarbage } from '@poniard/testing';
import { describe, expect, it } from 'vitest';
import * as nesting from './fixtures/nesting.mjs';
import { testRuntime } from './runtimes.js';

const numbers = (length: number): number[] => Array.from({ length }, (_, i) => i);
const lengthOf = (xs: ArrayLike<number>): number => xs.length;

/** Bytes of values that the runtime still has, when garbage has been collected until none goes any more. */
async function kept(runtime: Runtime): Promise<number> {
  const now = (): number => Object.values(runtime.stats().bytes).reduce((sum, bytes) => sum + bytes, 0);
  for (let i = 0; i < 20 && now() > 0; i++) await collectGarbage();
  return now();
}

/** The heap of the thread that runs it. */
const heapUsed = async (): Promise<number> => {
  const v8 = await import('node:v8');
  const vm = await import('node:vm');
  v8.setFlagsFromString('--expose-gc');
  (vm.runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
};

async function rounds(count: number, round: (i: number) => Promise<unknown>): Promise<void> {
  for (let i = 0; i < count; i++) await round(i);
}

describe('C4. memory', () => {
  it('C4. results on workers, on the host and in chunks go with their handles', async () => {
    const runtime = testRuntime('threads');
    await rounds(200, async () => {
      const source = runtime.spawn(numbers, 10_000);
      // Written next to handles, as users do: these functions hold what is around them.
      const lengths = [1, 2, 3].map((n) =>
        runtime.spawn((xs: number[], by: number) => xs.length * by, source, n),
      );
      expect(await Promise.all(lengths)).toEqual([10_000, 20_000, 30_000]);
      const chunk = await source.chunk();
      await runtime.spawn(lengthOf, chunk);
      await runtime.spawn(lengthOf, runtime.tochunk(new Float64Array(20_000)));
      await source;
    });
    expect(await kept(runtime)).toBe(0);
  });

  it("C4. what tasks' own tasks made goes too, and what was handed over by meta", async () => {
    const runtime = testRuntime('threads');
    await rounds(30, async () => {
      await runtime.spawn(nesting.largeInside, 20_000);
      const source = runtime.spawn(nesting.numbers, 20_000);
      await runtime.spawn.with({ meta: true }, nesting.lookAt as never as (xs: number[]) => unknown, source);
      await runtime.spawn.with({ meta: true }, nesting.passOn as never as (xs: number[]) => unknown, source);
      await runtime.spawn(nesting.chunkInside, nesting.numbers(20_000));
    });
    // Workers tell of handles that they dropped when they collect garbage.
    for (let i = 0; i < 20 && (await kept(runtime)) > 0; i++)
      await Promise.all([runtime.spawn(heapUsed), runtime.spawn(heapUsed)]);
    expect(await kept(runtime)).toBe(0);
  });

  it('C4. shared memory counts once, however many results show it, and goes with the last of them', async () => {
    const runtime = testRuntime('threads');
    const make = (): Float64Array => new Float64Array(new SharedArrayBuffer(800_000)).fill(3);
    const half = (xs: Float64Array): Float64Array => xs.subarray(0, xs.length / 2);
    await (async () => {
      const made = runtime.spawn(make);
      const halves = await Promise.all([1, 2, 3].map(() => runtime.spawn(half, made)));
      expect(halves.map(lengthOf)).toEqual([50_000, 50_000, 50_000]);
      expect(runtime.stats().bytes['host']).toBe(800_000);
    })();
    expect(await kept(runtime)).toBe(0);
  });

  it('C4. what the code of a task leaves behind on the calling thread holds no value', async () => {
    const runtime = testRuntime('inline');
    const left: unknown[] = [];
    await rounds(5, async () => {
      // Such as a cache, a listener or a timer would.
      const task = runtime.spawn(
        (xs: Float64Array) => {
          left.push(new Promise(() => {}), Promise.resolve());
          return xs.map((x) => x + 1);
        },
        runtime.tochunk(new Float64Array(100_000)),
      );
      expect((await task).length).toBe(100_000);
    });
    expect(left).toHaveLength(10);
    expect(await kept(runtime)).toBe(0);
  });

  it('C4. failures, cancelled tasks and chains leave nothing', async () => {
    const runtime = testRuntime('threads');
    await rounds(100, async () => {
      const source = runtime.spawn(numbers, 10_000);
      const bad = runtime.spawn((xs: number[]): number[] => {
        throw new Error(`${xs.length}`);
      }, source);
      await runtime.spawn(lengthOf, bad).wait();
      const waiting = runtime.spawn((xs: number[], _: number) => xs, source, new Promise<number>(() => {}));
      waiting.cancel();
      await waiting.wait();
      let chain = source;
      for (let i = 0; i < 5; i++) chain = runtime.spawn((xs: number[]) => xs.map((x) => x + 1), chain);
      await runtime.spawn(lengthOf, chain);
    });
    expect(await kept(runtime)).toBe(0);
  });

  it('C4. the heaps of host and worker stay flat over thousands of tasks with functions written anew', async () => {
    const runtime = testRuntime('threads', {}, { threads: 1 });
    const some = (): Promise<void> =>
      rounds(20, async (i) => {
        const tasks = Array.from({ length: 100 }, (_, n) =>
          runtime.spawn((x: number, y: number) => [x + y], i, n),
        );
        await Promise.all(tasks);
      });
    const heaps = async (): Promise<[number, number]> => {
      await collectGarbage();
      const worker = await runtime.spawn(heapUsed);
      await collectGarbage();
      return [process.memoryUsage().heapUsed, worker];
    };
    await some();
    const [hostBefore, workerBefore] = await heaps();
    await rounds(4, some);
    const [hostAfter, workerAfter] = await heaps();
    // 8,000 tasks: half a kilobyte for each would show.
    expect(hostAfter - hostBefore).toBeLessThan(4_000_000);
    expect(workerAfter - workerBefore).toBeLessThan(2_000_000);
  });
});
