import fc from 'fast-check';
import { expect, test } from 'vitest';
import { array, rand } from '../create.js';
import { asHalf } from './half.js';
import { matmulHost } from './matmul.js';

/** All finite halves that are not negative, in order. */
const HALVES = Array.from({ length: 0x7c00 }, (_, bits) => {
  const [exponent, fraction] = [bits >> 10, bits & 1023];
  return exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
});
const rounded = (...values: number[]) => [...asHalf(array(values, [values.length], 'float32'))];

test('numbers of half precision stay what they are', () => {
  expect(rounded(...HALVES)).toEqual(HALVES);
  const negative = HALVES.map((half) => -half);
  expect(rounded(...negative).every((value, at) => value === negative[at])).toBe(true);
});

test('others become the nearest, and of two the even one', () => {
  const between = HALVES.slice(1).map((half, at) => (half + HALVES[at]!) / 2);
  expect(rounded(...between)).toEqual(between.map((_, at) => HALVES[at + (at % 2)]));
  fc.assert(
    fc.property(fc.float({ min: 0, max: 65504, noNaN: true }), (value) => {
      const [found] = rounded(value) as [number];
      const above = HALVES.findIndex((half) => half >= value);
      const near = [HALVES[above]!, HALVES[Math.max(0, above - 1)]!];
      expect(Math.abs(found - value)).toBe(Math.min(...near.map((half) => Math.abs(half - value))));
    }),
  );
});

test('what is too large becomes infinite; NaN and infinities stay', () => {
  const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
  expect(rounded(65519, 65520, -1e30, inf, -inf, nan)).toEqual([65504, inf, -inf, inf, -inf, nan]);
});

test('a product of half precision is that of its rounded factors, added up in float32', async () => {
  const x = rand([5, 7], { seed: 1 });
  const found = await matmulHost(x, x, { transposeB: true, precision: 'half' });
  expect(found.dtype).toBe('float32');
  const expected = await matmulHost(asHalf(x), asHalf(x), { transposeB: true });
  expect([...found]).toEqual([...expected]);
  expect([...found]).not.toEqual([...(await matmulHost(x, x, { transposeB: true, precision: 'single' }))]);
});
