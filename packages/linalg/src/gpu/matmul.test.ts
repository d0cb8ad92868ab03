import { createRuntime, operation, SchedulingError, scope } from '@poniard/core';
import { array, type MatmulOptions, matmul, NDArray, rand, randn, zeros } from '@poniard/linalg';
import { cpuThreads } from '@poniard/proc-cpu';
import { type GpuArray, type GpuDevicePort, gpuImplementation, webgpu, wgsl } from '@poniard/proc-gpu';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DType } from '../dtype.js';
import type { NDArray as Generated } from '../ndarray.js';
import { gpuOnly, hasGpu } from '../testing/gpu.js';
import { plainProduct, productCases } from '../testing/products.js';
import { makeMatmul } from './matmul.js';
import type { TileCosts, TileStore } from './tuning.js';

/** Generated arrays are of the source's class; users have the package's. */
function asPublic({ data, shape, strides, offset }: Generated): NDArray {
  return new NDArray(data, shape, strides, offset);
}

function plainIn64(x: NDArray, y: NDArray): NDArray {
  return asPublic(plainProduct(x.astype('float64') as never, y.astype('float64') as never));
}

/** The largest difference, relative to the largest element. */
function relativeError(found: NDArray, expected: NDArray): number {
  const [a, b] = [[...found], [...expected]];
  const largest = (list: number[]) => list.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return largest(a.map((value, at) => value - b[at]!)) / largest(b);
}

describe.skipIf(!hasGpu)('matmul on a GPU', () => {
  const on = gpuOnly();
  const product = <D extends DType>(x: NDArray<D>, y: NDArray<D>, options?: MatmulOptions) =>
    on.runtime.spawn(matmul, x, y, options) as PromiseLike<NDArray>;

  test('agrees with the plain loop, for all layouts, orientations and types', async () => {
    await fc.assert(
      fc.asyncProperty(productCases(21, ['float32', 'int32']), async ({ x, y, options }) => {
        const expected = plainProduct(options.transposeA ? x.T : x, options.transposeB ? y.T : y);
        const found = await product(asPublic(x), asPublic(y), options);
        expect([found.dtype, found.shape]).toEqual([expected.dtype, expected.shape]);
        expect([...found]).toEqual([...expected]);
      }),
      { numRuns: 30 },
    );
    // Each kind of product compiles a kernel, which takes a software GPU half a second where others work too.
  }, 60_000);

  test.each([
    [128, 128, 128],
    [67, 129, 65],
    [1, 333, 51],
    [51, 1, 33],
    [333, 51, 1],
    [5, 1000, 3],
    [2, 200_000, 2],
  ])('of random %i × %i by %i is within 1e-5 of float64', async (m, k, n) => {
    const x = rand([m, k], { seed: 1, dtype: 'float32' });
    const y = rand([k, n], { seed: 2, dtype: 'float32' });
    const expected = plainIn64(x, y);
    expect(relativeError(await product(x, y), expected)).toBeLessThan(1e-5);
  });

  test('of vectors and of stacks has the shapes and elements that the host gives', async () => {
    const shapes: [number[], number[]][] = [
      [[5], [5]],
      [[5], [5, 3]],
      [[3, 5], [5]],
      [[4, 3, 5], [5]],
      [
        [4, 3, 5],
        [5, 2],
      ],
      [[5], [4, 5, 2]],
      [
        [4, 3, 5],
        [4, 5, 2],
      ],
      [
        [2, 1, 3, 4],
        [3, 4, 8],
      ],
      [
        [2, 1, 3, 5],
        [1, 3, 5, 2],
      ],
      [
        [3, 4],
        [2, 3, 4, 4],
      ],
      [
        [0, 3, 4],
        [4, 4],
      ],
    ];
    for (const [shapeX, shapeY] of shapes) {
      const x = rand(shapeX, { seed: 1, dtype: 'float32' });
      const y = rand(shapeY, { seed: 2, dtype: 'float32' });
      const [found, expected] = await Promise.all([product(x, y), matmul(x, y)]);
      expect(found.shape).toEqual(expected.shape);
      [...expected].forEach((value, at) => {
        expect([...found][at]).toBeCloseTo(value, 5);
      });
    }
    const x = rand([2, 5, 3], { seed: 3, dtype: 'float32' });
    const y = rand([2, 6, 5], { seed: 4, dtype: 'float32' });
    const both = { transposeA: true, transposeB: true };
    const [found, expected] = await Promise.all([product(x, y, both), matmul(x, y, both)]);
    expect(relativeError(found, expected)).toBeLessThan(1e-5);
  });

  test('keeps NaN and infinities where they belong, also beside an edge', async () => {
    const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
    const x = array(
      [
        [1, nan, 0, 0, 1],
        [1, 1, 1, 1, 1],
        [inf, 0, 0, 0, 1],
      ],
      [3, 5],
      'float32',
    );
    const y = array(
      [
        [1, 2],
        [1, 1],
        [1, 1],
        [1, 1],
        [-inf, 1],
      ],
      [5, 2],
      'float32',
    );
    expect((await product(x, y)).toNested()).toEqual([
      [nan, nan],
      [-inf, 6],
      [nan, inf],
    ]);
  });

  test('of nothing is zeros; of no rows is empty', async () => {
    expect((await product(zeros([2, 0], 'float32'), zeros([0, 3], 'float32'))).toNested()).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect((await product(zeros([0, 2], 'float32'), zeros([2, 3], 'float32'))).shape).toEqual([0, 3]);
  });

  test('of int32 wraps around as on the host, also where it is split', async () => {
    const x = array([2 ** 31 - 1, 65537, -3, 7], [2, 2], 'int32');
    expect((await product(x, x)).toNested()).toEqual((await matmul(x, x)).toNested());
    const long = randn([3, 1100], { seed: 7 }).astype('int32');
    const both = { transposeB: true };
    expect((await product(long, long, both)).toNested()).toEqual((await matmul(long, long, both)).toNested());
  });

  test('refuses what does not fit with the errors of the host', async () => {
    const wrong = (x: NDArray, y: NDArray) => product(x, y);
    await expect(wrong(zeros([2, 3], 'float32'), zeros([2, 3], 'float32'))).rejects.toThrow(
      'matmul: shapes of float32 [2, 3] and float32 [2, 3] do not fit: 3 columns meet 2 rows',
    );
    await expect(wrong(zeros([2, 2], 'float32'), zeros([2, 2], 'int32'))).rejects.toThrow('do not mix');
    await expect(wrong(zeros([], 'float32'), zeros([2, 2], 'float32'))).rejects.toThrow('use scale or mul');
  });

  test('of float64 is refused with a way out, and taken with precision: single', async () => {
    const x = rand([6, 6], { seed: 5 });
    await expect(product(x, x)).rejects.toMatchObject({ cause: expect.any(SchedulingError) });
    await expect(product(x, x)).rejects.toThrow(/argument 1 is float64/);
    const single = await on.runtime.spawn(matmul, x, x, { precision: 'single' });
    expect(single.dtype).toBe('float32');
    expect(relativeError(single, plainIn64(x, x))).toBeLessThan(1e-6);
  });
});

