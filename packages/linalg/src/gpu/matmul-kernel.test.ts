import { operation } from '@poniard/core';
import { matmul, type NDArray, randn } from '@poniard/linalg';
import { type GpuArray, type GpuDevicePort, gpuImplementation } from '@poniard/proc-gpu';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { create } from 'webgpu';
import { gpuOnly, hasGpu } from '../testing/gpu.js';
import { matmulKernel, type ProductKind, SIZES, type Tile, workgroupBytes } from './matmul-kernel.js';
import { ORIENTATIONS } from './matrix-units.js';
import { padKernel } from './pad.js';
import { tilesFor } from './tiles.js';

describe.skipIf(!hasGpu)('the kernel for tiles in workgroup memory', () => {
  const on = gpuOnly();
  // Small, since a software GPU takes long to compile larger ones.
  const tile: Tile = { rows: 4, columns: 4, across: 4, down: 2, depth: 8 };
  const [m, n, k] = [20, 24, 44];

  test.each(ORIENTATIONS)(
    'gives the product, transposed %s and %s',
    async (transposeA, transposeB) => {
      const kind: ProductKind = { type: 'f32', transposeA, transposeB, fours: true };
      const product = operation('product', {
        webgpu: gpuImplementation((gpu: GpuDevicePort, x: GpuArray, y: GpuArray) => {
          const out = gpu.alloc([m, n], 'float32');
          const sizes: Record<string, number> = { m, n, k4: k / 4, k4PerSplit: k / 4, splits: 1 };
          sizes['strideA'] = x.shape[1]! / 4;
          sizes['strideB'] = y.shape[1]! / 4;
          gpu.run(
            { wgsl: matmulKernel(tile, kind) },
            {
              bindings: [x, y, out],
              workgroups: [Math.ceil(n / 16), Math.ceil(m / 8)],
              uniforms: Uint32Array.from(SIZES, (name) => sizes[name] ?? 0),
            },
          );
          return out;
        }),
      });
      const x = randn(transposeA ? [k, m] : [m, k], { seed: 1, dtype: 'float32' });
      const y = randn(transposeB ? [n, k] : [k, n], { seed: 2, dtype: 'float32' });
      const found = (await on.runtime.spawn(product as never, x, y)) as NDArray;
      const expected = [...(await matmul(x, y, { transposeA, transposeB }))];
      expect([...found].every((value, at) => Math.abs(value - expected[at]!) < 1e-4)).toBe(true);
    },
    60_000,
  );
});

describe('the kernel for every tile', () => {
  // Dawn's back end that computes nothing checks shaders as all others do, and has every feature.
  let instance: GPU;
  let device: GPUDevice;
  beforeAll(async () => {
    instance = create(['backend=null']);
    const adapter = (await instance.requestAdapter())!;
    device = await adapter.requestDevice({ requiredFeatures: ['shader-f16'] });
  });
  afterAll(() => device.destroy());

  const problemOf = async (code: string): Promise<string | undefined> => {
    device.pushErrorScope('validation');
    device.createComputePipeline({
      layout: 'auto',
      compute: { module: device.createShaderModule({ code }) },
    });
    return (await device.popErrorScope())?.message;
  };

  test('finds what is wrong with a shader', async () => {
    expect(await problemOf(padKernel('f32', 'f16'))).toBeUndefined();
    expect(await problemOf(padKernel('f32', 'f16').replace('enable f16;', ''))).toContain('f16');
  });

  const limits = { invocationsPerWorkgroup: 256, workgroupMemory: 16384 } as never;
  const tiles = [true, false].flatMap((software) => tilesFor({ limits, software }).candidates);

  test.each(tiles)(
    '$tile is valid for all types and orientations, within the least of limits',
    async ({ tile }) => {
      expect(workgroupBytes(tile)).toBeLessThanOrEqual(16384);
      for (const [transposeA, transposeB] of ORIENTATIONS) {
        for (const [type, fours, half] of [
          ['f32', true, false],
          ['i32', false, false],
          ['f32', true, true],
        ] as const) {
          const code = matmulKernel(tile, { type, transposeA, transposeB, fours, half });
          expect(await problemOf(code)).toBeUndefined();
        }
      }
    },
  );
});
