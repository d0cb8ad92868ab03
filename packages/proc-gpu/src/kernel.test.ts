import { array, NDArray, rand } from '@poniard/linalg';
import { cpuThreads } from '@poniard/proc-cpu';
import { type KernelThis, kernel, webgpu, wgsl } from '@poniard/proc-gpu';
import { createTestRuntime, rejection } from '@poniard/testing';
import { describe, expect, expectTypeOf, onTestFinished, test, vi } from 'vitest';
import { gpuRuntime, hasGpu, scaled } from './testing/gpu.js';

const product = kernel(
  function product(a: number[][], b: number[][], n: number) {
    let sum = 0;
    for (let k = 0; k < n; k++) sum += a[this.thread.y]![k]! * b[k]![this.thread.x]!;
    return sum;
  },
  { output: (a, b) => [b.shape[1]!, a.shape[0]!] },
);
const mandelbrot = kernel(
  function mandelbrot(scale: number, smooth: boolean) {
    const re = (this.thread.x * scale) / this.output.x - 2;
    const im = (this.thread.y * scale) / this.output.y - 1.5;
    let x = 0;
    let y = 0;
    let steps = 0;
    while (x * x + y * y < 4 && steps < this.constants.most!) {
      const next = x * x - y * y + re;
      y = 2 * x * y + im;
      x = next;
      steps++;
    }
    if (smooth) return steps + 0.5;
    return steps;
  },
  { output: [13, 7], constants: { most: 50 } },
);
const colours = kernel(
  function colours(x: number[]) {
    return [x[this.thread.x]!, Math.sqrt(x[this.thread.x]!), 1];
  },
  { output: [5] },
);

const onThread = () => createTestRuntime({ plugins: [cpuThreads({ threads: 1 })] });

describe('F4. a kernel on a CPU thread', () => {
  test('computes each element, and gives an NDArray of float32', async () => {
    const runtime = onThread();
    const a = array(
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      [2, 3],
      'float32',
    );
    const out = await runtime.spawn(product, a, a.T, 3);
    expect(out).toBeInstanceOf(NDArray);
    expect(out.dtype).toBe('float32');
    expect(out.toNested()).toEqual([
      [14, 32],
      [32, 77],
    ]);
    const single = await runtime.spawn(mandelbrot, 3, true);
    expect(single.shape).toEqual([7, 13]);
    expect((await runtime.spawn(colours, new Float32Array([0, 1, 4, 9, 16]))).shape).toEqual([5, 3]);
  });

  test('what lies outside of an array is NaN', async () => {
    const beyond = kernel(
      function beyond(a: number[]) {
        return a[this.thread.x]!;
      },
      { output: [3] },
    );
    expect([...(await beyond(new Float32Array([1, 2])))]).toEqual([1, 2, Number.NaN]);
  });

  test('runs on a thread too where a task spawns it, from whose thread no implementation for GPUs can come', async () => {
    const runtime = onThread();
    const nested = async () => {
      const { currentRuntime } = await import('@poniard/core');
      const { kernel: inner } = await import('@poniard/proc-gpu');
      const counts = inner(
        function counts() {
          return this.thread.x;
        },
        { output: [3] },
      );
      return currentRuntime().spawn(counts);
    };
    expect([...(await runtime.spawn(nested))]).toEqual([0, 1, 2]);
  });

  test('that forgets an axis of an array fails', async () => {
    const row = kernel(
      function row(a: number[]) {
        return a[this.thread.x]!;
      },
      { output: [2] },
    );
    await expect(row(array([[1, 2]]))).rejects.toThrow(
      'kernel row gives a row of an array; index every axis',
    );
  });

  test('that reads a row beyond an array, or gives no numbers, fails with the reason', async () => {
    const runtime = onThread();
    const row = kernel(
      function row(a: number[][]) {
        return a[this.thread.x + 1]![0]!;
      },
      { output: [3] },
    );
    await expect(runtime.spawn(row, array([[1], [2], [3]]))).rejects.toThrow(
      /kernel row \(.*kernel\.test\.ts:\d+:\d+\) reads beyond an array, for the element x = 2, y = 0, z = 0/,
    );
    const gives = (fn: (this: KernelThis) => unknown) =>
      runtime.spawn(kernel(fn as () => number, { output: [2], name: 'gives' }));
    const ragged = function (this: KernelThis) {
      return this.thread.x === 0 ? [1, 2] : [1, 2, 3];
    };
    await expect(gives(ragged)).rejects.toThrow(
      'kernel gives gives 3 numbers, and 2 for the elements before',
    );
    await expect(gives(() => [1, 2, 3, 4, 5])).rejects.toThrow('a list of 5 numbers; it may give 2 to 4');
    await expect(gives(() => 'text')).rejects.toThrow('kernel gives gives string, not a number');
    await expect(gives(() => [1, null])).rejects.toThrow('kernel gives gives null, not a number');
  });

  test('gives plain memory where there is no shared memory', async () => {
    vi.stubGlobal('SharedArrayBuffer', undefined);
    onTestFinished(() => void vi.unstubAllGlobals());
    expect([...(await colours(new Float32Array(5)))]).toHaveLength(15);
  });

  test('runs here when it is called directly', async () => {
    const out = await product(array([[2]]), array([[3]]), 1);
    expect(out.toNested()).toEqual([[6]]);
  });

  test('its type says what it takes and gives', () => {
    expectTypeOf(mandelbrot).parameters.toEqualTypeOf<[number, boolean]>();
    expectTypeOf(product).returns.resolves.toEqualTypeOf<NDArray<'float32'>>();
    // @ts-expect-error a number is no array
    const misuse = () => colours(1);
    expect(misuse).toBeTypeOf('function');
  });

  test('options that are not as they should be are refused', () => {
    const fn = () => 1;
    expect(() => kernel(fn, undefined as never)).toThrow(
      'kernel: options are an object such as { output: … }, not undefined',
    );
    expect(() => kernel(fn, {} as never)).toThrow('output is [width]');
    expect(() => kernel(fn, { output: [0] })).toThrow('output is [width]');
    expect(() => kernel(fn, { output: [1], size: 2 } as never)).toThrow('unknown option "size"');
    expect(() => kernel(fn, { output: [1], precision: 'half' } as never)).toThrow("precision is 'single'");
    expect(() => kernel(fn, { output: [1], constants: { a: [1] } as never })).toThrow('constant a');
  });
});