describe.skipIf(!hasGpu)('matmul with tiles in workgroup memory', () => {
  const on = gpuOnly();

  test('agrees with the plain loop, also where it is split along k', async () => {
    // Smaller than those for GPUs, since a software GPU takes long to compile them.
    const tile = { rows: 4, columns: 4, across: 4, down: 2, depth: 8 };
    const store: TileStore = { read: async () => undefined, write: async () => {} };
    const product = makeMatmul(store, () => ({ candidates: [{ tile, cost: 1 }], workgroups: 16 }));
    const shared = operation('shared', { webgpu: gpuImplementation(product) });
    const options = { transposeB: true };
    const long = randn([5, 1030], { seed: 8 }).astype('int32');
    const found = (await on.runtime.spawn(shared as never, long, long, options)) as NDArray;
    expect(found.toNested()).toEqual((await matmul(long, long, options)).toNested());
    await fc.assert(
      fc.asyncProperty(productCases(45, ['float32']), async ({ x, y, options }) => {
        const expected = plainProduct(options.transposeA ? x.T : x, options.transposeB ? y.T : y);
        const found = await on.runtime.spawn(shared as never, asPublic(x), asPublic(y), options);
        expect([...(found as NDArray)]).toEqual([...expected]);
      }),
      { numRuns: 20 },
    );
  }, 60_000);
});

