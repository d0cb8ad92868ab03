/** @file Says that arrays which other packages give, such as results of kernels on a GPU, are NDArrays. */
import type { DType } from './dtype.js';
import type { NDArray } from './ndarray.js';

declare module '@poniard/core' {
  interface ArrayTypes<D extends string> {
    readonly array: NDArray<D & DType>;
  }
}
