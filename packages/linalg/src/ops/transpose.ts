/** @file Axes in another order. */
import type { DType } from '../dtype.js';
import type { NDArray } from '../ndarray.js';
import { checkArray } from './check.js';

export function transposeHost<D extends DType>(x: NDArray<D>, axes: readonly number[] = []): NDArray<D> {
  return checkArray('transpose', 'x', x).transpose(...axes);
}
