import { setImmediate as turn } from 'node:timers/promises';
import { array, type NDArray } from '@poniard/linalg';
import { wgsl } from '@poniard/proc-gpu';
import { describe, expect, test } from 'vitest';
import { added, gpuRuntime, hasGpu, scaled } from './testing/gpu.js';

const f32 = (...values: number[]) => array(values, [values.length], 'float32');
const list = async (task: PromiseLike<unknown>) => [...((await task) as NDArray)];

describe.skipIf(!hasGpu)('what goes to the device', () => {
  test('goes together: uploads, kernels and what depends on them', async () => {
    const { runtime, gpu } = await gpuRuntime();
    const chunk = runtime.tochunk(f32(1, 2));
    // Until it is known that they are quick.
    for (let i = 0; i < 10; i++) await Promise.all([1, 2, 3].map(() => runtime.spawn(added, chunk, chunk)));
    await runtime.spawn(scaled, chunk, 1);
    const { queue } = gpu.gpu.device;
    const submit = queue.submit.bind(queue);
    let submissions = 0;
    queue.submit = (commands) => {
      submissions++;
      submit(commands);
    };
    let sum = runtime.spawn(scaled, f32(0, 0), 1);
    for (let i = 1; i < 50; i++) sum = runtime.spawn(added, sum, runtime.spawn(scaled, f32(i, 1), 2));
    expect(await list(sum)).toEqual([2450, 98]);
    // Of 50 uploads and 99 kernels.
    expect(submissions).toBeLessThan(50);
    expect(gpu.gpu.readBack.reads).toBe(32);
  });

  test('P3. the inputs of the next task are uploaded while the current one runs', async () => {
    const { runtime, gpu } = await gpuRuntime();
    const slow = wgsl(
      `@group(0) @binding(0) var<storage, read> x: array<f32>;
       @group(0) @binding(1) var<storage, read_write> y: array<f32>;
       @compute @workgroup_size(1) fn main() {
         for (var i = 0u; i < 5000000u; i++) { y[0] = fract(y[0] + x[i % 2u]); }
       }`,
      { name: 'slow', bindings: ['array<f32>'], result: { type: 'array<f32>', shape: [1] }, workgroups: [1] },
    );
    await runtime.spawn(scaled, f32(1), 1);
    const { count } = gpu.uploads;
    const begins = new Promise<void>((resolve) => {
      runtime.subscribe(({ type, name }) => type === 'task:assigned' && name === 'slow' && resolve());
    });
    const current = runtime.spawn(slow, f32(0.1, 0.2));
    await begins;
    await turn();
    const next = runtime.spawn(scaled, f32(3, 4), 2);
    await turn();
    expect(current.isReady()).toBe(false);
    expect(gpu.uploads.count - count).toBe(2);
    expect(await list(next)).toEqual([6, 8]);
    await current;
  });
});
