/** @file Generated matrix products, and what each should give. */
import fc from 'fast-check';
import { fromFunction } from '../create.js';
import type { DType } from '../dtype.js';
import type { NDArray } from '../ndarray.js';
import { arraysOf } from './arrays.js';

export interface ProductCase {
  readonly x: NDArray;
  readonly y: NDArray;
  readonly options: { readonly transposeA: boolean; readonly transposeB: boolean };
}

/** Products of all layouts and orientations, of extents up to `largest`. */
export function productCases(largest: number, dtypes: readonly DType[]): fc.Arbitrary<ProductCase> {
  const extent = fc.nat(largest);
  return fc
    .record({
      m: extent,
      k: extent,
      n: extent,
      transposeA: fc.boolean(),
      transposeB: fc.boolean(),
      dtype: fc.constantFrom(...dtypes),
    })
    .chain(({ m, k, n, transposeA, transposeB, dtype }) =>
      fc.record({
        x: arraysOf(transposeA ? [k, m] : [m, k], dtype),
        y: arraysOf(transposeB ? [n, k] : [k, n], dtype),
        options: fc.constant({ transposeA, transposeB }),
      }),
    );
}

/** The plainest loop, in float64. */
export function plainProduct<D extends DType>(x: NDArray<D>, y: NDArray<D>): NDArray<D> {
  return fromFunction(
    [x.shape[0]!, y.shape[1]!],
    (i, j) => {
      let sum = 0;
      for (let l = 0; l < x.shape[1]!; l++) sum += x.get(i, l) * y.get(l, j);
      return sum;
    },
    x.dtype,
  );
}
