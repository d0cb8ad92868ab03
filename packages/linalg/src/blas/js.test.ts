import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gemmCases, isRight } from '../testing/gemm-cases.js';
import { verifyBlas } from './check.js';
import { jsBlas, jsGemm } from './js.js';

test('JavaScript multiplies rightly in all orientations, also odd extents', async () => {
  await fc.assert(
    fc.asyncProperty(gemmCases(20), async (generated) => {
      expect(await isRight(jsBlas(), generated)).toBe(true);
    }),
  );
});

test('and across the edges of its blocks', async () => {
  await fc.assert(
    fc.asyncProperty(gemmCases(300), async (generated) => {
      expect(await isRight(jsBlas(), generated)).toBe(true);
    }),
    { numRuns: 10 },
  );
});

test('float32 sums are kept in float64 and rounded once', () => {
  const k = 1000;
  const a = { data: new Float32Array(k).fill(1), ld: k, transposed: false };
  const b = { data: new Float32Array(k).fill(Math.fround(0.1)), ld: 1, transposed: false };
  a.data[0] = 2 ** 24;
  const c = { data: new Float32Array(1), ld: 1 };
  jsGemm({ dtype: 'float32', m: 1, n: 1, k, a, b, c });
  expect(c.data[0]).toBe(Math.fround((2 ** 24 + k - 1) * Math.fround(0.1)));
});

test('it passes the self-check', async () => {
  await expect(verifyBlas(jsBlas())).resolves.toBeUndefined();
});
