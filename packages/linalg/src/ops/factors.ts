/** @file Hands strided matrices to BLAS: as they are where BLAS can read them, else as a dense copy. */
import type { Factor, Matrix } from '../blas/port.js';
import type { NDArray } from '../ndarray.js';

type Floats = Float32Array | Float64Array;
type FloatDType = 'float32' | 'float64';

/**
 * A matrix as a factor. BLAS reads rows, or (as a transpose) columns, whose elements are neighbours; only a matrix with
 * gaps, repeats or reversals inside both is copied.
 */
export function asFactor(matrix: NDArray<FloatDType>): Factor {
  const plain = asMatrix(matrix);
  if (plain !== undefined) return { ...plain, transposed: false };
  const flipped = asMatrix(matrix.transpose());
  if (flipped !== undefined) return { ...flipped, transposed: true };
  return { ...asMatrix(matrix.copy())!, transposed: false };
}

/** A matrix whose rows BLAS can read and write in place, or `undefined`. */
export function asMatrix({ data, shape, strides, offset }: NDArray<FloatDType>): Matrix | undefined {
  const [rows, columns] = shape as [number, number];
  if (columns > 1 && strides[1] !== 1) return undefined;
  // One row has no next one, whatever its stride says.
  const ld = rows > 1 ? strides[0]! : columns;
  if (ld < columns) return undefined;
  return { data: data.subarray(offset, offset + (rows - 1) * ld + columns) as Floats, ld };
}
