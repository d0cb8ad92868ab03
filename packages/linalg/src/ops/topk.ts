/** @file The k largest elements along an axis, and where they are. */
import type { Plan } from '@poniard/core';
import type { Data, DType } from '../dtype.js';
import { allocate } from '../memory.js';
import { NDArray } from '../ndarray.js';
import { CUT_ELEMENTS, cut, longestAxis, planOrNone, spans } from '../plan.js';
import { checkAxis, formatShape, sizeOf } from '../shapes.js';
import { checkArray, type Described } from './check.js';
import { eachLane, firstOf } from './lanes.js';

/** The largest elements, largest first, and their positions along the axis. */
export interface TopK<D extends DType = DType> {
  readonly values: NDArray<D>;
  readonly indices: NDArray<'int32'>;
}

export function topkHost<D extends DType>(x: NDArray<D>, k: number, axis = -1): TopK<D> {
  const { along, values, indices } = prepare(x, k, axis);
  topkBlock(values, indices, x, along);
  return { values, indices };
}

/** The largest elements, into arrays that are there already. */
export function topkBlock(values: NDArray, indices: NDArray, x: NDArray, axis: number): void {
  const k = values.shape[axis]!;
  if (k === 0) return;
  const count = x.shape[axis]!;
  const step = x.strides[axis]!;
  const heap = new TopHeap(k);
  const [firstValue, firstIndex] = [firstOf(values, axis), firstOf(indices, axis)];
  const lane = new NDArray(values.data, firstValue.shape, firstValue.strides, firstValue.offset);
  // Both results have one geometry, apart from where they begin.
  const shift = firstIndex.offset - firstValue.offset;
  eachLane(lane, x, axis, (to, at) => {
    heap.select(x.data, at, step, count);
    for (let rank = 0; rank < k; rank++) {
      const place = to + rank * values.strides[axis]!;
      values.data[place] = heap.values[rank]!;
      indices.data[place + shift] = heap.indices[rank]!;
    }
  });
}

export function topkPlan<D extends DType>(
  [x, k, axis]: [x: NDArray<D>, k: number, axis?: number | undefined],
  processors: number,
): Plan<TopK<D>> | undefined {
  return planOrNone(() => {
    if (processors < 2 || checkArray('topk', 'x', x).size < CUT_ELEMENTS) return undefined;
    const along = checkAxis('topk', axis ?? -1, x.shape);
    const across = longestAxis(x.shape, along);
    if (across === undefined) return undefined;
    const { values, indices } = prepare(x, k, along);
    const shared = x.share();
    const blocks = spans(x.shape[across]!, processors).map((span) => ({
      fn: topkBlock,
      args: [cut(values, across, span), cut(indices, across, span), cut(shared, across, span), along],
    }));
    return blocks.length < 2 ? undefined : { blocks, finish: () => ({ values, indices }) };
  });
}

function prepare<D extends DType>(x: NDArray<D>, k: number, axis: number) {
  const along = topkAxis(checkArray('topk', 'x', x), k, axis);
  const shape = x.shape.map((extent, at) => (at === along ? k : extent));
  const values = new NDArray<D>(allocate(x.dtype, sizeOf(shape)), shape);
  const indices = new NDArray<'int32'>(allocate('int32', sizeOf(shape)), shape);
  return { along, values, indices };
}

/** The axis, which must have `k` elements. */
export function topkAxis({ shape }: Described, k: number, axis: number): number {
  const along = checkAxis('topk', axis, shape);
  if (Number.isInteger(k) && k >= 0 && k <= shape[along]!) return along;
  if (typeof k !== 'number') throw new TypeError(`topk: k is a whole number, not ${typeof k}`);
  throw new RangeError(
    `topk: no ${k} largest of the ${shape[along]} along axis ${along} of ${formatShape(shape)}`,
  );
}

/** Keeps the k best in a heap whose root is the worst of them, so that most elements cost one comparison. */
class TopHeap {
  readonly values: Float64Array;
  readonly indices: Int32Array;

  constructor(private readonly k: number) {
    this.values = new Float64Array(k);
    this.indices = new Int32Array(k);
  }

  /** Leaves the k best in `values` and `indices`, best first. */
  select(data: Data, at: number, step: number, count: number): void {
    const { k, values, indices } = this;
    for (let i = 0; i < k; i++) this.put(i, data[at + i * step]!, i);
    for (let node = (k >> 1) - 1; node >= 0; node--) this.sink(node, k);
    for (let i = k, from = at + k * step; i < count; i++, from += step) {
      const value = data[from]!;
      if (value <= values[0]! || !isBetter(value, i, values[0]!, indices[0]!)) continue;
      this.put(0, value, i);
      this.sink(0, k);
    }
    for (let size = k - 1; size > 0; size--) {
      const [value, index] = [values[0]!, indices[0]!];
      this.put(0, values[size]!, indices[size]!);
      this.put(size, value, index);
      this.sink(0, size);
    }
  }

  private put(node: number, value: number, index: number): void {
    this.values[node] = value;
    this.indices[node] = index;
  }

  /** Moves a node down until both nodes below it are better. */
  private sink(from: number, size: number): void {
    const { values, indices } = this;
    const value = values[from]!;
    const index = indices[from]!;
    let node = from;
    for (let child = 2 * node + 1; child < size; child = 2 * node + 1) {
      const right = child + 1;
      if (right < size && isBetter(values[child]!, indices[child]!, values[right]!, indices[right]!))
        child = right;
      if (isBetter(values[child]!, indices[child]!, value, index)) break;
      this.put(node, values[child]!, indices[child]!);
      node = child;
    }
    this.put(node, value, index);
  }
}

/** Larger comes first, a NaN before any number, and of equals the first. */
function isBetter(value: number, index: number, other: number, otherIndex: number): boolean {
  if (value > other) return true;
  if (value < other) return false;
  const [unordered, otherUnordered] = [Number.isNaN(value), Number.isNaN(other)];
  return unordered === otherUnordered ? index < otherIndex : unordered;
}
