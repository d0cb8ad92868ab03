/** @file How large operations are cut into blocks: views on shared memory, so that cutting copies nothing. */
import type { Plan } from '@poniard/core';
import type { DType } from './dtype.js';
import type { NDArray } from './ndarray.js';

/** From so many elements on, a loop in JavaScript takes longer (about 2 ms) than handing its halves to two threads. */
export const CUT_ELEMENTS = 2 ** 20;

/** `[start, stop]` along one axis. */
export type Span = readonly [start: number, stop: number];

/** Cuts `extent` into at most `parts` spans of nearly one length, each but the last a multiple of `multiple`. */
export function spans(extent: number, parts: number, multiple = 1): Span[] {
  const units = Math.ceil(extent / multiple);
  const count = Math.max(1, Math.min(parts, units));
  const edge = (part: number) => Math.min(extent, Math.round((part * units) / count) * multiple);
  return Array.from({ length: count }, (_, part) => [edge(part), edge(part + 1)]);
}

/** The longest axis, so that as many blocks as wanted can be cut; `except` is left whole. */
export function longestAxis(shape: readonly number[], except?: number): number | undefined {
  let longest: number | undefined;
  for (let axis = 0; axis < shape.length; axis++) {
    if (axis !== except && (longest === undefined || shape[axis]! > shape[longest]!)) longest = axis;
  }
  return longest;
}

/** A view on some positions of one axis. */
export function cut<D extends DType>(array: NDArray<D>, axis: number, span: Span): NDArray<D> {
  return array.slice(...array.shape.map((_, at) => (at === axis ? ([...span] as const) : null)));
}

/**
 * A plan, unless making it finds that the call is wrong: then the call runs as one task, which fails with the error
 * that a direct call gives.
 */
export function planOrNone<R>(make: () => Plan<R> | undefined): Plan<R> | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
