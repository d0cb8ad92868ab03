/** @file The matrices of the matmul rows, and a spot check of their product. */

export type DType = 'f64' | 'f32';
export type Floats = Float64Array | Float32Array;

/** The kind of element that a parameter names. */
export function dtypeOf(name: string): DType {
  if (name === 'f64' || name === 'f32') return name;
  throw new TypeError(`'${name}' is neither 'f64' nor 'f32'`);
}

/** Memory for n × n elements on ordinary (not shared) memory. */
export const square = (dtype: DType, n: number): Floats =>
  dtype === 'f64' ? new Float64Array(n * n) : new Float32Array(n * n);

/**
 * Fills `data` with small multiples of 1/8, positive and negative. Sums of up to 2¹⁸ products of them
 * are exact even in float32, so that a result can be compared for equality.
 */
export function fillMatrix<A extends Floats>(data: A, seed: number): A {
  let state = seed | 1;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    data[i] = ((state >>> 28) - 8) / 8;
  }
  return data;
}

/** Throws where one of 16 elements of `c` is not that of the product `a · b` (all n × n, row-major). */
export function checkProduct(c: ArrayLike<number>, a: Floats, b: Floats, n: number): void {
  if (c.length !== n * n) throw new Error(`the product has ${c.length} elements instead of ${n * n}`);
  for (let sample = 0; sample < 16; sample++) {
    const row = (sample * 7919) % n;
    const column = (sample * 104729 + 13) % n;
    let expected = 0;
    for (let k = 0; k < n; k++) expected += (a[row * n + k] as number) * (b[k * n + column] as number);
    const actual = c[row * n + column] as number;
    if (actual !== expected)
      throw new Error(`element (${row}, ${column}) is ${actual} instead of ${expected}`);
  }
}

/** Billions of floating-point operations in a second, where one n × n product took `ms`. */
export const gigaflops = (n: number, ms: number): number => (2 * n ** 3) / ms / 1e6;
