/** @file What every operation checks about its arguments, and how it says what is wrong. */
import type { DType } from '../dtype.js';
import { NDArray } from '../ndarray.js';
import { formatShape } from '../shapes.js';

/** What messages say of an array, here or on a GPU. */
export interface Described {
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** An argument that must be an NDArray. */
export function checkArray<D extends DType>(
  operation: string,
  argument: string,
  value: NDArray<D>,
): NDArray<D> {
  if (value instanceof NDArray) return value;
  const kind = value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value;
  throw new TypeError(`${operation}: ${argument} is an NDArray (see array()), not ${kind}`);
}

/** Two operands of one type. numpy would promote; here a conversion is always visible. */
export function checkTypes(operation: string, x: Described, y: Described): void {
  if (x.dtype === y.dtype) return;
  throw new TypeError(
    `${operation}: ${describe(x)} and ${describe(y)} do not mix: convert one with astype('${x.dtype}') or astype('${y.dtype}'). ` +
      'It is not done by itself, because promotion would double the memory and halve the speed unseen',
  );
}

/** `float64 [2, 3]`, as messages show an array. */
export function describe(array: Described): string {
  return `${array.dtype} ${formatShape(array.shape)}`;
}

export function shapeError(operation: string, x: Described, y: Described, rule: string): RangeError {
  return new RangeError(`${operation}: shapes of ${describe(x)} and ${describe(y)} do not fit: ${rule}`);
}
