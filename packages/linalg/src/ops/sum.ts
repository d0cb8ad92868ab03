/** @file Sums: of all elements, and along an axis. */
import type { Plan } from '@poniard/core';
import type { Data, DType } from '../dtype.js';
import { eachRow } from '../loops.js';
import { allocate } from '../memory.js';
import { NDArray } from '../ndarray.js';
import { CUT_ELEMENTS, cut, longestAxis, planOrNone, type Span, spans } from '../plan.js';
import { checkAxis, sizeOf, withoutAxis } from '../shapes.js';
import { checkArray } from './check.js';
import { type Lane, reduceLanes } from './lanes.js';

/** The type of sums along an axis: integers are added up exactly, which needs more room than they have. */
export type SumDType<D extends DType> = D extends 'float32' ? 'float32' : 'float64';

/**
 * A dense array is summed in chunks of this length whose sums are then added, in one task or in many: the result does not
 * depend on the number of threads.
 */
const CHUNK = 65536;

/** Runs of at most this length are added one after the other (numpy's choice). */
const PAIRWISE_BLOCK = 128;

/** A number without an axis, an array without that axis with one. */
export type Summed<D extends DType, A> = A extends number ? NDArray<SumDType<D>> : number;

/** The sum of all elements, or sums along an axis. */
export function sumHost<D extends DType, A extends number | undefined = undefined>(
  x: NDArray<D>,
  axis?: A,
): Summed<D, A>;
export function sumHost(x: NDArray, axis?: number): number | NDArray {
  checkArray('sum', 'x', x);
  if (axis === undefined) return total(x);
  const along = checkAxis('sum', axis, x.shape);
  const out = blank(x, along);
  sumBlock(out, x, along);
  return out;
}

/** Sums along an axis into an array that is there already. */
export function sumBlock(out: NDArray, x: NDArray, axis: number): void {
  const fastest = longestRun(x, axis);
  if (fastest === axis || x.shape[axis] === 0) reduceLanes(out, x, axis, pairwise);
  else addSlices(out, x, axis);
}

/** The sums of some chunks of a dense array's elements. */
export function sumChunks(x: NDArray): number[] {
  const count = Math.ceil(x.size / CHUNK);
  return Array.from({ length: count }, (_, chunk) => {
    const start = chunk * CHUNK;
    return pairwise(x.data, x.offset + start, 1, Math.min(CHUNK, x.size - start));
  });
}

export function sumPlan(
  [x, axis]: [x: NDArray, axis?: number | undefined],
  processors: number,
): Plan<number | NDArray<'float32' | 'float64'>> | undefined {
  return planOrNone<number | NDArray<'float32' | 'float64'>>(() => {
    if (processors < 2 || checkArray('sum', 'x', x).size < CUT_ELEMENTS) return undefined;
    const shared = x.share();
    if (axis === undefined) return shared.isDense ? totalPlan(shared, processors) : undefined;
    const along = checkAxis('sum', axis, x.shape);
    const out = blank(x, along);
    const across = longestAxis(x.shape, along);
    if (across === undefined) return undefined;
    const blocks = spans(x.shape[across]!, processors).map((span) => ({
      fn: sumBlock,
      args: [cut(out, across < along ? across : across - 1, span), cut(shared, across, span), along],
    }));
    return blocks.length < 2 ? undefined : { blocks, finish: () => out };
  });
}

function totalPlan(x: NDArray, processors: number): Plan<number> {
  const flat = x.reshape(-1);
  const blocks = spans(x.size, processors, CHUNK).map((span: Span) => ({
    fn: sumChunks,
    args: [cut(flat, 0, span)],
  }));
  return { blocks, finish: (chunks) => addUp((chunks as number[][]).flat()) };
}

function total(x: NDArray): number {
  if (x.isDense) return addUp(sumChunks(x));
  const sums: number[] = [];
  eachRow(x.shape, [x], ([at], [step], count) => {
    sums.push(pairwise(x.data, at!, step!, count));
  });
  return addUp(sums);
}

function addUp(sums: readonly number[]): number {
  return pairwise(Float64Array.from(sums), 0, 1, sums.length);
}

function blank(x: NDArray, axis: number): NDArray<'float32' | 'float64'> {
  const shape = withoutAxis(x.shape, axis);
  return new NDArray(allocate(x.dtype === 'float32' ? 'float32' : 'float64', sizeOf(shape)), shape);
}

/**
 * Adds by halves, as numpy does: the error grows with the logarithm of the length. Sums of float32 are kept in float64
 * and rounded once, when they are stored.
 */
export const pairwise: Lane = (data, at, step, count) => {
  if (count <= PAIRWISE_BLOCK) return addRun(data, at, step, count);
  const half = (count >> 1) - ((count >> 1) % 8);
  return pairwise(data, at, step, half) + pairwise(data, at + half * step, step, count - half);
};

/** Four sums at a time, since one waits for itself. */
function addRun(data: Data, start: number, step: number, count: number): number {
  let at = start;
  let [a, b, c, d] = [0, 0, 0, 0];
  let left = count;
  for (; left >= 4; left -= 4, at += 4 * step) {
    a += data[at]!;
    b += data[at + step]!;
    c += data[at + 2 * step]!;
    d += data[at + 3 * step]!;
  }
  for (; left > 0; left--, at += step) a += data[at]!;
  return a + b + (c + d);
}

/** The axis whose neighbours are nearest in memory. */
function longestRun(x: NDArray, axis: number): number {
  return x.order.find((candidate) => x.shape[candidate]! > 1) ?? axis;
}

/** Adds whole slices, so that memory is read in order where the summed axis is not the fastest. */
function addSlices(out: NDArray, x: NDArray, axis: number): void {
  const sums = new NDArray(new Float64Array(out.size), out.shape);
  const to = sums.data;
  for (let position = 0; position < x.shape[axis]!; position++) {
    const slice = x.slice(...x.shape.map((_, at) => (at === axis ? position : null)));
    eachRow(sums.shape, [sums, slice], ([at, from], [toStep, step], count) => {
      let o = at!;
      let i = from!;
      for (let left = count; left > 0; left--, o += toStep!, i += step!) to[o]! += x.data[i]!;
    });
  }
  eachRow(out.shape, [out, sums], ([at, from], [toStep, step], count) => {
    for (let i = 0; i < count; i++) out.data[at! + i * toStep!] = to[from! + i * step!]!;
  });
}
