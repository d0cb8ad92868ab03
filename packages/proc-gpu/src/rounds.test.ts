/** @file C4 on a GPU, over thousands of rounds: buffers, bytes and handles are as many at the end as when it had warmed up. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Chunk, Runtime } from '@poniard/core';
import { add, array, matmul, type NDArray } from '@poniard/linalg';
import { kernel } from '@poniard/proc-gpu';
import { describe, expect, test } from 'vitest';
import { added, gpuRuntime, hasGpu, scaled } from './testing/gpu.js';

const ROUNDS = 10_000;
const WARM_UP = 1000;
/** Rounds at a time. */
const ABREAST = 50;

async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  for (let i = 0; i < 5; i++) {
    (runInNewContext('gc') as () => void)();
    // Finalisers run in a turn of their own, and what they free goes to the device in the next.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A value in, two results that stay, one that comes home; all are given up. */
async function round(runtime: Runtime, i: number): Promise<void> {
  using x = runtime.tochunk(array(new Float32Array(64).fill(i), [64]));
  const twice = runtime.spawn(scaled, x as never, 2);
  using kept = (await twice.chunk()) as Chunk<unknown>;
  const sum = (await runtime.spawn(added, twice, kept as never)) as never as NDArray;
  expect(sum.get(63)).toBe(4 * i);
}

describe.skipIf(!hasGpu)('in the long run', () => {
  test(`C4. ${ROUNDS} rounds leave no buffer, no byte and no handle on the GPU`, async () => {
    const { runtime, gpu } = await gpuRuntime();
    const run = async (from: number, to: number): Promise<void> => {
      for (let i = from; i < to; i += ABREAST)
        await Promise.all(Array.from({ length: ABREAST }, (_, k) => round(runtime, i + k)));
    };
    // What nothing holds is given back by the collector, and kept for the next task: that is `pooled`.
    const held = async () => {
      await collectGarbage();
      const { memory, readBack } = gpu.gpu;
      return {
        live: memory.bytes - memory.pooled,
        bytes: memory.bytes,
        buffers: memory.buffers + readBack.buffers,
      };
    };
    await run(0, WARM_UP);
    const before = await held();
    await run(WARM_UP, ROUNDS);
    const after = await held();
    expect(after.live).toBeLessThanOrEqual(before.live);
    expect(runtime.stats().bytes).toMatchObject({ 'gpu:0': 0, host: 0 });
    expect(gpu.results.size).toBe(0);
    expect(await runtime.dag()).toEqual(new Map());
  }, 120_000);

  test('C4. results large enough for the store leave nothing on the host once they have been fetched', async () => {
    const { runtime, gpu } = await gpuRuntime();
    const [side, size] = [128, 128 * 128];
    const ones = kernel(
      function ones() {
        return 1;
      },
      { output: [size] },
    );
    const x = runtime.tochunk(array(new Float32Array(size).fill(1), [side, side]));
    const fetched = async (): Promise<void> => {
      const results = await Promise.all([
        runtime.spawn(scaled, x as never, 2),
        runtime.spawn(matmul, x, x),
        runtime.spawn(add, x, x),
        runtime.spawn(ones),
      ]);
      expect(
        results.map((result) => (result as NDArray).get(...(result.shape.length === 1 ? [5] : [0, 5]))),
      ).toEqual([2, side, 2, 1]);
    };
    for (let i = 0; i < 50; i++) await fetched();
    await collectGarbage();
    const chunk = 4 * size;
    expect(runtime.stats().bytes.host).toBeLessThan(3 * chunk);
    expect(gpu.results.size).toBe(0);
    x.release();
    await collectGarbage();
    expect(runtime.stats().bytes).toMatchObject({ host: 0 });
  });
});
