/**
 * @file Reductions on a GPU in steps: each invocation takes up to a run of a lane's elements and leaves one state, until one
 * is left of each lane. No workgroup memory and no barriers, so it is as good where these are dear; neighbouring
 * invocations read neighbouring memory. Sums are added by runs of runs, so their error stays small.
 */
import { sizeOf } from '../shapes.js';
import { EACH_ELEMENT } from './port.js';

/** Elements that an invocation takes at most. */
const RUN = 64;

/** An array seen as lanes: `count` elements along an axis, `inner` elements apart, `outer` times. */
export interface Lanes {
  readonly outer: number;
  readonly count: number;
  readonly inner: number;
}

/** The lanes along an axis; without one, all elements are one. */
export function lanesOf(shape: readonly number[], axis: number | undefined): Lanes {
  if (axis === undefined) return { outer: 1, count: sizeOf(shape), inner: 1 };
  return { outer: sizeOf(shape.slice(0, axis)), count: shape[axis]!, inner: sizeOf(shape.slice(axis + 1)) };
}

/** Into how many runs a lane is divided next; `longest`: of a run, where not the usual. */
export function runsOf(count: number, longest = RUN): number {
  return Math.ceil(count / longest);
}

/** The uniforms of a kernel that begins with {@link EACH_RUN}. */
export const LANE_SIZES = 'struct Lanes { outer: u32, count: u32, inner: u32, runs: u32 }';

/** The beginning of a kernel for each run: it goes over `lane + j · lanes.inner` for `j` from `run` in steps of `lanes.runs`. */
export const EACH_RUN = `${EACH_ELEMENT}
  if (index >= lanes.outer * lanes.runs * lanes.inner) { return; }
  let column = index % lanes.inner;
  let run = (index / lanes.inner) % lanes.runs;
  let layer = index / lanes.inner / lanes.runs;
  let lane = layer * lanes.count * lanes.inner + column;`;

export function laneUniforms({ outer, count, inner }: Lanes, runs: number): Uint32Array {
  return new Uint32Array([outer, count, inner, runs]);
}
