/** @file Where the largest element is: of all, and along an axis. */
import type { Plan } from '@poniard/core';
import type { Data } from '../dtype.js';
import { allocate } from '../memory.js';
import { NDArray } from '../ndarray.js';
import { CUT_ELEMENTS, cut, longestAxis, planOrNone, spans } from '../plan.js';
import { checkAxis, formatShape, sizeOf, withoutAxis } from '../shapes.js';
import { checkArray, type Described } from './check.js';
import { reduceLanes } from './lanes.js';

/** A number without an axis, an array without that axis with one. */
export type Located<A> = A extends number ? NDArray<'int32'> : number;

/** The position of the largest element in row-major order, or positions along an axis. */
export function argmaxHost<A extends number | undefined = undefined>(x: NDArray, axis?: A): Located<A>;
export function argmaxHost(x: NDArray, axis?: number): number | NDArray<'int32'> {
  checkArray('argmax', 'x', x);
  if (axis === undefined) return largestOf(x);
  const along = checkAxis('argmax', axis, x.shape);
  const out = blank(x, along);
  argmaxBlock(out, x, along);
  return out;
}

/** The positions along an axis, into an array that is there already. */
export function argmaxBlock(out: NDArray, x: NDArray, axis: number): void {
  reduceLanes(out, x, axis, largest);
}

/** Where the largest of some elements of a dense array is, and its value. */
export function argmaxChunk(x: NDArray): { index: number; value: number } {
  const index = largest(x.data, x.offset, 1, x.size);
  return { index, value: x.data[x.offset + index]! };
}

export function argmaxPlan(
  [x, axis]: [x: NDArray, axis?: number | undefined],
  processors: number,
): Plan<number | NDArray<'int32'>> | undefined {
  return planOrNone<number | NDArray<'int32'>>(() => {
    if (processors < 2 || checkArray('argmax', 'x', x).size < CUT_ELEMENTS) return undefined;
    const shared = x.share();
    if (axis === undefined) return shared.isDense ? wholePlan(shared, processors) : undefined;
    const along = checkAxis('argmax', axis, x.shape);
    const across = longestAxis(x.shape, along);
    if (across === undefined) return undefined;
    const out = blank(x, along);
    const blocks = spans(x.shape[across]!, processors).map((span) => ({
      fn: argmaxBlock,
      args: [cut(out, across < along ? across : across - 1, span), cut(shared, across, span), along],
    }));
    return blocks.length < 2 ? undefined : { blocks, finish: () => out };
  });
}

function wholePlan(x: NDArray, processors: number): Plan<number> {
  const flat = x.reshape(-1);
  const parts = spans(x.size, processors);
  return {
    blocks: parts.map((span) => ({ fn: argmaxChunk, args: [cut(flat, 0, span)] })),
    finish(results) {
      const found = results as { index: number; value: number }[];
      const part = largest(
        Float64Array.from(found, ({ value }) => value),
        0,
        1,
        found.length,
      );
      return parts[part]![0] + found[part]!.index;
    },
  };
}

function largestOf(x: NDArray): number {
  if (x.size === 0) throw emptyError(x);
  const dense = x.isDense ? x : x.copy();
  return largest(dense.data, dense.offset, 1, dense.size);
}

/** The first of the largest; a NaN counts as larger than any number, as in numpy. */
function largest(data: Data, at: number, step: number, count: number): number {
  let best = data[at]!;
  let index = 0;
  if (Number.isNaN(best)) return 0;
  for (let i = 1, from = at + step; i < count; i++, from += step) {
    const value = data[from]!;
    if (value <= best) continue;
    best = value;
    index = i;
    if (Number.isNaN(value)) break;
  }
  return index;
}

function blank(x: NDArray, axis: number): NDArray<'int32'> {
  const shape = withoutAxis(x.shape, axis);
  if (x.shape[axis] === 0) throw emptyError(x);
  return new NDArray(allocate('int32', sizeOf(shape)), shape);
}

export function emptyError(x: Described): RangeError {
  return new RangeError(`argmax: an array of shape ${formatShape(x.shape)} has no largest element`);
}
