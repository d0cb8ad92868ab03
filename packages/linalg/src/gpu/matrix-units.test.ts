import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { create } from 'webgpu';
import { MatrixUnits } from './matrix-units.js';
import { blockOf, isUsable, unitsKernel } from './matrix-units-kernel.js';
import type { ComputedDType, GpuArray, GpuDevicePort } from './port.js';

const UNIT = { m: 16, n: 16, k: 16 };
const traits = { subgroupSize: 32, matrixUnits: [{ ...UNIT, factors: 'f16', result: 'f32' }] };
const LARGE = 2 ** 30;

describe('the kernel for matrix units', () => {
  // Dawn's back end that computes nothing checks shaders as all others do, and has every feature.
  let instance: GPU;
  let device: GPUDevice;
  beforeAll(async () => {
    instance = create(['backend=null', 'enable-dawn-features=allow_unsafe_apis']);
    const adapter = (await instance.requestAdapter())!;
    const requiredFeatures = ['shader-f16', 'subgroups', 'chromium-experimental-subgroup-matrix'] as never;
    device = await adapter.requestDevice({ requiredFeatures });
  });
  afterAll(() => device.destroy());

  test.each([
    [UNIT, 32],
    [{ m: 8, n: 8, k: 8 }, 32],
    [{ m: 8, n: 16, k: 16 }, 64],
  ])('is valid for units of %o and subgroups of %i, in all orientations', async (unit, subgroupSize) => {
    expect(isUsable(unit)).toBe(true);
    expect(blockOf(unit)).toEqual({ m: 64, n: 64, k: unit.k });
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        const code = unitsKernel({ unit, subgroupSize, transposeA, transposeB });
        device.pushErrorScope('validation');
        device.createComputePipeline({
          layout: 'auto',
          compute: { module: device.createShaderModule({ code }) },
        });
        expect((await device.popErrorScope())?.message).toBeUndefined();
      }
    }
  });
});

/** A device whose matrix units give what `spoil` makes of the right elements. */
function fakeGpu(spoil: (right: number) => number = (right) => right, compiles = true) {
  const uploads: { data: Float32Array; shape: readonly number[] }[] = [];
  const runs: (string | undefined)[] = [];
  const make = (shape: readonly number[], dtype: string) =>
    ({
      shape,
      dtype,
      dimension: shape.length,
      size: shape.reduce((size, extent) => size * extent, 1),
    }) as unknown as GpuArray<ComputedDType>;
  const gpu = {
    limits: { workgroupsPerDimension: 65535, storageBindings: 8 },
    device: {
      pushErrorScope() {},
      popErrorScope: async () => (compiles ? null : { message: 'no' }),
      createShaderModule: () => ({}),
      createComputePipelineAsync: async () => ({}),
    },
    alloc: make,
    reshape: ({ dtype }: GpuArray, shape: number[]) => make(shape, dtype),
    upload(data: Float32Array, shape: number[]) {
      uploads.push({ data, shape });
      return make(shape, 'float32');
    },
    kernel: (_key: string, kernel: () => { label?: string }) => kernel(),
    run: ({ label }: { label?: string }) => void runs.push(label),
    async read({ shape: [m, n] }: GpuArray) {
      const [x, y] = uploads.slice(-2) as [(typeof uploads)[0], (typeof uploads)[0]];
      const k = x.data.length / m!;
      const at = ({ data, shape: [, columns] }: typeof x, i: number, j: number, turned: boolean) =>
        data[turned ? j * columns! + i : i * columns! + j]!;
      return Float32Array.from({ length: m! * n! }, (_, index) => {
        const [i, j] = [Math.floor(index / n!), index % n!];
        let sum = 0;
        for (let l = 0; l < k; l++) sum += at(x, i, l, x.shape[0] !== m) * at(y, l, j, y.shape[1] !== n);
        return spoil(sum);
      });
    },
  } as unknown as GpuDevicePort;
  const [x, y] = [make([2, 100, 64], 'float32'), make([64, 96], 'float32')];
  const extents = { m: 100, n: 96, k: 64, stack: [2] };
  const product = { x, y, transposeA: false, transposeB: false, extents, shape: [2, 100, 96] };
  return { gpu, product, runs };
}

describe('matrix units', () => {
  test('are used once they have multiplied right, by whole blocks', async () => {
    const units = new MatrixUnits(traits);
    const { gpu, product, runs } = fakeGpu();
    expect(units.wanted(LARGE)).toBe(true);
    const first = units.multiply(gpu, product);
    expect(first).toBeInstanceOf(Promise);
    // Others do without meanwhile.
    expect(units.multiply(gpu, product)).toBeUndefined();
    expect((await first)?.shape).toEqual([2, 100, 96]);
    runs.length = 0;
    expect(units.multiply(gpu, product)).toMatchObject({ shape: [2, 100, 96], dtype: 'float32' });
    // Both factors are padded, and what is too much of the result is cut off.
    expect(runs).toEqual(['pad', 'pad', 'matmul', 'matmul']);
  });

  test.each([
    ['multiply wrongly', fakeGpu((right) => right + 1)],
    ['give NaN', fakeGpu(() => Number.NaN)],
    ['do not compile', fakeGpu(undefined, false)],
  ])('that %s are left alone', async (_, { gpu, product }) => {
    const units = new MatrixUnits(traits);
    expect(await units.multiply(gpu, product)).toBeUndefined();
    expect(units.wanted(LARGE)).toBe(false);
    expect(units.multiply(gpu, product)).toBeUndefined();
  });

  test('are not wanted for small products, nor where they are of no use', () => {
    expect(new MatrixUnits(traits).wanted(1000)).toBe(false);
    expect(new MatrixUnits({ subgroupSize: 32, matrixUnits: [] }).wanted(LARGE)).toBe(false);
    expect(new MatrixUnits({ ...traits, subgroupSize: undefined }).wanted(LARGE)).toBe(false);
    const other = [{ m: 16, n: 16, k: 16, factors: 'u8', result: 'u32' }];
    expect(new MatrixUnits({ subgroupSize: 32, matrixUnits: other }).wanted(LARGE)).toBe(false);
    const odd = [{ m: 12, n: 16, k: 16, factors: 'f16', result: 'f32' }];
    expect(new MatrixUnits({ subgroupSize: 32, matrixUnits: odd }).wanted(LARGE)).toBe(false);
  });
});