describe.skipIf(!hasGpu)('F4. a kernel on a GPU', () => {
  test('gives the same as on a thread', async () => {
    const { runtime, gpu } = await gpuRuntime();
    const thread = onThread();
    const a = rand([5, 9], { dtype: 'float32', seed: 1 });
    const b = rand([9, 4], { dtype: 'float32', seed: 2 });
    const both = async (spawn: (on: typeof runtime) => PromiseLike<unknown>) => {
      const [here, there] = (await Promise.all([spawn(runtime), spawn(thread)])) as [NDArray, NDArray];
      expect(here.shape).toEqual(there.shape);
      expect(here.dtype).toBe(there.dtype);
      for (const [i, value] of [...here].entries()) expect(value).toBeCloseTo([...there][i]!, 5);
    };
    await both((on) => on.spawn(product, a, b, 9));
    await both((on) => on.spawn(mandelbrot, 3, false));
    await both((on) => on.spawn(colours, new Float32Array([0, 1, 4, 9, 16])));
    expect(gpu.gpu.readBack.reads).toBe(3);
  });

  test('reads and gives what is on the device, without reading back in between', async () => {
    const { runtime, gpu } = await gpuRuntime();
    const x = array(
      [
        [1, 1],
        [0, 1],
      ],
      [2, 2],
      'float32',
    );
    let power = runtime.spawn(product, x, x, 2);
    for (let i = 0; i < 5; i++) power = runtime.spawn(product, power, x, 2);
    const out = await runtime.spawn(scaled, power, 2);
    expect(out.toNested()).toEqual([
      [2, 14],
      [0, 2],
    ]);
    expect(gpu.gpu.readBack.reads).toBe(1);
  });

  test('takes float64 only where it is asked for single precision', async () => {
    const { runtime } = await gpuRuntime();
    const x = array([[1.5, 2]]);
    await expect(runtime.spawn(product, x, x.T, 2)).rejects.toThrow('argument 1 is float64');
    const single = kernel(
      function single(a: number[][]) {
        return 2 * a[this.thread.y]![this.thread.x]!;
      },
      { output: [2, 1], precision: 'single' },
    );
    expect((await runtime.spawn(single, x)).toNested()).toEqual([[3, 4]]);
    const transposed = await runtime.spawn(single, array([[5], [7]]).T);
    expect(transposed.toNested()).toEqual([[10, 14]]);
  });

  describe('that gpu.js cannot compile', () => {
    const impossible = (name: string) =>
      kernel(
        function (a: number[]) {
          const list = new Map([[1, a[this.thread.x]!]]);
          return list.get(1)!;
        },
        { output: [4], name },
      );
    /** gpu.js makes WGSL of it that is not valid. */
    const invalid = kernel(
      function invalid(a: number[]) {
        if (a[this.thread.x]) return 1;
        return 2;
      },
      { output: [4] },
    );
    const x = new Float32Array([1, 2, 3, 4]);

    test('fails on a GPU alone, with its message, the function and where the kernel was made', async () => {
      const { runtime } = await gpuRuntime();
      const error = await rejection(runtime.spawn(impossible('first'), x));
      expect(error.message).toContain('gpu.js cannot compile the kernel first (');
      expect(error.message).toMatch(/kernel\.test\.ts:\d+:\d+\): unhandled type/);
      expect(error.message).toContain('list.get(1)');
      // It is known by now.
      await expect(runtime.spawn(impossible('second'), x)).rejects.toThrow('the kernel second (');
    });

    test('runs on a thread wherever it is placed first, and says why', async () => {
      const { runtime } = await gpuRuntime({ runtime: { plugins: [cpuThreads({ threads: 1 })] } });
      for (const made of [impossible('anywhere'), impossible('again')]) {
        for (let round = 0; round < 2; round++) {
          const tasks = Array.from({ length: 30 }, () => runtime.spawn(made, x));
          for (const task of tasks) {
            expect([...(await task)]).toEqual([...x]);
            expect(runtime.explain(task).processor).toBe('cpu:0');
          }
        }
        const gpu = runtime
          .explain(runtime.spawn(made, x))
          .rows.find(({ processor }) => processor === 'gpu:0');
        expect(gpu?.refusal).toContain('gpu.js cannot compile the kernel');
      }
    });

    test('because of what it captures says what that is, on a GPU and on a thread', async () => {
      const { runtime } = await gpuRuntime();
      const factor = 3;
      const captures = kernel(
        function captures(a: number[]) {
          return factor * Math.abs(a[this.thread.x]!);
        },
        { output: [4] },
      );
      const here =
        /kernel captures \(.*kernel\.test\.ts:\d+:\d+\).*factor.*pass that as an argument or in constants/;
      await expect(runtime.spawn(captures, x)).rejects.toThrow(here);
      await expect(onThread().spawn(captures, x)).rejects.toThrow(here);
    });

    test('to WGSL that is valid runs on a thread too', async () => {
      const { runtime } = await gpuRuntime({ runtime: { plugins: [cpuThreads({ threads: 1 })] } });
      const tasks = Array.from({ length: 10 }, () => runtime.spawn(invalid, x));
      for (const task of tasks) expect([...(await task)]).toEqual([1, 1, 1, 1]);
      const { runtime: alone } = await gpuRuntime();
      await expect(alone.spawn(invalid, x)).rejects.toThrow('gpu.js cannot compile the kernel invalid (');
    });
  });

  test('refuses the same arguments and outputs as on a thread', async () => {
    const { runtime } = await gpuRuntime();
    for (const on of [runtime, onThread()]) {
      const sized = kernel((_x: number, _y: number) => 1, { output: (x, y) => [x, y], name: 'sized' });
      for (const arg of ['x', [1, 2], null])
        await expect(on.spawn(sized, 1, arg as never)).rejects.toThrow(
          'takes arrays, numbers and booleans, not ',
        );
      for (const width of [0, -1, 1.5])
        await expect(on.spawn(sized, width, 1)).rejects.toThrow('kernel sized: output is [width]');
      const cubes = kernel((_x: number) => 1, { output: (x) => [x, x, x, x], name: 'cubes' });
      await expect(on.spawn(cubes, 1)).rejects.toThrow('kernel cubes: output is [width]');
    }
  });

  test('an index out of range reads nothing outside of the array', async () => {
    const { runtime } = await gpuRuntime();
    const wild = kernel(
      function wild(a: number[]) {
        return a[this.thread.x * 1000000]! + a[this.thread.x - 5]!;
      },
      { output: [64] },
    );
    const out = (await runtime.spawn(wild, new Float32Array([1, 2]))) as never as NDArray;
    expect(out.shape).toEqual([64]);
    expect(await runtime.spawn(scaled, new Float32Array([1]), 3)).toHaveProperty('size', 1);
  });

  test('goes to a thread where the GPU turns out not to take what other tasks made there', async () => {
    const { runtime } = await gpuRuntime({ runtime: { plugins: [cpuThreads({ threads: 1 })] } });
    const integers = wgsl(
      `@group(0) @binding(0) var<storage, read_write> y: array<i32>;
       @compute @workgroup_size(4) fn main(@builtin(global_invocation_id) id: vec3u) { y[id.x] = i32(id.x) + 1; }`,
      { name: 'integers', bindings: [], result: { type: 'array<i32>', shape: [4] }, workgroups: [1] },
    );
    const twice = kernel(
      function twice(a: number[]) {
        return 2 * a[this.thread.x]!;
      },
      { output: [4] },
    );
    const { runtime: alone } = await gpuRuntime();
    await expect(alone.spawn(twice, alone.spawn(integers) as never)).rejects.toThrow(
      'argument 1 is int32, and kernels compute with float32 on a GPU',
    );
    expect([...(await runtime.spawn(twice, runtime.spawn(integers) as never))]).toEqual([2, 4, 6, 8]);
    const made = runtime.spawn(integers);
    await made.wait();
    expect([...(await runtime.spawn(twice, made as never))]).toEqual([2, 4, 6, 8]);
  });

  test('has loops that mean what they mean in JavaScript', async () => {
    const { runtime } = await gpuRuntime();
    const loops = kernel(
      function loops(a: number[], n: number) {
        let sum = 0;
        for (let i = 0; i < n; i++) {
          if (a[i]! > 4) continue;
          for (let j = 0; j < i; j += 2) {
            if (j === 2) continue;
            sum += a[j]!;
          }
          sum += 100 * a[i]!;
        }
        for (let i = 0; i < n; i++) sum += 10000 * a[i]!;
        let k = 0;
        do {
          k++;
          if (k === 2) continue;
          sum += k * this.thread.x;
        } while (k < n);
        return sum;
      },
      { output: [3] },
    );
    const x = new Float32Array([1, 5, 2, 3, 9, 4]);
    expect([...(await runtime.spawn(loops, x, 6))]).toEqual([...(await loops(x, 6))]);
  });

  test('takes integers of 64 bits with precision: single', async () => {
    const { runtime } = await gpuRuntime();
    const twice = kernel(
      function twice(a: number[]) {
        return 2 * a[this.thread.x]!;
      },
      { output: [2], precision: 'single' },
    );
    const big = new BigInt64Array([-3n, 2n ** 40n]);
    expect([...(await runtime.spawn(twice, big as never))]).toEqual([-6, 2 ** 41]);
  });

  test('of more arrays than a GPU binds is refused with the reason', async () => {
    const { runtime, gpu } = await gpuRuntime();
    const most = gpu.gpu.device.limits.maxStorageBuffersPerShaderStage - 1;
    const names = Array.from({ length: most + 1 }, (_, i) => `a${i}`);
    const many = new Function(...names, `return ${names.join('[0] + ')}[0];`) as () => number;
    const arrays = names.map(() => new Float32Array(1));
    const task = runtime.spawn(kernel(many, { output: [1], name: 'many' }) as never, ...arrays);
    await expect(task).rejects.toThrow(`it takes ${most + 1} arrays; `);
  });

  test('goes to a thread where the GPU does not take it', async () => {
    const runtime = createTestRuntime({
      plugins: [cpuThreads({ threads: 1 }), webgpu({ adapter: 'software' })],
    });
    await runtime.ready();
    const x = array([[1.5, 2]]);
    const task = runtime.spawn(product, x, x.T, 2);
    expect((await task).toNested()).toEqual([[6.25]]);
    expect(runtime.explain(task).processor).toBe('cpu:0');
  });
});
