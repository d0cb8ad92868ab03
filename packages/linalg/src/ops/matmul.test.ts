import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rand, zeros } from '../create.js';
import type { NDArray } from '../ndarray.js';
import { plainProduct, productCases } from '../testing/products.js';
import { matmulHost } from './matmul.js';

function largestError(found: NDArray, expected: NDArray): number {
  const reference = [...expected];
  return [...found].reduce((error, value, at) => Math.max(error, Math.abs(value - reference[at]!)), 0);
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
