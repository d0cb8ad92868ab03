/** @file Vector norms: of all elements, and along an axis. */
import type { DType } from '../dtype.js';
import { allocate } from '../memory.js';
import { NDArray } from '../ndarray.js';
import { checkAxis, formatShape, sizeOf, withoutAxis } from '../shapes.js';
import { anything, checkArray, checkOptions, type Described } from './check.js';
import { type Lane, reduceLanes } from './lanes.js';
import type { SumDType } from './sum.js';

/** What a norm is. */
export interface NormOptions {
  /** Along this axis; without it, of all elements. */
  readonly axis?: number;
  /**
   * 2 (the default): the root of the sum of squares. 1: the sum of absolute values. `Infinity`, `-Infinity`: the largest, the
   * smallest absolute value. 0: how many are not 0. Any other number p: the p-th root of the sum of p-th powers.
   */
  readonly order?: number;
}

/** A number without an axis, an array without that axis with one. */
export type Normed<D extends DType, O> = O extends { readonly axis: number } ? NDArray<SumDType<D>> : number;

/** The norm of all elements, or norms along an axis. */
export function normHost<D extends DType, O extends NormOptions | undefined = undefined>(
  x: NDArray<D>,
  options?: O,
): Normed<D, O>;
export function normHost(x: NDArray, options: NormOptions = {}): number | NDArray {
  checkArray('norm', 'x', x);
  const { axis, order } = checkNormOptions(options);
  const lane = laneOf(order ?? 2);
  if (axis !== undefined) {
    const along = checkAxis('norm', axis, x.shape);
    checkNormLength(x, x.shape[along]!, order);
    const shape = withoutAxis(x.shape, along);
    const out = new NDArray(allocate(x.dtype === 'float32' ? 'float32' : 'float64', sizeOf(shape)), shape);
    reduceLanes(out, x, along, lane);
    return out;
  }
  needsAxis(x, order);
  checkNormLength(x, x.size, order);
  const dense = x.isDense ? x : x.copy();
  return lane(dense.data, dense.offset, 1, dense.size);
}

export function checkNormOptions(options: NormOptions): NormOptions {
  return checkOptions('norm', options, { axis: anything, order: anything });
}

/** An order of the norm of several axes together would be one of the matrix. */
export function needsAxis({ shape }: Described, order: number | undefined): void {
  if (order === undefined || shape.length < 2) return;
  throw new RangeError(
    `norm: order ${order} of an array of shape ${formatShape(shape)}: name an axis, or reshape(-1) for all elements ` +
      '(norms of matrices other than the root of the sum of squares are not offered)',
  );
}

/** Only sums have a value for nothing. */
export function checkNormLength(x: Described, length: number, order = 2): void {
  if (length > 0 || Number.isFinite(order)) return;
  throw new RangeError(
    `norm: no order ${order} of an array of shape ${formatShape(x.shape)}: it has no elements`,
  );
}

function laneOf(order: number): Lane {
  switch (order) {
    case 2:
      return euclidean;
    case Number.POSITIVE_INFINITY:
      return fold(0, (norm, value) => (value > norm || Number.isNaN(value) ? value : norm));
    case Number.NEGATIVE_INFINITY:
      return fold(Number.POSITIVE_INFINITY, (norm, value) =>
        value < norm || Number.isNaN(value) ? value : norm,
      );
    case 0:
      return fold(0, (norm, value) => norm + (value === 0 ? 0 : 1));
    case 1:
      return fold(0, (norm, value) => norm + value);
  }
  if (typeof order !== 'number' || Number.isNaN(order)) {
    throw new TypeError(`norm: an order is a number, not ${String(order)}`);
  }
  const power = fold(0, (norm, value) => norm + value ** order);
  return (data, at, step, count) => power(data, at, step, count) ** (1 / order);
}

/** A lane that folds absolute values. */
function fold(initial: number, combine: (norm: number, value: number) => number): Lane {
  return (data, at, step, count) => {
    let norm = initial;
    for (let i = 0, from = at; i < count; i++, from += step) norm = combine(norm, Math.abs(data[from]!));
    return norm;
  };
}

/** Two sums at a time; sums of float32 are kept in float64. */
const euclidean: Lane = (data, at, step, count) => {
  let [even, odd] = [0, 0];
  let from = at;
  let left = count;
  for (; left >= 2; left -= 2, from += 2 * step) {
    even += data[from]! * data[from]!;
    odd += data[from + step]! * data[from + step]!;
  }
  if (left > 0) even += data[from]! * data[from]!;
  return Math.sqrt(even + odd);
};
