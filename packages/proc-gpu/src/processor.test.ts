import { operation, type Runtime } from '@poniard/core';
import { array, type NDArray, rand } from '@poniard/linalg';
import { cpuThreads } from '@poniard/proc-cpu';
import { type GpuArray, type GpuDevicePort, gpuImplementation } from '@poniard/proc-gpu';
import { collectGarbage } from '@poniard/testing';
import { describe, expect, test } from 'vitest';
import { added, gpuRuntime, hasGpu, type Inside, scaled } from './testing/gpu.js';

const f32 = (...values: number[]) => array(values, [values.length], 'float32');
const list = async (task: PromiseLike<unknown>) => [...((await task) as NDArray)];

describe.skipIf(!hasGpu)('a GPU as a processor', () => {
  test('P3. a chain reads back its last result and nothing in between', async () => {
    const { runtime, gpu } = await gpuRuntime();
    let task = runtime.spawn(scaled, f32(1, 2, 3), 2);
    for (let i = 0; i < 9; i++) task = runtime.spawn(scaled, task, 2);
    expect(await list(task)).toEqual([1024, 2048, 3072]);
    expect(gpu.gpu.readBack).toMatchObject({ reads: 1, readBytes: 12 });
    expect(gpu.uploads).toMatchObject({ count: 1, bytes: 12 });
  });

  test('P5. each move is an event with its bytes, and wait() moves nothing', async () => {
    const { runtime } = await gpuRuntime();
    const moves: string[] = [];
    runtime.subscribe(({ type, from, to, bytes, name, processor, micros }) => {
      if (type !== 'chunk:moved') return;
      expect(micros).toBeGreaterThan(0);
      moves.push(`${name} ${processor}: ${bytes} bytes from ${from} to ${to}`);
    });
    const x = f32(1, 2, 3);
    const product = runtime.spawn(scaled, x, 2);
    const sum = runtime.spawn(added, product, x);
    await sum.wait();
    expect(moves).toEqual(['scaled gpu:0: 12 bytes from host to gpu:0']);
    expect(await list(sum)).toEqual([3, 6, 9]);
    expect(moves.slice(1)).toEqual(['added gpu:0: 12 bytes from gpu:0 to host']);
    const there = runtime.stats().transfers.find(({ to }) => to === 'gpu:0');
    expect(there).toMatchObject({ from: 'host', moves: 1, bytes: 12 });
  });

  test('P2. what moving costs is measured before the first task', async () => {
    const { runtime } = await gpuRuntime();
    const { transfers } = runtime.stats();
    expect(transfers.map(({ from, to, moves }) => `${from} → ${to}: ${moves}`)).toEqual([
      'host → gpu:0: 0',
      'gpu:0 → host: 0',
    ]);
    for (const { latency, bandwidth } of transfers) {
      expect(latency).toBeGreaterThan(0);
      expect(bandwidth).toBeGreaterThan(0);
    }
  });

  test('P1. C2. an argument that the GPU has a copy of costs no transfer', async () => {
    const { runtime } = await gpuRuntime();
    const chunk = runtime.tochunk(f32(1, 2));
    const transfer = () => {
      const task = runtime.spawn(scaled, chunk, 2);
      return [
        task,
        runtime.explain(task).rows.find(({ kind }) => kind === 'webgpu')?.cost?.transfer,
      ] as const;
    };
    const [first, before] = transfer();
    expect(before).toBeGreaterThan(0);
    const result = await first;
    const [, after] = transfer();
    expect(after).toBe(0);
    expect([...(result as never as NDArray)]).toEqual([2, 4]);
  });

  test('C2. an array that several tasks read moves once', async () => {
    const { runtime, gpu } = await gpuRuntime();
    const x = f32(1, 2);
    const tasks = Array.from({ length: 20 }, (_, i) => runtime.spawn(scaled, x, i));
    expect(await Promise.all(tasks.map(list))).toEqual(tasks.map((_, i) => [i, 2 * i]));
    expect(gpu.uploads.count).toBe(1);
    const chunk = runtime.tochunk(f32(3, 4));
    expect(await list(runtime.spawn(scaled, chunk, 2))).toEqual([6, 8]);
    expect(await list(runtime.spawn(scaled, chunk, 3))).toEqual([9, 12]);
    expect(gpu.uploads.count).toBe(2);
  });

  test('C2. a result that came home is still on the device for the next task', async () => {
    const { runtime, gpu } = await gpuRuntime();
    const task = runtime.spawn(scaled, f32(1, 2), 2);
    await task;
    const { count } = gpu.uploads;
    expect(await list(runtime.spawn(added, task, task))).toEqual([4, 8]);
    expect(gpu.uploads.count).toBe(count);
  });

  test('S4. an array that was written between two tasks is read anew', async () => {
    const { runtime } = await gpuRuntime();
    const x = f32(1, 2);
    expect(await list(runtime.spawn(scaled, x, 2))).toEqual([2, 4]);
    x.set(0, 10);
    expect(await list(runtime.spawn(scaled, x, 2))).toEqual([20, 4]);
  });

  test('S4. so is one that was written after the task that read it was cancelled', async () => {
    const { runtime } = await gpuRuntime();
    const reading = operation('reading', {
      webgpu: gpuImplementation(async (gpu: GpuDevicePort, x: GpuArray) => {
        begun();
        await end;
        return gpu.reshape(x, x.shape);
      }),
    });
    let begun = () => {};
    let finish = () => {};
    const hasBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const end = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const x = f32(1, 2);
    const cancelled = runtime.spawn(reading as never, x);
    await hasBegun;
    cancelled.cancel();
    await cancelled.wait();
    x.set(0, 10);
    const during = runtime.spawn(scaled, x, 2);
    expect(await list(during)).toEqual([20, 4]);
    x.set(0, 30);
    finish();
    expect(await list(runtime.spawn(scaled, x, 2))).toEqual([60, 4]);
  });

  test('values pass between the GPU and threads', async () => {
    const { runtime } = await gpuRuntime({ runtime: { plugins: [cpuThreads({ threads: 1 })] } });
    const onGpu = runtime.spawn(scaled, f32(1, 2), 2);
    const onThread = runtime.spawn(function negated(x: { data: Float32Array }) {
      return x.data.map((value) => -value);
    }, onGpu as never);
    const again = runtime.spawn(scaled, onThread as never, 3);
    expect(await list(again)).toEqual([-6, -12]);
  });

  test('a result may be several arrays, a number, or the argument itself', async () => {
    const { runtime } = await gpuRuntime();
    const parts = operation('parts', {
      webgpu: gpuImplementation((gpu: GpuDevicePort, x: GpuArray) => {
        const copied = gpu.alloc(x.shape, 'float32');
        gpu.copy(x, copied);
        return { copied, same: [x], reshaped: gpu.reshape(x, [2, 2]), n: x.size };
      }),
    });
    const sum = operation('sum', {
      webgpu: gpuImplementation(async (gpu: GpuDevicePort, { copied }: { copied: GpuArray }) => {
        const data = await gpu.read(copied);
        return [...data].reduce((total, value) => total + value, 0);
      }),
    });
    const task = runtime.spawn(parts as never, f32(1, 2, 3, 4));
    const total = runtime.spawn(sum as never, task);
    const twice = runtime.spawn(scaled, f32(1, 1), total as never);
    const { copied, same, reshaped, n } = (await task) as {
      copied: NDArray;
      same: [NDArray];
      reshaped: NDArray;
      n: number;
    };
    expect([...copied]).toEqual([1, 2, 3, 4]);
    expect([...same[0]]).toEqual([1, 2, 3, 4]);
    expect(reshaped.toNested()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(n).toBe(4);
    expect(await total).toBe(10);
    expect(await list(twice)).toEqual([10, 10]);
  });

  test('what an implementation throws, at once or later, fails its task alone', async () => {
    const { runtime } = await gpuRuntime();
    const throwing = operation('throwing', {
      webgpu: gpuImplementation((_gpu: GpuDevicePort, when: string) => {
        if (when === 'now') throw new RangeError('at once');
        return Promise.reject(new RangeError('later'));
      }),
    });
    await expect(runtime.spawn(throwing, 'now')).rejects.toThrow('at once');
    await expect(runtime.spawn(throwing, 'later')).rejects.toThrow('later');
    expect(await list(runtime.spawn(scaled, f32(1), 2))).toEqual([2]);
  });

  test('kernels are timed by the device', async () => {
    const { runtime } = await gpuRuntime();
    const kernel = {
      wgsl: `@group(0) @binding(0) var<storage, read_write> y: array<f32>;
        @compute @workgroup_size(1) fn main() { for (var i = 0; i < 20000; i++) { y[0] += 1; } }`,
    };
    const timed = operation('timed', {
      webgpu: gpuImplementation((gpu: GpuDevicePort) => {
        const y = gpu.alloc([1], 'float32', { zeroed: true });
        return gpu.measure(() => gpu.run(kernel, { bindings: [y], workgroups: [1] }));
      }),
    });
    expect(await runtime.spawn(timed)).toBeGreaterThan(1);
  });

  test('C4. nothing is left on the device when nobody holds a result any more', async () => {
    const { runtime, gpu } = await gpuRuntime();
    const round = async () => {
      let task = runtime.spawn(scaled, rand([300], { dtype: 'float32' }), 2);
      for (let i = 0; i < 3; i++) task = runtime.spawn(scaled, task, 2);
      await task;
    };
    for (let i = 0; i < 30; i++) await round();
    await untilFreed(runtime, gpu);
    expect(gpu.results.size).toBe(0);
    expect(gpu.gpu.memory.bytes - gpu.gpu.memory.pooled).toBe(0);
  });

  test('closing frees every buffer', async () => {
    const { runtime, gpu } = await gpuRuntime();
    const tasks = Array.from({ length: 5 }, (_, i) => runtime.spawn(scaled, f32(1, 2), i));
    await Promise.all(tasks);
    expect(gpu.gpu.memory.buffers).toBeGreaterThan(0);
    expect(gpu.gpu.readBack.buffers).toBeGreaterThan(0);
    await runtime.close();
    expect(gpu.gpu.memory).toMatchObject({ buffers: 0, bytes: 0 });
    expect(gpu.gpu.readBack.buffers).toBe(0);
    expect(tasks.length).toBe(5);
  });

  test('closing frees every buffer that WebGPU has made, of whatever kind, also after a loss', async () => {
    const { gpu: other } = await gpuRuntime();
    const device = Object.getPrototypeOf(other.gpu.device) as GPUDevice;
    const { createBuffer } = device;
    const alive = new Set<string>();
    let made = 0;
    device.createBuffer = function (this: GPUDevice, descriptor) {
      const buffer = createBuffer.call(this, descriptor);
      const name = `${made++}: usage ${descriptor.usage}, ${descriptor.size} bytes`;
      const destroy = buffer.destroy.bind(buffer);
      alive.add(name);
      buffer.destroy = () => {
        alive.delete(name);
        return destroy();
      };
      return buffer;
    };
    try {
      const { runtime, gpu } = await gpuRuntime({ memoryLimit: 64 * 1024 });
      const round = async () => {
        const x = rand([2000], { dtype: 'float32' });
        // More than fits, so that results go to the host and come back.
        const tasks = Array.from({ length: 12 }, (_, i) => runtime.spawn(scaled, x, i));
        await Promise.all(tasks.map((task) => runtime.spawn(added, task, tasks[0] ?? task)));
      };
      await round();
      gpu.gpu.device.destroy();
      await round();
      expect(made).toBeGreaterThan(20);
      expect(alive.size).toBeGreaterThan(0);
      await runtime.close();
      expect([...alive]).toEqual([]);
    } finally {
      device.createBuffer = createBuffer;
    }
  });
});

async function untilFreed(runtime: Runtime, gpu: Inside): Promise<void> {
  const used = () => runtime.stats().bytes['gpu:0'] || gpu.gpu.memory.bytes - gpu.gpu.memory.pooled;
  for (let i = 0; i < 20 && used(); i++) await collectGarbage();
}