describe.skipIf(!hasGpu)('the first large product on a GPU', () => {
  const on = gpuOnly();

  test('finds out which tile is the fastest, and is right', async () => {
    const written: TileCosts[] = [];
    const store: TileStore = {
      read: async () => undefined,
      write: async (_, costs) => void written.push(costs),
    };
    const product = makeMatmul(store);
    let trials = 0;
    const tuned = operation('tuned', {
      // As if it were a GPU, but only with tiles that a software GPU compiles quickly.
      webgpu: gpuImplementation((gpu: GpuDevicePort, x: GpuArray, y: GpuArray) => {
        const limits = { ...gpu.limits, workgroupMemory: 0 };
        const measure = async (record: () => void) => {
          record();
          return 2000 + trials++;
        };
        return product(Object.create(gpu, values({ software: false, limits, measure })), x, y);
      }),
    });
    const x = rand([512, 256], { seed: 1, dtype: 'float32' });
    const y = rand([256, 512], { seed: 2, dtype: 'float32' });
    const found = (await on.runtime.spawn(tuned as never, x, y)) as NDArray;
    expect(relativeError(found, await matmul(x, y))).toBeLessThan(1e-5);
    expect(written.map((costs) => Object.values(costs))).toEqual([[2001, 2002]]);
    await on.runtime.spawn(tuned as never, x, y).wait();
    expect(trials).toBe(3);
  });
});

const values = (of: object) => Object.fromEntries(Object.entries(of).map(([key, value]) => [key, { value }]));

describe.skipIf(!hasGpu)('matmul where there are threads and a GPU', () => {
  test('stays on threads for float64, and may use either for float32 and with precision: single', async () => {
    await using runtime = createRuntime({
      plugins: [cpuThreads({ threads: 1 }), webgpu({ adapter: 'software' })],
    });
    await runtime.ready();
    const x = rand([8, 8], { seed: 6 });
    const double = await runtime.spawn(matmul, x, x);
    expect(double.dtype).toBe('float64');
    const single = await runtime.spawn(matmul, x, x, { precision: 'single' });
    expect(single.dtype).toBe('float32');
    const host = await matmul(x, x, { precision: 'single' });
    expect(host.dtype).toBe('float32');
    expect(relativeError(single, host)).toBeLessThan(1e-6);
  });

  test('what the GPU made in a type that it does not multiply goes to threads', async () => {
    const plugins = [cpuThreads({ threads: 1 }), webgpu({ adapter: 'software' })];
    await using runtime = createRuntime({ plugins });
    await runtime.ready();
    const counts = wgsl(
      `@group(0) @binding(0) var<storage, read_write> y: array<u32>;
       @compute @workgroup_size(4) fn main(@builtin(global_invocation_id) id: vec3u) { y[id.x] = id.x; }`,
      { bindings: [], result: { type: 'array<u32>', shape: [2, 2] }, workgroups: [1] },
    );
    const x = runtime.spawn(counts);
    expect([...(await runtime.spawn(matmul, x, x))]).toEqual([2, 3, 6, 11]);
  });

  test('a product with out is computed on threads', async () => {
    const plugins = [cpuThreads({ threads: 1 }), webgpu({ adapter: 'software' })];
    await using runtime = createRuntime({ plugins });
    await runtime.ready();
    const x = rand([8, 8], { seed: 6, dtype: 'float32' });
    const out = zeros([8, 8], 'float32');
    await runtime.spawn(matmul, x, x, { out });
    expect([...out]).toEqual([...(await matmul(x, x))]);
    const onGpu = runtime.spawn.with({ scope: scope({ gpu: 0 }) }, matmul, x, x, { out });
    await expect(onGpu).rejects.toThrow(/written to out, which is on the host/);
  });

  test('precision: half is computed on threads where the GPU has no shader-f16', async () => {
    const plugins = [cpuThreads({ threads: 1 }), webgpu({ adapter: 'software' })];
    await using runtime = createRuntime({ plugins });
    await runtime.ready();
    const x = rand([8, 8], { seed: 6 });
    const half = await runtime.spawn(matmul, x, x, { precision: 'half' });
    expect([...half]).toEqual([...(await matmul(x, x, { precision: 'half' }))]);
    const onGpu = runtime.spawn.with({ scope: scope({ gpu: 0 }) }, matmul, x, x, { precision: 'half' });
    await expect(onGpu).rejects.toThrow(/lacks shader-f16, which precision 'half' needs/);
  });

  test('precision: single is for floats', async () => {
    const x = zeros([2, 2], 'int32');
    await expect(matmul(x, x, { precision: 'single' })).rejects.toThrow("precision 'single' is for floats");
    await expect(matmul(x, x, { precision: 'half' })).rejects.toThrow("precision 'half' is for floats");
    await expect(matmul(x, x, { precision: 'double' as never })).rejects.toThrow(
      "precision is 'single', 'half' or not given",
    );
  });
});
