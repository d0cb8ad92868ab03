/** @file Checks products against the plain sum, added up in float64. */
import type { NDArray } from 'poniard';

/** Up to so many multiplications every entry is checked, beyond that as many as that allows. */
const MOST = 1e8;

/** What rounding may do to an entry, as a share of it; all terms here are positive. */
const TOLERANCE = { float32: 1e-5, float64: 1e-13 };

/**
 * The largest relative error among the entries of `product`, which should be x·y.
 *
 * @throws Error that names an entry which is wrong.
 */
export function check<D extends 'float32' | 'float64'>(
  product: NDArray<D>,
  x: NDArray<D>,
  y: NDArray<D>,
): number {
  const [m = 0, n = 0] = product.shape;
  const [, k = 0] = x.shape;
  // A step that shares no factor with the width visits all columns.
  const step = m * n * k <= MOST ? 1 : Math.ceil((m * n * k) / MOST) | 1;
  let largest = 0;
  for (let at = 0; at < m * n; at += step) {
    const [row, column] = [Math.floor(at / n), at % n];
    let sum = 0;
    for (let inner = 0; inner < k; inner++) sum += x.data[row * k + inner]! * y.data[inner * n + column]!;
    const error = Math.abs(product.get(row, column) - sum) / sum;
    if (!(error <= TOLERANCE[x.dtype])) {
      throw new Error(`entry ${row}, ${column} is ${product.get(row, column)} instead of ${sum}`);
    }
    largest = Math.max(largest, error);
  }
  return largest;
}
