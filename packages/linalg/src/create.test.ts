import { describe, expect, expectTypeOf, test } from 'vitest';
import { array, fromFunction, ones, rand, randn, zeros } from './create.js';
import type { NDArray } from './ndarray.js';

describe('array', () => {
  test('takes lists, as deep as they are', () => {
    expect(array([[[1], [2]]]).shape).toEqual([1, 2, 1]);
    expect(array(5).shape).toEqual([]);
    expect(array([]).shape).toEqual([0]);
    expect(array([[], []]).shape).toEqual([2, 0]);
    expect(
      array(
        [
          [1, 2],
          [3, 4],
        ],
        [4],
      ).toNested(),
    ).toEqual([1, 2, 3, 4]);
  });

  test('takes the type of a typed array, and that of dtype for lists', () => {
    expect(array(new Uint8Array([1, 2])).dtype).toBe('uint8');
    expect(array([1.5, 2], undefined, 'int32').toNested()).toEqual([1, 2]);
    expect(array([1, 2], undefined, { dtype: 'float32' }).dtype).toBe('float32');
    expect(array(Buffer.from([7, 8])).toNested()).toEqual([7, 8]);
  });

  test('copies ordinary memory to shared memory, and shows shared memory as it is', () => {
    const ordinary = Float32Array.of(1, 2);
    const copied = array(ordinary);
    ordinary[0] = 9;
    expect([copied.data.buffer instanceof SharedArrayBuffer, copied.get(0)]).toEqual([true, 1]);
    const shared = new Float32Array(new SharedArrayBuffer(8));
    expect(array(shared).data).toBe(shared);
    expect(array(shared, [2], 'float64').data).not.toBe(shared);
  });

  test('copies an NDArray', () => {
    const x = array([1, 2]);
    const y = array(x, [2, 1], 'int32');
    x.set(0, 5);
    expect([y.dtype, y.toNested()]).toEqual(['int32', [[1], [2]]]);
  });

  test.each<[string, () => unknown, string]>([
    ['a shorter list', () => array([[1, 2], [3]]), 'a list of 1 stands where one of 2 was expected'],
    ['a number among lists', () => array([[1], 2]), 'a number stands where a list of 1 was expected'],
    [
      'a list among numbers',
      () => array([1, [2]] as never),
      'a list of 1 stands where a number was expected',
    ],
    ['text', () => array(['1'] as never), 'array: entries are numbers, not string'],
    ['null', () => array([null] as never), 'not null'],
    ['too few elements', () => array([1, 2, 3], [2, 2]), 'array: 3 elements do not fill shape [2, 2]'],
    ['a type it lacks', () => array(new Int16Array(1) as never), 'no element type for Int16Array'],
    ['an unknown dtype', () => array([1], [1], 'float16' as never), 'array: no element type "float16"'],
    ['a wrong shape', () => zeros([2, -1]), 'zeros: -1 in [2, -1] is not an extent'],
    ['no shape', () => zeros('2' as never), 'zeros: a shape is a list of extents'],
    ['a shape too large', () => zeros([2 ** 20, 2 ** 20]), 'at most 2^32'],
  ])('refuses %s', (_, make, message) => {
    expect(make).toThrow(message);
  });

  test('its type follows from the arguments', () => {
    expectTypeOf(array([[1]])).toEqualTypeOf<NDArray<'float64'>>();
    expectTypeOf(array(new Float32Array(1))).toEqualTypeOf<NDArray<'float32'>>();
    expectTypeOf(array([1], [1], 'int32')).toEqualTypeOf<NDArray<'int32'>>();
    expectTypeOf(zeros([1])).toEqualTypeOf<NDArray<'float64'>>();
    expectTypeOf(zeros([1], 'uint8').data).toEqualTypeOf<Uint8Array>();
    expectTypeOf(rand([1], { dtype: 'float32' })).toEqualTypeOf<NDArray<'float32'>>();
    expect(array(1).get()).toBe(1);
  });
});

test('zeros, ones and fromFunction fill', () => {
  expect(zeros([2, 2], 'int32').toNested()).toEqual([
    [0, 0],
    [0, 0],
  ]);
  expect(ones(2, { dtype: 'uint8' }).toNested()).toEqual([1, 1]);
  expect(fromFunction([2, 3], (i, j) => i - j, 'int32').toNested()).toEqual([
    [0, -1, -2],
    [1, 0, -1],
  ]);
  expect(fromFunction([], () => 3).toNested()).toBe(3);
  expect(fromFunction([0, 2], () => 3).toNested()).toEqual([]);
});

describe('rand and randn', () => {
  test('a seed gives the same numbers, always', () => {
    expect(rand(3, { seed: 1 }).toNested()).toEqual(rand(3, { seed: 1 }).toNested());
    expect(rand(3, { seed: 1 }).toNested()).not.toEqual(rand(3, { seed: 2 }).toNested());
    expect(rand(3).toNested()).not.toEqual(rand(3).toNested());
  });

  test.each(['float32', 'float64'] as const)('rand %s is uniform from 0 to below 1', (dtype) => {
    const values = [...rand(100_000, { dtype, seed: 3 })];
    expect(Math.min(...values.slice(0, 50_000))).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values.slice(0, 50_000))).toBeLessThan(1);
    expect(moments(values)).toEqual([expect.closeTo(0.5, 2), expect.closeTo(1 / 12, 2)]);
  });

  test('randn has mean 0 and variance 1', () => {
    const values = [...randn(100_001, { seed: 4 })];
    expect(moments(values)).toEqual([expect.closeTo(0, 1), expect.closeTo(1, 1)]);
    expect(values.filter((value) => Math.abs(value) < 1).length / values.length).toBeCloseTo(0.6827, 2);
  });

  test('other types and seeds are refused', () => {
    expect(() => rand(2, { dtype: 'int32' as never })).toThrow('rand: makes float32 or float64, not int32');
    expect(() => randn(2, { seed: 0.5 })).toThrow('randn: a seed is a whole number, not 0.5');
  });
});

function moments(values: number[]): [mean: number, variance: number] {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return [mean, values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length];
}
