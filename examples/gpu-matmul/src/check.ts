/** @file Checks a product against the plain one. */
import type { NDArray } from 'poniard';

/** Rows that are multiplied plainly, evenly spaced: all of them would take longer than all that is measured. */
const ROWS = 8;
/** What adding up in float32 may do to an entry, as a share of it; all terms here are positive. */
const TOLERANCE = 1e-4;

/** @throws Error that names an entry of `product` that is not the one of x·y. */
export function check(product: NDArray<'float32'>, x: NDArray<'float32'>, y: NDArray<'float32'>): void {
  const [rows = 0, inner = 0] = x.shape;
  const [, columns = 0] = y.shape;
  for (let row = 0; row < rows; row += Math.ceil(rows / ROWS)) {
    const plain = new Float64Array(columns);
    for (let k = 0; k < inner; k++) {
      const factor = x.data[row * inner + k]!;
      for (let j = 0; j < columns; j++) plain[j]! += factor * y.data[k * columns + j]!;
    }
    for (let j = 0; j < columns; j++) {
      const entry = product.get(row, j);
      if (!(Math.abs(entry - plain[j]!) <= TOLERANCE * plain[j]!))
        throw new Error(`entry ${row}, ${j} of the product of ${rows}² is ${entry} instead of ${plain[j]}`);
    }
  }
}
