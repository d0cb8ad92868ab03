import { operation } from '@poniard/core';
import { array, type NDArray } from '@poniard/linalg';
import { cpuThreads } from '@poniard/proc-cpu';
import { type GpuArray, type GpuDevicePort, gpuImplementation } from '@poniard/proc-gpu';
import { describe, expect, test } from 'vitest';
import { added, gpuRuntime, hasGpu, scaled } from './testing/gpu.js';

const f32 = (...values: number[]) => array(values, [values.length], 'float32');
const list = async (task: PromiseLike<unknown>) => [...((await task) as NDArray)];

/** Destroys the device that it runs on, as often as it is told. */
function breaker() {
  let left = 1;
  return operation('breaker', {
    webgpu: gpuImplementation((gpu: GpuDevicePort) => {
      if (left-- > 0) gpu.device.destroy();
      // A command, so that the device has to answer.
      const y = gpu.alloc([1], 'float32');
      gpu.copy(gpu.alloc([1], 'float32', { zeroed: true }), y);
      return y;
    }),
  });
}

describe.skipIf(!hasGpu)('E3. a device that is lost', () => {
  test('in the middle of a graph is replaced, and what lived only there is made again', async () => {
    const { runtime, gpu } = await gpuRuntime();
    const events: string[] = [];
    runtime.subscribe(({ type }) => void events.push(type));
    const device = gpu.gpu.device;
    const early = runtime.spawn(scaled, f32(1, 2), 2);
    await early.wait();
    const broken = runtime.spawn(breaker());
    const late = runtime.spawn(added, early, runtime.spawn(scaled, f32(3, 4), 2));
    expect(await list(broken)).toEqual([0]);
    expect(await list(late)).toEqual([8, 12]);
    expect(await list(early)).toEqual([2, 4]);
    expect(gpu.gpu.device).not.toBe(device);
    expect(events).toContain('processor:lost');
  });

  test('in the middle of a graph: what is left runs on threads where there is no other device', async () => {
    const { runtime } = await gpuRuntime({ runtime: { plugins: [cpuThreads({ threads: 1 })] } });
    let lost = 0;
    const twice = operation('twice', {
      host: (x: NDArray) => x.data.map((value: number) => 2 * value),
      webgpu: gpuImplementation((gpu: GpuDevicePort, x: GpuArray) => {
        lost++;
        gpu.device.destroy();
        return gpu.alloc(x.shape, 'float32');
      }),
    });
    const tasks = Array.from({ length: 8 }, (_, i) =>
      runtime.spawn.with({ retries: 9 }, twice as never, f32(i, 1)),
    );
    for (const [i, task] of tasks.entries()) expect([...((await task) as Float32Array)]).toEqual([2 * i, 2]);
    expect(lost).toBeGreaterThan(0);
  });

  test('again and again with what was done on it ends all the same', async () => {
    const { runtime } = await gpuRuntime();
    const fatal = operation('fatal', {
      webgpu: gpuImplementation((gpu: GpuDevicePort, x: GpuArray) => {
        gpu.device.destroy();
        // Nothing is left to be done: the call ends well before the loss is known.
        return gpu.alloc(x.shape, 'float32');
      }),
    });
    const good = runtime.spawn(scaled, f32(1, 2), 2);
    await expect(runtime.spawn(fatal as never, good)).rejects.toThrow(/gpu:0.* lost its device/s);
  });

  test('while a result is on its way to the host gives it all the same', async () => {
    const { runtime, gpu } = await gpuRuntime();
    const task = runtime.spawn(scaled, f32(1, 2), 2);
    await task.wait();
    const value = list(task);
    gpu.gpu.device.destroy();
    expect(await value).toEqual([2, 4]);
  });

  test('with retries: 0 fails what ran on it', async () => {
    const { runtime } = await gpuRuntime();
    const doomed = runtime.spawn.with({ retries: 0 }, breaker());
    await expect(doomed).rejects.toThrow(/gpu:0 lost its device: .* while it ran breaker/);
    expect(await list(runtime.spawn(scaled, f32(1), 2))).toEqual([2]);
  });

  test('again and again is given up', async () => {
    const { runtime } = await gpuRuntime();
    const always = operation('always', {
      webgpu: gpuImplementation((gpu: GpuDevicePort) => {
        gpu.device.destroy();
        return gpu.alloc([1], 'float32');
      }),
    });
    await expect(runtime.spawn.with({ retries: 10 }, always)).rejects.toThrow();
    expect(runtime.processors().map(({ id }) => id)).not.toContain('gpu:0');
  });
});
