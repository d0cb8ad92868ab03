import fc from 'fast-check';
import { expect, test } from 'vitest';
import { naturalLog, splitmix64, Xoshiro128 } from './random.js';

test('xoshiro128++ gives the numbers of the reference program', () => {
  const random = new Xoshiro128(1, 2, 3, 4);
  const found = Array.from({ length: 10 }, () => random.next() >>> 0);
  expect(found).toEqual([
    641, 1573767, 3222811527, 3517856514, 836907274, 4247214768, 3867114732, 1355841295, 495546011, 621204420,
  ]);
});

test('splitmix64 gives the numbers of the reference program', () => {
  const words = splitmix64(1234567n);
  const found = Array.from({ length: 5 }, () => words.next().value);
  expect(found).toEqual([
    6457827717110365317n,
    3203168211198807973n,
    9817491932198370423n,
    4593380528125082431n,
    16408922859458223821n,
  ]);
});

test('a seeded generator starts with the same numbers on every platform', () => {
  const random = Xoshiro128.seeded(42);
  expect([random.double(), random.double(), random.double()]).toMatchInlineSnapshot(`
    [
      0.6155444861226248,
      0.38001480944542465,
      0.7745493794146345,
    ]
  `);
});

test('its own logarithm is that of Math.log to the last bits', () => {
  const positive = fc.double({ min: 2 ** -104, max: 1, noNaN: true });
  fc.assert(
    fc.property(positive, (x) => {
      const expected = Math.log(x);
      expect(Math.abs(naturalLog(x) - expected)).toBeLessThanOrEqual(4e-16 * Math.max(1, Math.abs(expected)));
    }),
  );
});
