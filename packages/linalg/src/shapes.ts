/** @file Arithmetic on shapes, strides and axes: pure functions, no data. */

/** Which elements of a typed array an NDArray shows. */
export interface Geometry {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

/** `[2, 3]`, as messages show it. */
export function formatShape(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** The strides, in elements, of a dense array whose last axis is the fastest. */
export function rowMajor(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/** A shape as callers give it (a list, or one extent), checked. */
export function checkShape(operation: string, shape: number | readonly number[]): readonly number[] {
  const list = typeof shape === 'number' ? [shape] : shape;
  if (!Array.isArray(list)) {
    throw new TypeError(`${operation}: a shape is a list of extents such as [2, 3], not ${typeof shape}`);
  }
  for (const extent of list as readonly unknown[]) {
    if (!Number.isSafeInteger(extent) || (extent as number) < 0) {
      throw new RangeError(`${operation}: ${String(extent)} in ${formatShape(list)} is not an extent`);
    }
  }
  return list;
}

/** An axis as callers give it: negative ones count from the end. */
export function checkAxis(operation: string, axis: number, shape: readonly number[]): number {
  const found = axis < 0 ? axis + shape.length : axis;
  if (Number.isInteger(axis) && found >= 0 && found < shape.length) return found;
  if (typeof axis !== 'number')
    throw new TypeError(
      `${operation}: an axis is a number such as 0, not ${axis === null ? 'null' : typeof axis}`,
    );
  throw new RangeError(`${operation}: no axis ${axis} in an array of shape ${formatShape(shape)}`);
}

export function sameShape(x: readonly number[], y: readonly number[]): boolean {
  return x.length === y.length && x.every((extent, axis) => extent === y[axis]);
}

/**
 * The shape that two operands have together: axes are matched from the last, and an extent of 1 stretches (numpy's
 * broadcasting). `undefined` where they do not fit.
 */
export function broadcast(x: readonly number[], y: readonly number[]): number[] | undefined {
  const dimension = Math.max(x.length, y.length);
  const shape = new Array<number>(dimension);
  for (let back = 1; back <= dimension; back++) {
    const a = x[x.length - back] ?? 1;
    const b = y[y.length - back] ?? 1;
    if (a !== b && a !== 1 && b !== 1) return undefined;
    shape[dimension - back] = a === 1 ? b : a;
  }
  return shape;
}

/** The strides under which an operand shows itself in a wider shape: stretched axes stand still. */
export function stretchedStrides(operand: Geometry, shape: readonly number[]): number[] {
  const added = shape.length - operand.shape.length;
  return shape.map((_, axis) =>
    axis < added || operand.shape[axis - added] === 1 ? 0 : operand.strides[axis - added]!,
  );
}

/** Whether the elements lie one behind the other in row-major order. */
export function isDense({ shape, strides }: Geometry): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = shape[axis]!;
    if (extent === 0) return true;
    if (extent !== 1 && strides[axis] !== expected) return false;
    expected *= extent;
  }
  return true;
}

/** The positions of the first and last element in memory; `undefined` where there is none. */
export function reach({
  shape,
  strides,
  offset,
}: Geometry): readonly [first: number, last: number] | undefined {
  let first = offset;
  let last = offset;
  for (let axis = 0; axis < shape.length; axis++) {
    const extent = shape[axis]!;
    if (extent === 0) return undefined;
    const step = strides[axis]! * (extent - 1);
    if (step < 0) first += step;
    else last += step;
  }
  return [first, last];
}

/** The shape without one axis. */
export function withoutAxis(shape: readonly number[], axis: number): number[] {
  return shape.filter((_, at) => at !== axis);
}
