/** @file Generated products for the tests of all providers, and their result by the plainest loop. */
import fc from 'fast-check';
import type { Blas, Factor, Gemm } from '../blas/port.js';
import { allocate } from '../memory.js';

export interface GemmCase {
  readonly product: Gemm;
  /** What c must hold afterwards, its padding included. */
  readonly expected: Float64Array;
}

/** Products of all orientations, with and without padding between rows, of extents up to `largest`. */
export function gemmCases(largest: number): fc.Arbitrary<GemmCase> {
  const extent = fc.integer({ min: 1, max: largest });
  return fc
    .record({
      dtype: fc.constantFrom('float32', 'float64'),
      m: extent,
      n: extent,
      k: extent,
      transposedA: fc.boolean(),
      transposedB: fc.boolean(),
      pad: fc.integer({ min: 0, max: 3 }),
      seed: fc.nat(1000),
    })
    .map(({ dtype, m, n, k, transposedA, transposedB, pad, seed }) => {
      const next = multiples(seed);
      const a = factor(dtype, transposedA ? [k, m] : [m, k], pad, transposedA, next);
      const b = factor(dtype, transposedB ? [n, k] : [k, n], pad, transposedB, next);
      const c = { data: allocate(dtype, m * (n + pad)).fill(7), ld: n + pad };
      return { product: { dtype, m, n, k, a, b, c }, expected: plainProduct({ dtype, m, n, k, a, b, c }) };
    });
}

/** Whether a provider gets a generated product right: all numbers are small eighths, so that no sum is rounded. */
export async function isRight(blas: Blas, { product, expected }: GemmCase): Promise<boolean> {
  await blas.gemm(product);
  return product.c.data.every((value, at) => value === expected[at]);
}

export function plainProduct({ m, n, k, a, b, c }: Gemm): Float64Array {
  const expected = Float64Array.from(c.data);
  const element = ({ data, ld, transposed }: Factor, i: number, j: number) =>
    data[transposed ? j * ld + i : i * ld + j]!;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++) sum += element(a, i, l) * element(b, l, j);
      expected[i * c.ld + j] = sum;
    }
  }
  return expected;
}

function factor(
  dtype: 'float32' | 'float64',
  [rows, columns]: number[],
  pad: number,
  transposed: boolean,
  next: () => number,
): Factor {
  const ld = columns! + pad;
  const data = allocate(dtype, rows! * ld);
  for (let at = 0; at < data.length; at++) data[at] = next();
  return { data, ld, transposed };
}

/** Eighths from -1 to 1. */
function multiples(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state >>> 24) % 17) / 8 - 1;
  };
}
