import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { array, rand, zeros } from '../create.js';
import type { DType } from '../dtype.js';
import { arraysOf } from '../testing/arrays.js';
import { argmaxHost } from './argmax.js';
import { isCloseHost } from './close.js';
import { normHost } from './norm.js';
import { sumHost } from './sum.js';
import { topkHost } from './topk.js';
import { transposeHost } from './transpose.js';

/** Arrays of 1 to 3 axes with elements, and one of the axes. */
const arrays = fc
  .tuple(
    fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
    fc.constantFrom<DType>('float32', 'float64', 'int32', 'uint8'),
  )
  .chain(([shape, dtype]) =>
    fc.tuple(arraysOf(shape, dtype), fc.integer({ min: -shape.length, max: shape.length - 1 })),
  );

/** The elements of each lane along an axis, lanes in row-major order. */
function lanes(x: ReturnType<typeof zeros<DType>>, axis: number): number[][] {
  const along = axis < 0 ? axis + x.dimension : axis;
  const others = x.shape.map((_, at) => at).filter((at) => at !== along);
  const last = x.transpose(...others, along);
  const flat = [...last];
  const length = x.shape[along]!;
  return Array.from({ length: flat.length / length }, (_, lane) =>
    flat.slice(lane * length, (lane + 1) * length),
  );
}

describe('along any axis of any layout', () => {
  test('sum adds, argmax finds, norm measures', () => {
    fc.assert(
      fc.property(arrays, ([x, axis]) => {
        const all = lanes(x, axis);
        const add = (lane: number[]) => lane.reduce((a, b) => a + b, 0);
        expect([...sumHost(x, axis)]).toEqual(all.map(add));
        expect(sumHost(x)).toBe(add([...x]));
        expect([...argmaxHost(x, axis)]).toEqual(all.map((lane) => lane.indexOf(Math.max(...lane))));
        expect(argmaxHost(x)).toBe([...x].indexOf(Math.max(...x)));
        const norms = normHost(x, { axis, order: 1 });
        expect([...norms]).toEqual(all.map((lane) => add(lane.map(Math.abs))));
      }),
    );
  });

  test('topk sorts, and of equals takes the first', () => {
    fc.assert(
      fc.property(arrays, fc.nat(5), ([x, axis], wanted) => {
        const all = lanes(x, axis);
        const k = Math.min(wanted, all[0]!.length);
        const { values, indices } = topkHost(x, k, axis);
        const sorted = all.map((lane) =>
          lane
            .map((value, at) => ({ value, at }))
            .sort((a, b) => b.value - a.value || a.at - b.at)
            .slice(0, k),
        );
        const found = (array: typeof values) => (k === 0 ? sorted.map(() => []) : lanes(array, axis));
        expect(found(values)).toEqual(sorted.map((lane) => lane.map(({ value }) => value)));
        expect(found(indices)).toEqual(sorted.map((lane) => lane.map(({ at }) => at)));
        expect(values.dtype).toBe(x.dtype);
      }),
    );
  });
});

describe('sum', () => {
  test('keeps its error small over many elements', () => {
    const tenth = array(new Float64Array(3_000_000).fill(0.1));
    expect(Math.abs(sumHost(tenth) - 300_000)).toBeLessThan(1e-8);
    const single = array(new Float32Array(3_000_000).fill(0.1));
    expect(Math.abs(sumHost(single) - 3_000_000 * Math.fround(0.1))).toBeLessThan(1e-6);
  });

  test('adds integers exactly, as float64', () => {
    const large = array([[2 ** 31 - 1, 2 ** 31 - 1]], undefined, 'int32');
    expect(sumHost(large)).toBe(2 ** 32 - 2);
    expect(sumHost(large, 1)).toMatchObject({ dtype: 'float64', shape: [1] });
    expect(sumHost(array([1], undefined, 'float32'), 0).dtype).toBe('float32');
  });
});

describe('topk', () => {
  test('counts a NaN as the largest', () => {
    const { values, indices } = topkHost(array([1, Number.NaN, 3, Number.NaN]), 3);
    expect([values.toNested(), indices.toNested()]).toEqual([
      [Number.NaN, Number.NaN, 3],
      [1, 3, 2],
    ]);
  });

  test('takes many of many', () => {
    const x = rand(10_000, { seed: 5 });
    const sorted = [...x].sort((a, b) => b - a);
    expect(topkHost(x, 1000).values.toNested()).toEqual(sorted.slice(0, 1000));
    expect(topkHost(x, 10_000).values.toNested()).toEqual(sorted);
  });
});

describe('what has no answer is refused', () => {
  const x = zeros([2, 3]);
  test.each<[string, () => unknown, string]>([
    ['sum axis', () => sumHost(x, 2), 'sum: no axis 2 in an array of shape [2, 3]'],
    ['sum of a list', () => sumHost([1] as never), 'sum: x is an NDArray (see array()), not a list'],
    [
      'argmax of nothing',
      () => argmaxHost(zeros([0, 3])),
      'argmax: an array of shape [0, 3] has no largest element',
    ],
    ['argmax of empty lanes', () => argmaxHost(zeros([0, 3]), 0), 'has no largest element'],
    ['argmax axis', () => argmaxHost(x, -3), 'argmax: no axis -3'],
    ['topk of too many', () => topkHost(x, 4), 'topk: no 4 largest of the 3 along axis 1 of [2, 3]'],
    ['topk of a fraction', () => topkHost(x, 0.5), 'topk: no 0.5 largest'],
    ['topk of a number', () => topkHost(array(1), 1), 'topk: no axis -1 in an array of shape []'],
    [
      'norm of a matrix',
      () => normHost(x, { order: 1 }),
      'norm: order 1 of an array of shape [2, 3]: name an axis, or reshape(-1)',
    ],
    ['norm order', () => normHost(array([1]), { order: '2' as never }), 'norm: an order is a number, not 2'],
    [
      'largest of nothing',
      () => normHost(zeros(0), { order: Number.POSITIVE_INFINITY }),
      'it has no elements',
    ],
    [
      'closeness',
      () => isCloseHost(x, zeros([4])),
      'isClose: shapes of float64 [2, 3] and float64 [4] do not fit',
    ],
    ['transpose', () => transposeHost(x, [1, 1]), 'transpose: [1, 1] does not name each of 2 axes once'],
  ])('%s', (_, run, message) => {
    expect(run).toThrow(message);
  });
});

test('isClose compares different types and layouts', () => {
  const x = rand([5, 4], { seed: 6 });
  expect(isCloseHost(x.astype('float32'), x)).toBe(true);
  expect(isCloseHost(x.T.copy().T, x)).toBe(true);
  expect(isCloseHost(x.T.copy(), x.T.slice(null, [null, null, -1]))).toBe(false);
});

test('transpose is a view', () => {
  const x = zeros([2, 3, 4]);
  expect(transposeHost(x).shape).toEqual([4, 3, 2]);
  expect(transposeHost(x, [1, 0, 2])).toMatchObject({ shape: [3, 2, 4], data: x.data });
});
