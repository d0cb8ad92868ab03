import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ones, rand, zeros } from '../create.js';
import type { DType } from '../dtype.js';
import type { NDArray } from '../ndarray.js';
import { sizeOf } from '../shapes.js';
import { plainProduct, productCases } from '../testing/products.js';
import { matmulHost } from './matmul.js';
import type { MatmulOptions } from './product.js';

function largestError(found: NDArray, expected: NDArray): number {
  const reference = [...expected];
  return [...found].reduce((error, value, at) => Math.max(error, Math.abs(value - reference[at]!)), 0);
}

/** An array of this shape and type in the middle of a larger one that is full of ones. */
function within(shape: readonly number[], dtype: DType): NDArray {
  const size = sizeOf(shape);
  return ones([size + 20], dtype)
    .slice([10, 10 + size])
    .reshape(...shape);
}

describe('matmul', () => {
  test('agrees with the plain loop, for all layouts, orientations and types', async () => {
    await fc.assert(
      fc.asyncProperty(
        productCases(40, ['float32', 'float64', 'int32', 'uint8']),
        async ({ x, y, options }) => {
          const expected = plainProduct(options.transposeA ? x.T : x, options.transposeB ? y.T : y);
          const found = await matmulHost(x, y, options);
          expect([found.dtype, found.shape]).toEqual([expected.dtype, expected.shape]);
          expect([...found]).toEqual([...expected]);
        },
      ),
    );
  });

  test.each([
    [400, 400, 400],
    [257, 129, 65],
    [1, 333, 511],
    [511, 1, 333],
    [333, 511, 1],
  ])('of random %i × %i by %i is right to rounding', async (m, k, n) => {
    const x = rand([m, k], { seed: 1 });
    const y = rand([k, n], { seed: 2 });
    const expected = plainProduct(x, y);
    expect(largestError(await matmulHost(x, y), expected)).toBeLessThan(1e-12 * k);
    const single = await matmulHost(x.astype('float32'), y.astype('float32'));
    expect(largestError(single, expected)).toBeLessThan(1e-6 * k);
  });

  test('writes to out, all of it and nothing else, and gives it back', async () => {
    await fc.assert(
      fc.asyncProperty(
        productCases(40, ['float32', 'float64', 'int32', 'uint8']),
        async ({ x, y, options }) => {
          const expected = await matmulHost(x, y, options);
          const out = within(expected.shape, expected.dtype);
          const found = await matmulHost(x, y, { ...options, out });
          expect([found.data, found.shape, found.offset]).toEqual([out.data, expected.shape, out.offset]);
          expect([...found]).toEqual([...expected]);
          const around = [...out.data.subarray(0, 10), ...out.data.subarray(10 + out.size)];
          expect(around).toEqual(new Array(20).fill(1));
        },
      ),
    );
  });

  test('writes stacks and products of vectors to out', async () => {
    const stack = rand([3, 4, 5], { seed: 4 });
    const vector = rand([5], { seed: 5 });
    const products: [NDArray<'float64'>, NDArray<'float64'>, MatmulOptions][] = [
      [stack, stack, { transposeB: true }],
      [stack, vector, {}],
      [vector, vector, {}],
    ];
    for (const [x, y, options] of products) {
      const expected = await matmulHost(x, y, options);
      const out = zeros(expected.shape);
      expect((await matmulHost(x, y, { ...options, out })).shape).toEqual(expected.shape);
      expect(out.toNested()).toEqual(expected.toNested());
    }
  });

  test('out may lie beside a factor in memory', async () => {
    const memory = rand([2, 10, 10], { seed: 6 });
    const [x, out] = [memory.slice(0), memory.slice(1)];
    const expected = await matmulHost(x, x);
    await matmulHost(x, x, { out });
    expect(out.toNested()).toEqual(expected.toNested());
  });

  test.each<[string, NDArray, string]>([
    ['another shape', zeros([2, 3]), 'matmul: out is float64 [2, 3], and the result float64 [2, 2]'],
    [
      'another type',
      zeros([2, 2], 'float32'),
      'matmul: out is float32 [2, 2], and the result float64 [2, 2]',
    ],
    ['another order', zeros([2, 2]).T, 'matmul: out has gaps or another order'],
    ['gaps', zeros([4, 4]).slice([0, 2], [0, 2]), 'matmul: out has gaps or another order'],
    ['no array', [[0]] as never, 'matmul: out is an NDArray (see array()), not a list'],
  ])('refuses an out of %s', async (_, out, message) => {
    await expect(matmulHost(ones([2, 3]), ones([3, 2]), { out })).rejects.toThrow(message);
  });

  test('refuses an out that overlaps a factor', async () => {
    const memory = zeros([6]);
    const x = memory.slice([4, 0, -1]).reshape(2, 2);
    const out = memory.slice([2, 6]).reshape(2, 2);
    for (const factors of [
      [out, zeros([2, 2])],
      [zeros([2, 2]), memory.slice([0, 4]).reshape(2, 2)],
      [memory.slice([0, 4]).reshape(2, 2).step(-1, -1), x],
    ] as const) {
      await expect(matmulHost(...factors, { out })).rejects.toThrow('out shares memory with an operand');
    }
  });

  test('reads a private copy as well', async () => {
    const x = rand([20, 20], { seed: 3 });
    expect((await matmulHost(x.copy(), x.copy())).toNested()).toEqual((await matmulHost(x, x)).toNested());
  });

  test.each<[string, () => Promise<unknown>, string]>([
    [
      'shapes',
      () => matmulHost(zeros([2, 3]), zeros([2, 3])),
      'matmul: shapes of float64 [2, 3] and float64 [2, 3] do not fit: 3 columns meet 2 rows',
    ],
    [
      'transposed shapes',
      () => matmulHost(zeros([2, 3]), zeros([3, 2]), { transposeA: true }),
      '2 columns meet 3 rows, x transposed',
    ],
    [
      'stacks',
      () => matmulHost(zeros([2, 1, 1]), zeros([3, 1, 1])),
      'the axes before the last two do not stretch',
    ],
    [
      'types',
      () => matmulHost(zeros([2, 2], 'float32'), zeros([2, 2]) as never),
      'do not mix: convert one with astype',
    ],
    [
      'single numbers',
      () => matmulHost(zeros([]), zeros([2, 2])),
      'a single number has no matrix product; use scale or mul',
    ],
    [
      'lists',
      () => matmulHost([[1]] as never, zeros([1, 1])),
      'matmul: x is an NDArray (see array()), not a list',
    ],
  ])('refuses %s that do not fit', async (_, run, message) => {
    await expect(run()).rejects.toThrow(message);
  });
});
