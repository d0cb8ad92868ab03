import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { array, zeros } from '../create.js';
import type { DType } from '../dtype.js';
import { broadcast } from '../shapes.js';
import { arraysOf, elementByElement } from '../testing/arrays.js';
import { fittingShapes } from '../testing/shapes.js';
import { addHost, mulHost, scaleHost, subHost } from './elementwise.js';

const operations = [
  { name: 'add', host: addHost, combine: (a: number, b: number) => a + b },
  { name: 'sub', host: subHost, combine: (a: number, b: number) => a - b },
  { name: 'mul', host: mulHost, combine: (a: number, b: number) => a * b },
];

test.each(operations)(
  '$name agrees with the same by index, for all shapes and layouts',
  ({ host, combine }) => {
    const dtypes = fc.constantFrom<DType>('float32', 'float64', 'int32', 'uint8');
    const operands = fc
      .tuple(fittingShapes, dtypes)
      .chain(([shapes, dtype]) =>
        fc.tuple(arraysOf(shapes.x, dtype), arraysOf(shapes.y, dtype), fc.constant(dtype)),
      );
    fc.assert(
      fc.property(operands, ([x, y, dtype]) => {
        const shape = broadcast(x.shape, y.shape)!;
        const found = host(x, y);
        expect(found.shape).toEqual(shape);
        expect([...found]).toEqual([...elementByElement(shape, dtype, x, y, combine)]);
      }),
    );
  },
);

test('NaN and infinities are kept', () => {
  const x = array([Number.NaN, Number.POSITIVE_INFINITY, 1]);
  expect(subHost(x, x).toNested()).toEqual([Number.NaN, Number.NaN, 0]);
  expect(scaleHost(x, 0).toNested()).toEqual([Number.NaN, Number.NaN, 0]);
});

describe('what does not fit is refused', () => {
  const x = zeros([2, 3], 'float32');
  test.each<[string, () => unknown, string]>([
    [
      'shapes',
      () => addHost(x, zeros([2], 'float32')),
      'add: shapes of float32 [2, 3] and float32 [2] do not fit',
    ],
    [
      'types',
      () => subHost(x, zeros([3]) as never),
      "sub: float32 [2, 3] and float64 [3] do not mix: convert one with astype('float32') or astype('float64')",
    ],
    ['a list', () => mulHost(x, [1, 2, 3] as never), 'mul: y is an NDArray (see array()), not a list'],
    ['nothing', () => addHost(undefined as never, x), 'add: x is an NDArray (see array()), not undefined'],
    [
      'a fraction for integers',
      () => mulHost(zeros(2, 'int32'), 0.5),
      "mul: 0.5 is not of type int32; convert the array with astype('float64') first",
    ],
    ['a number too large', () => addHost(zeros(2, 'uint8'), 256), 'add: 256 is not of type uint8'],
    [
      'an array as a factor',
      () => scaleHost(x, x as never),
      'scale: the factor is a number, not object; mul multiplies two arrays',
    ],
  ])('%s', (_, run, message) => {
    expect(run).toThrow(message);
  });
});
