import { inspect } from 'node:util';
import { valueCodec } from '@poniard/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { array, fromFunction, zeros } from './create.js';
import type { DType } from './dtype.js';
import { NDArray, type Nested } from './ndarray.js';

const counted = (...shape: number[]) =>
  array(
    Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
    shape,
  );

describe('elements', () => {
  test('are found by their indices, and written there', () => {
    const x = counted(2, 3);
    expect(x.get(1, 2)).toBe(5);
    expect(x.index(1, 0)).toBe(3);
    expect(x.set(1, 2, 50)).toBe(50);
    expect(x.data[5]).toBe(50);
    expect([x.size, x.dimension, x.bytes]).toEqual([6, 2, 48]);
  });

  test('are refused outside, with the axis named', () => {
    const x = counted(2, 3);
    expect(() => x.get(0, 3)).toThrow(new RangeError('no index 3 on axis 1, which has 3'));
    expect(() => x.get(-1, 0)).toThrow('no index -1 on axis 0');
    expect(() => x.get(1)).toThrow(new RangeError('an array of 2 axes takes 2 indices, not 1'));
    expect(() => x.get(Number.NaN, 0)).toThrow(RangeError);
  });

  test('come in row-major order, whatever the strides', () => {
    expect([...counted(2, 3).T]).toEqual([0, 3, 1, 4, 2, 5]);
    expect([...array(7)]).toEqual([7]);
    expect([...zeros([0, 3])]).toEqual([]);
  });
});

describe('a geometry that leaves its data is refused', () => {
  test.each<[number[], number[], number]>([
    [[2, 3], [3, 1], 1],
    [[2], [-1], 0],
    [[7], [1], 0],
    [[2], [1.5], 0],
    [[1], [1], 6],
  ])('shape %j with strides %j from %j', (shape, strides, offset) => {
    expect(() => new NDArray(new Float64Array(6), shape, strides, offset)).toThrow(RangeError);
  });

  test('and so are other kinds of data and unfit strides', () => {
    expect(() => new NDArray(new Int8Array(2) as never)).toThrow('not Int8Array');
    expect(() => new NDArray([1, 2] as never)).toThrow(TypeError);
    expect(() => new NDArray(new Uint8Array(4), [2, 2], [1])).toThrow('2 axes need as many strides, not 1');
    expect(() => new NDArray(new Uint8Array(4), [-2])).toThrow('-2 in [-2] is not an extent');
  });

  test('while a reversed one that stays inside is not', () => {
    expect(new NDArray(Float64Array.of(1, 2, 3), [3], [-1], 2).toNested()).toEqual([3, 2, 1]);
  });
});

describe('views', () => {
  const x = counted(3, 4);

  test('share their elements', () => {
    const y = counted(3, 4);
    y.transpose().set(1, 2, -1);
    expect(y.get(2, 1)).toBe(-1);
  });

  test.each<[string, NDArray, Nested]>([
    [
      'T',
      x.T,
      [
        [0, 4, 8],
        [1, 5, 9],
        [2, 6, 10],
        [3, 7, 11],
      ],
    ],
    ['slice of one row', x.slice(1), [4, 5, 6, 7]],
    ['slice of one column', x.slice(null, -1), [3, 7, 11]],
    ['slice to a single element', x.slice(2, 2), 10],
    [
      'slice start:stop',
      x.slice([1, 3], [1, -1]),
      [
        [5, 6],
        [9, 10],
      ],
    ],
    [
      'slice with a step',
      x.slice([null, null, 2], [null, null, 3]),
      [
        [0, 3],
        [8, 11],
      ],
    ],
    ['slice reversed', x.slice(0, [null, null, -1]), [3, 2, 1, 0]],
    ['slice reversed in part', x.slice(0, [2, 0, -1]), [2, 1]],
    ['slice beyond the end', x.slice(0, [2, 99]), [2, 3]],
    ['slice of nothing', x.slice(0, [3, 1]), []],
    ['pick', x.pick(null, 1), [1, 5, 9]],
    [
      'lo',
      x.lo(1, 2),
      [
        [6, 7],
        [10, 11],
      ],
    ],
    ['hi', x.hi(2, 1), [[0], [4]]],
    ['lo and hi', x.lo(1, 1).hi(1, 2), [[5, 6]]],
    [
      'step',
      x.step(2, -1),
      [
        [3, 2, 1, 0],
        [11, 10, 9, 8],
      ],
    ],
    ['transpose by order', x.transpose(0, 1), x.toNested()],
    [
      'reshape',
      x.reshape(2, -1),
      [
        [0, 1, 2, 3, 4, 5],
        [6, 7, 8, 9, 10, 11],
      ],
    ],
    ['reshape of a transpose', x.T.reshape(12), [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]],
  ])('%s', (_, view, expected) => {
    expect(view.toNested()).toEqual(expected);
  });

  test.each<[string, () => unknown, string]>([
    ['slice position', () => x.slice(3), 'no position 3 on axis 0, which has 3'],
    ['slice step', () => x.slice([0, 1, 0]), 'a step cannot be 0'],
    ['slice fraction', () => x.slice([0.5]), 'positions are whole numbers'],
    ['too many axes', () => x.slice(0, 0, 0), '3 axes given for an array of shape [3, 4]'],
    ['transpose order', () => x.transpose(0, 0), 'does not name each of 2 axes once'],
    ['transpose axis', () => x.transpose(0, 2), 'no axis 2'],
    ['reshape', () => x.reshape(5, -1), '12 elements of [3, 4] do not fill [5, -1]'],
  ])('of a wrong %s are refused', (_, make, message) => {
    expect(make).toThrow(message);
  });

  test('slices take the positions that Python takes', () => {
    const end = fc.option(fc.integer({ min: -7, max: 7 }), { nil: null });
    const step = fc.integer({ min: -3, max: 3 }).filter((value) => value !== 0);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 6 }), end, end, step, (extent, start, stop, by) => {
        const line = counted(extent);
        expect(line.slice([start, stop, by]).toNested()).toEqual(pythonSlice([...line], start, stop, by));
      }),
    );
  });
});

