import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { array, rand, zeros } from '../create.js';
import type { DType } from '../dtype.js';
import type { NDArray } from '../ndarray.js';
import { arraysOf } from '../testing/arrays.js';
import { fittingShapes } from '../testing/shapes.js';
import { addHost, mulHost, subHost } from './elementwise.js';
import { formula, type Term } from './formula.js';
import { elementwiseHost } from './fused.js';

const dtypes = fc.constantFrom<DType>('float32', 'float64', 'int32', 'uint8');

test('a formula gives what its steps give one by one, for all shapes, layouts and types', () => {
  const cases = fc
    .tuple(fittingShapes, dtypes)
    .chain(([both, dtype]) => fc.tuple(arraysOf(both.x, dtype), arraysOf(both.y, dtype)));
  const mixed = formula((x, y, n) => x.mul(y).sub(y.mul(n)).add(x.scale(2)));
  fc.assert(
    fc.property(cases, ([x, y]) => {
      const found = elementwiseHost(mixed, x, y, 3);
      const expected = addHost(subHost(mulHost(x, y), mulHost(y, 3)), mulHost(x, 2));
      expect(found.shape).toEqual(expected.shape);
      expect([...found]).toEqual([...expected]);
    }),
  );
});

test('it is computed a stretch at a time, with steps used twice and constants', () => {
  const x = rand([3, 1700], { seed: 1, dtype: 'float32' });
  const twice = formula((t) => {
    const square = t.mul(t);
    return square.add(square).sub(1);
  });
  expect(twice.steps).toHaveLength(3);
  const square = mulHost(x, x);
  const expected = subHost(addHost(square, square), 1);
  expect([...elementwiseHost(twice, x)]).toEqual([...expected]);
  expect([...elementwiseHost(twice, x.T as NDArray<'float32'>)]).toEqual([...expected.T]);
});

test('is plain data, without the steps that nothing needs', () => {
  const lean = formula((x, y) => {
    const result = x.add(y);
    x.mul(y);
    return result;
  });
  expect(lean).toEqual({ operands: 2, steps: [{ operation: 'add', x: 0, y: 1 }] });
  expect(elementwiseHost(structuredClone(lean), array([1]), array([2])).toNested()).toEqual([3]);
});

describe('what is wrong is refused', () => {
  const sum = formula((x, y) => x.add(y));
  let stolen: Term;
  formula((x) => {
    stolen = x;
    return x.add(1);
  });
  test.each<[string, () => unknown, string]>([
    ['no function', () => formula(7 as never), 'formula: a function is needed'],
    ['computes nothing', () => formula((x) => x), 'it computes nothing'],
    [
      'gives no term',
      () => formula(() => 'x' as never),
      'a term of this formula or a number is needed, not string',
    ],
    ['a term of another', () => formula((x) => x.add(stolen)), 'a term of this formula'],
    [
      'no formula',
      () => elementwiseHost({} as never, zeros([2])),
      'the first argument is what formula() gives',
    ],
    ['too few operands', () => elementwiseHost(sum, zeros([2])), 'takes 2 operands, and 1 are given'],
    ['numbers alone', () => elementwiseHost(sum, 1, 2), 'at least one operand is an array'],
    ['a list', () => elementwiseHost(sum, zeros([2]), [1] as never), 'elementwise: operand 2 is an NDArray'],
    ['types', () => elementwiseHost(sum, zeros([2]), zeros([2], 'int32') as never), 'do not mix'],
    ['shapes', () => elementwiseHost(sum, zeros([2]), zeros([3])), 'do not fit'],
    [
      'constants',
      () =>
        elementwiseHost(
          formula((x) => x.add(0.5)),
          zeros([2], 'int32'),
        ),
      '0.5 is not of type int32',
    ],
  ])('%s', (_, run, message) => {
    expect(run).toThrow(message);
  });
});
