import { operation } from '@poniard/core';
import { array, type NDArray } from '@poniard/linalg';
import { cpuThreads } from '@poniard/proc-cpu';
import { type GpuArray, type GpuDevicePort, gpuImplementation } from '@poniard/proc-gpu';
import { describe, expect, test } from 'vitest';
import { added, gpuRuntime, hasGpu, scaled } from './testing/gpu.js';

const KIB = 1024;
/** An array of so many KiB, all of whose elements are `value`. */
const filled = (kib: number, value: number) =>
  array(new Float32Array((kib * KIB) / 4).fill(value), [(kib * KIB) / 4]);

describe.skipIf(!hasGpu)('the memory limit', () => {
  test('is held to by a graph of more than fits: results go to the host and come back', async () => {
    const { runtime, gpu } = await gpuRuntime({ memoryLimit: 200 * KIB });
    let most = 0;
    const results = Array.from({ length: 10 }, (_, i) => runtime.spawn(scaled, filled(32, 1), i));
    let total = results[0]!;
    for (const result of results.slice(1)) total = runtime.spawn(added, total, result);
    runtime.subscribe(() => {
      most = Math.max(most, gpu.gpu.memory.bytes);
    });
    const sum = (await total) as never as NDArray;
    expect(sum.get(17)).toBe(45);
    for (const [i, result] of results.entries()) expect(((await result) as never as NDArray).get(3)).toBe(i);
    expect(most).toBeLessThanOrEqual(200 * KIB);
    expect(most).toBeGreaterThan(100 * KIB);
  });

  test('refuses what can never fit, and another processor runs it', async () => {
    const { runtime, gpu } = await gpuRuntime({ memoryLimit: 64 * KIB });
    await expect(runtime.spawn(scaled, filled(128, 1), 2)).rejects.toThrow(
      /argument 1 takes 131072 bytes, and memoryLimit is 65536|65536 bytes free/,
    );
    const grown = operation('grown', {
      inline: (x: { size: number }) => `${x.size} on the host`,
      webgpu: gpuImplementation((device: GpuDevicePort, x: GpuArray) =>
        device.alloc([64 * x.size], 'float32'),
      ),
    });
    await expect(runtime.spawn(grown as never, filled(32, 1))).rejects.toThrow(/bytes are needed on the GPU/);
    expect(gpu.gpu.memory.bytes).toBeLessThanOrEqual(64 * KIB);
    // Nothing is lost.
    expect(((await runtime.spawn(scaled, filled(8, 1), 2)) as never as NDArray).get(0)).toBe(2);
  });

  test('makes room from copies that the host has, first', async () => {
    const { runtime, gpu } = await gpuRuntime({ memoryLimit: 128 * KIB });
    const result = runtime.spawn(scaled, filled(16, 1), 2);
    await result.wait();
    for (let i = 0; i < 12; i++) await runtime.spawn(scaled, filled(16, i), 1).wait();
    const before = gpu.gpu.readBack.reads;
    expect(((await runtime.spawn(scaled, result, 2)) as never as NDArray).get(5)).toBe(4);
    expect(gpu.gpu.memory.bytes).toBeLessThanOrEqual(128 * KIB);
    expect(gpu.gpu.readBack.reads).toBeGreaterThan(before);
  });

  test('drops results that the host has too before it sends others there', async () => {
    const { runtime, gpu } = await gpuRuntime({ memoryLimit: 128 * KIB });
    const only = runtime.spawn(scaled, filled(16, 1), 2);
    await only.wait();
    const home = await Promise.all([3, 4].map((factor) => runtime.spawn(scaled, filled(16, 1), factor)));
    expect(gpu.gpu.readBack.reads).toBe(2);
    // 16 KiB of the argument and 48 of the results are there; this needs 32 for its argument and 32 more.
    const large = runtime.spawn(scaled, filled(32, 1), 5);
    await large.wait();
    const more = runtime.spawn(scaled, large, 6);
    await more.wait();
    expect(gpu.gpu.readBack.reads).toBe(2);
    expect(home.map((value) => (value as never as NDArray).get(0))).toEqual([3, 4]);
    expect(((await only) as never as NDArray).get(0)).toBe(2);
    expect(((await more) as never as NDArray).get(0)).toBe(30);
  });

  test('what is larger than the limit runs on a thread instead', async () => {
    const { runtime } = await gpuRuntime({
      memoryLimit: 64 * KIB,
      runtime: { plugins: [cpuThreads({ threads: 1 })] },
    });
    const sum = operation('sum', {
      host: (x: NDArray) => (x.data as Float32Array).reduce((a, b) => a + b, 0),
      webgpu: gpuImplementation((device: GpuDevicePort, _: GpuArray) => device.alloc([1], 'float32')),
    });
    const task = runtime.spawn(sum as never, filled(128, 1));
    const refusal = runtime.explain(task).rows.find(({ kind }) => kind === 'webgpu')?.refusal;
    expect(refusal).toMatch(/65536 bytes free and the task takes 131|memoryLimit is 65536/);
    expect(await task).toBe((128 * KIB) / 4);
    expect(runtime.explain(task).processor).toBe('cpu:0');
  });

  test('one task that cannot fit fails with the reason, and nothing else is lost', async () => {
    const { runtime, gpu } = await gpuRuntime({ memoryLimit: 128 * KIB });
    const before = Array.from({ length: 6 }, (_, i) => runtime.spawn(scaled, filled(32, 1), i));
    // Its inputs fit, and they do not fit together with its result.
    const large = runtime.spawn(scaled, filled(96, 1), 2);
    const behind = runtime.spawn(added, large, large);
    const beside = runtime.spawn(added, before[2]!, before[3]!);
    await expect(large).rejects.toThrow(
      /98304 bytes are needed on the GPU, and of its limit of 131072 bytes/,
    );
    await expect(behind).rejects.toThrow(/98304 bytes are needed/);
    for (const [i, task] of before.entries()) expect(((await task) as never as NDArray).get(7)).toBe(i);
    expect(((await beside) as never as NDArray).get(7)).toBe(5);
    expect(gpu.gpu.memory.bytes).toBeLessThanOrEqual(128 * KIB);
  });

  test('a device that has less than its limit is used within what it has', async () => {
    const { runtime, gpu } = await gpuRuntime();
    const { device } = gpu.gpu;
    const create = device.createBuffer.bind(device);
    const pop = device.popErrorScope.bind(device);
    let refusals = 0;
    device.createBuffer = (descriptor) => {
      const isLarge = descriptor.size >= 4096 * KIB && !descriptor.mappedAtCreation;
      if (!isLarge || refusals > 0) return create(descriptor);
      refusals++;
      device.popErrorScope = async () => {
        device.popErrorScope = pop;
        await pop();
        return { message: 'out of memory' } as GPUError;
      };
      // What commands may not name, as a buffer without memory is.
      const buffer = create(descriptor);
      buffer.destroy();
      return buffer;
    };
    const small = runtime.spawn(scaled, filled(8, 1), 3);
    const task = runtime.spawn(scaled, filled(4096, 1), 2);
    await expect(task).rejects.toThrow(/bytes are needed on the GPU, and of its limit/);
    expect(refusals).toBe(1);
    expect(((await small) as never as NDArray).get(0)).toBe(3);
  });

  test('an array larger than one binding is refused with the reason', async () => {
    const { runtime } = await gpuRuntime();
    const huge = operation('huge', {
      webgpu: gpuImplementation((gpu: GpuDevicePort) => gpu.alloc([2 ** 40], 'float32')),
    });
    await expect(runtime.spawn(huge)).rejects.toThrow(
      /takes 4398046511104 bytes, and .* holds at most \d+ in one/,
    );
  });
});