/** By Python's definition: walk from the first position while the end is not reached. */
function pythonSlice(list: number[], start: number | null, stop: number | null, step: number): number[] {
  const bound = (value: number, low: number, high: number) =>
    Math.min(Math.max(value < 0 ? value + list.length : value, low), high);
  const [low, high] = step > 0 ? [0, list.length] : [-1, list.length - 1];
  const from = start === null ? (step > 0 ? 0 : list.length - 1) : bound(start, low, high);
  const to = stop === null ? (step > 0 ? list.length : -1) : bound(stop, low, high);
  const taken: number[] = [];
  for (let at = from; step > 0 ? at < to : at > to; at += step) taken.push(list[at]!);
  return taken;
}

describe('copies', () => {
  test('copy() is private: on ordinary memory, dense, and apart from the original', () => {
    const x = counted(2, 3);
    const y = x.T.copy();
    x.set(0, 0, 9);
    expect(y.data.buffer).toBeInstanceOf(ArrayBuffer);
    expect([y.toNested(), y.isDense]).toEqual([
      [
        [0, 3],
        [1, 4],
        [2, 5],
      ],
      true,
    ]);
  });

  test('share() copies what is on ordinary memory, and nothing else', () => {
    const x = counted(2, 3);
    expect(x.share()).toBe(x);
    const y = x.copy().share();
    expect(y.data.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(y.toNested()).toEqual(x.toNested());
  });

  test.each<[DType, DType, number[], number[]]>([
    ['float64', 'int32', [1.9, -1.9, 2 ** 31, Number.NaN], [1, -1, -(2 ** 31), 0]],
    ['float64', 'uint8', [255, 256, -1], [255, 0, 255]],
    ['float64', 'float32', [0.1, Number.POSITIVE_INFINITY], [Math.fround(0.1), Number.POSITIVE_INFINITY]],
    ['int32', 'float64', [-7], [-7]],
  ])('astype from %s to %s converts as typed arrays do', (from, to, values, expected) => {
    const converted = array(values, undefined, from).astype(to);
    expect(converted.dtype).toBe(to);
    expect([...converted]).toEqual(expected);
  });
});

describe('crossing threads', () => {
  const codec = NDArray[valueCodec];

  test('the elements stay where they are', () => {
    const x = counted(4, 3).slice([1, 3]).T;
    const encoded = codec.encode(x);
    const y = codec.decode(structuredClone(encoded));
    expect(encoded[0]).toBe(x.data);
    expect(y).toBeInstanceOf(NDArray);
    expect(y.toNested()).toEqual(x.toNested());
    x.set(0, 0, -5);
    expect(y.get(0, 0)).toBe(-5);
  });

  test('what is on ordinary memory goes to shared memory first', () => {
    expect(codec.encode(counted(3).copy())[0].buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  test('a codec tells type, shape and size', () => {
    const x = zeros([3, 2], 'float32').slice(null, 0);
    expect([codec.describe!(x), codec.bytes!(x)]).toEqual([
      { kind: 'NDArray', dtype: 'float32', shape: [3] },
      12,
    ]);
    expect([codec.test(x), codec.test({})]).toEqual([true, false]);
  });
});

describe('printing', () => {
  test('shows a small array whole and a large one by its corners', () => {
    expect(
      String(
        array([
          [1, 2.5],
          [3, 1 / 3],
        ]),
      ),
    ).toBe('NDArray float64 [2, 2] [[1, 2.5], [3, 0.33333]]');
    expect(String(zeros([100], 'uint8'))).toBe('NDArray uint8 [100] [0, 0, 0, …, 0, 0, 0]');
    expect(inspect(array(4))).toBe('NDArray float64 [] 4');
    expect(inspect({ x: zeros(0) })).toBe('{ x: NDArray float64 [0] [] }');
  });

  test('shortens each axis of a large array', () => {
    const text = String(fromFunction([9, 9], (i, j) => 10 * i + j));
    expect(text.match(/…/g)).toHaveLength(7);
    expect(text).toContain('[80, 81, 82, …, 86, 87, 88]]');
  });
});

test('it has what a scijs ndarray has', () => {
  const x = counted(2, 3).T;
  expect([x.stride, x.order, x.offset, x.dtype]).toEqual([[1, 3], [0, 1], 0, 'float64']);
});
