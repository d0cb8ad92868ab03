/** @file A product whose result is known, before a library found on the system is trusted. */
import { allocate } from '../memory.js';
import type { Blas, Factor } from './port.js';

const M = 5;
const N = 3;
const K = 4;
/** Also rows further apart than they are long, so that a library with other index widths or orders is found out. */
const PADS = [2, 0];

/**
 * Multiplies small whole numbers in both types and all four orientations.
 *
 * @throws Error naming the first product that came out wrong.
 */
export async function verifyBlas(blas: Blas): Promise<void> {
  for (const dtype of ['float64', 'float32'] as const) {
    for (const transposedA of [false, true]) {
      for (const transposedB of [false, true]) {
        for (const pad of PADS) {
          if (await multipliesRightly(blas, dtype, transposedA, transposedB, pad)) continue;
          const flags = `${transposedA ? 'transposed' : 'plain'} × ${transposedB ? 'transposed' : 'plain'}`;
          throw new Error(`it computed a wrong ${dtype} product (${flags}) in the self-check`);
        }
      }
    }
  }
}

async function multipliesRightly(
  blas: Blas,
  dtype: 'float32' | 'float64',
  transposedA: boolean,
  transposedB: boolean,
  pad: number,
): Promise<boolean> {
  const a = factor(dtype, M, K, transposedA, pad, (i, j) => i - 2 * j);
  const b = factor(dtype, K, N, transposedB, pad, (i, j) => 3 * i + j - 4);
  const c = { data: allocate(dtype, M * (N + pad)).fill(Number.NaN), ld: N + pad };
  await blas.gemm({ dtype, m: M, n: N, k: K, a, b, c });
  return isRight(c.data, c.ld);
}

function factor(
  dtype: 'float32' | 'float64',
  rows: number,
  columns: number,
  transposed: boolean,
  pad: number,
  element: (i: number, j: number) => number,
): Factor {
  const [stored, length] = transposed ? [columns, rows] : [rows, columns];
  const ld = length + pad;
  const data = allocate(dtype, stored * ld);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) data[transposed ? j * ld + i : i * ld + j] = element(i, j);
  }
  return { data, ld, transposed };
}

/** The product is right, and the padding between its rows was left alone. */
function isRight(c: Float32Array | Float64Array, ld: number): boolean {
  for (let i = 0; i < M; i++) {
    for (let j = 0; j < ld; j++) {
      const found = c[i * ld + j]!;
      if (j >= N) {
        if (!Number.isNaN(found)) return false;
        continue;
      }
      let expected = 0;
      for (let l = 0; l < K; l++) expected += (i - 2 * l) * (3 * l + j - 4);
      if (found !== expected) return false;
    }
  }
  return true;
}
