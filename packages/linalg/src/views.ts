/** @file Views: other geometries over the same elements. Nothing is copied. */
import { checkAxis, formatShape, type Geometry, isDense, rowMajor, sizeOf } from './shapes.js';

/**
 * What to take of one axis: `null` all of it, a number one position (the axis goes), or `[start, stop?, step?]` as
 * numpy's `start:stop:step`. Negative positions count from the end; `null` and a missing entry mean the end of the axis.
 */
export type SliceRange = null | number | readonly [start: number | null, stop?: number | null, step?: number];

/** numpy's basic slicing. Axes that are not named are taken whole. */
export function sliced(view: Geometry, ranges: readonly SliceRange[]): Geometry {
  checkCount('slice', ranges, view);
  const shape: number[] = [];
  const strides: number[] = [];
  let offset = view.offset;
  for (let axis = 0; axis < view.shape.length; axis++) {
    const extent = view.shape[axis]!;
    const stride = view.strides[axis]!;
    const range = ranges[axis] ?? null;
    if (typeof range === 'number') {
      offset += stride * position('slice', range, extent, axis);
      continue;
    }
    const [start, count, step] = resolveRange(range, extent);
    if (count > 0) offset += stride * start;
    shape.push(count);
    strides.push(stride * step);
  }
  return { shape, strides, offset };
}

/** First position, count and step of a range, as Python's `slice.indices` finds them. */
function resolveRange(range: Exclude<SliceRange, number>, extent: number): [number, number, number] {
  const [start, stop, step = 1] = range ?? [null];
  for (const value of [start ?? 0, stop ?? 0, step]) {
    if (!Number.isInteger(value)) throw new TypeError(`slice: positions are whole numbers, not ${value}`);
  }
  if (step === 0) throw new RangeError('slice: a step cannot be 0');
  const [low, high] = step > 0 ? [0, extent] : [-1, extent - 1];
  const clamp = (value: number) => Math.max(low, Math.min(high, value < 0 ? value + extent : value));
  const first = start === null ? (step > 0 ? low : high) : clamp(start);
  const end = stop === null || stop === undefined ? (step > 0 ? high : low) : clamp(stop);
  return [first, Math.max(0, Math.ceil((end - first) / step)), step];
}

/** Fixes some axes (scijs `pick`): those given as a number of 0 or more go. */
export function picked(view: Geometry, positions: readonly (number | null)[]): Geometry {
  checkCount('pick', positions, view);
  return sliced(
    view,
    view.shape.map((_, axis) => {
      const at = positions[axis];
      return typeof at === 'number' && at >= 0 ? at : null;
    }),
  );
}

/** Cuts positions off the beginning of each axis (scijs `lo`). */
export function lowered(view: Geometry, starts: readonly (number | null)[]): Geometry {
  checkCount('lo', starts, view);
  return sliced(
    view,
    starts.map((start) => (start === null || start < 0 ? null : [start])),
  );
}

/** Keeps so many positions of each axis (scijs `hi`). */
export function heightened(view: Geometry, counts: readonly (number | null)[]): Geometry {
  checkCount('hi', counts, view);
  return sliced(
    view,
    counts.map((count) => (count === null || count < 0 ? null : [0, count])),
  );
}

/** Takes every n-th position of each axis (scijs `step`); a negative step turns the axis round. */
export function stepped(view: Geometry, steps: readonly (number | null)[]): Geometry {
  checkCount('step', steps, view);
  return sliced(
    view,
    steps.map((step) => (step === null ? null : [null, null, step])),
  );
}

/** Axes in another order; without an order, reversed. */
export function transposed(view: Geometry, order?: readonly number[]): Geometry {
  const dimension = view.shape.length;
  const axes =
    order === undefined || order.length === 0
      ? view.shape.map((_, axis) => dimension - 1 - axis)
      : order.map((axis) => checkAxis('transpose', axis, view.shape));
  if (new Set(axes).size !== dimension) {
    throw new RangeError(`transpose: ${formatShape(axes)} does not name each of ${dimension} axes once`);
  }
  return {
    shape: axes.map((axis) => view.shape[axis]!),
    strides: axes.map((axis) => view.strides[axis]!),
    offset: view.offset,
  };
}

/** Another shape of as many elements; one extent may be -1. `undefined` when only a copy can have it. */
export function reshaped(view: Geometry, wanted: readonly number[]): Geometry | undefined {
  const size = sizeOf(view.shape);
  const open = wanted.indexOf(-1);
  const known = sizeOf(wanted.filter((_, axis) => axis !== open));
  const shape = wanted.map((extent, axis) => (axis === open && known > 0 ? size / known : extent));
  if (shape.some((extent) => !Number.isInteger(extent) || extent < 0) || sizeOf(shape) !== size) {
    throw new RangeError(
      `reshape: ${size} elements of ${formatShape(view.shape)} do not fill ${formatShape(wanted)}`,
    );
  }
  return isDense(view) ? { shape, strides: rowMajor(shape), offset: view.offset } : undefined;
}

function position(operation: string, at: number, extent: number, axis: number): number {
  const found = at < 0 ? at + extent : at;
  if (Number.isInteger(at) && found >= 0 && found < extent) return found;
  throw new RangeError(`${operation}: no position ${at} on axis ${axis}, which has ${extent}`);
}

function checkCount(operation: string, given: readonly unknown[], view: Geometry): void {
  if (given.length <= view.shape.length) return;
  throw new RangeError(
    `${operation}: ${given.length} axes given for an array of shape ${formatShape(view.shape)}`,
  );
}
