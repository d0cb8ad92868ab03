/** @file Checks the chain against plain sums in float64. */
import type { Matrix } from './chain.js';

/** So many rows of the result are checked, or all if there are no more. */
const ROWS = 64;

/** What float32 may do to an entry, as a share of it; all terms here are positive. */
const TOLERANCE = 2e-5;

/**
 * The largest relative error in rows of `result`, which should be (x·y)·z + w.
 *
 * @throws Error that names an entry which is wrong.
 */
export function check(result: Matrix, x: Matrix, y: Matrix, z: Matrix, w: Matrix): number {
  const [rows = 0] = result.shape;
  let largest = 0;
  for (let row = 0; row < rows; row += Math.ceil(rows / ROWS)) {
    const products = rowTimes(rowTimes(rowOf(x, row), y), z);
    for (const [column, product] of products.entries()) {
      const wanted = product + w.get(row, column);
      const error = Math.abs(result.get(row, column) - wanted) / wanted;
      if (!(error <= TOLERANCE))
        throw new Error(`entry ${row}, ${column} is ${result.get(row, column)} instead of ${wanted}`);
      largest = Math.max(largest, error);
    }
  }
  return largest;
}

function rowOf({ data, shape: [, columns = 0] }: Matrix, row: number): Float64Array {
  return Float64Array.from(data.subarray(row * columns, (row + 1) * columns));
}

function rowTimes(row: Float64Array, { data, shape: [, columns = 0] }: Matrix): Float64Array {
  const sums = new Float64Array(columns);
  for (const [at, factor] of row.entries())
    for (let column = 0; column < columns; column++) sums[column]! += factor * data[at * columns + column]!;
  return sums;
}
