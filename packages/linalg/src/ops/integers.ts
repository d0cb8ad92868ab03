/** @file The matrix product of integers, which BLAS lacks. It wraps around as numpy's does. */
import type { NDArray } from '../ndarray.js';

/** c = a·b for matrices of one integer type. */
export function multiplyIntegers(c: NDArray, a: NDArray, b: NDArray): void {
  const [m, n] = c.shape as [number, number];
  const k = a.shape[1]!;
  const [stepRowA, stepA] = a.strides as [number, number];
  const [stepRowB, stepB] = b.strides as [number, number];
  const [stepRowC, stepC] = c.strides as [number, number];
  // Sums wrap at 32 bits here, and narrower types wrap when they are stored: the same in the end.
  const sums = new Int32Array(n);
  for (let i = 0; i < m; i++) {
    sums.fill(0);
    for (let l = 0; l < k; l++) {
      const factor = a.data[a.offset + i * stepRowA + l * stepA]!;
      let at = b.offset + l * stepRowB;
      for (let j = 0; j < n; j++, at += stepB) sums[j]! += Math.imul(factor, b.data[at]!);
    }
    let to = c.offset + i * stepRowC;
    for (let j = 0; j < n; j++, to += stepC) c.data[to] = sums[j]!;
  }
}
