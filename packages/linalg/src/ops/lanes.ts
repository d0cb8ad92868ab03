/** @file Lanes: the runs of elements along one axis, which reductions take one number (or a few) from. */
import type { Data, DType } from '../dtype.js';
import { eachRow } from '../loops.js';
import type { NDArray } from '../ndarray.js';
import { withoutAxis } from '../shapes.js';

/** Reduces the `count` elements of `data` from `at` on, `step` apart. */
export type Lane = (data: Data, at: number, step: number, count: number) => number;

/** An array without one axis, as a view on the first position of it. */
export function firstOf<D extends DType>(x: NDArray<D>, axis: number) {
  return { shape: withoutAxis(x.shape, axis), strides: withoutAxis(x.strides, axis), offset: x.offset };
}

/** Calls `lane` for each lane of `x` along `axis` with the place of its result in `out`, which has the shape without the axis. */
export function eachLane(
  out: NDArray,
  x: NDArray,
  axis: number,
  lane: (to: number, at: number) => void,
): void {
  eachRow(out.shape, [out, firstOf(x, axis)], ([to, at], [toStep, step], count) => {
    for (let i = 0; i < count; i++) lane(to! + i * toStep!, at! + i * step!);
  });
}

/** Fills `out` with one number for each lane. */
export function reduceLanes(out: NDArray, x: NDArray, axis: number, lane: Lane): void {
  const step = x.strides[axis]!;
  const count = x.shape[axis]!;
  eachLane(out, x, axis, (to, at) => {
    out.data[to] = lane(x.data, at, step, count);
  });
}
