/**
 * @file The product in plain JavaScript, for where nothing faster is found, and for products so small that a call
 * elsewhere costs more. Both factors are packed into strips of four rows (columns), so that the kernel reads memory
 * in order and keeps its 4 × 4 sums in registers. It adds in float64 for both types.
 */
import type { Blas, Factor, Gemm } from './port.js';

/** Rows and columns of the kernel's tile. The kernel below is written out for 4. */
const TILE = 4;
/** Depth of a packed strip: 4 × 256 float64 are 8 KiB, so a strip of each factor stays in the first cache. */
const DEPTH = 256;
/** Rows packed at a time: 128 × 256 float64 are 256 KiB, so they stay in the second cache. */
const ROWS = 128;

export function jsBlas(): Blas {
  return { name: 'js', library: 'JavaScript (4 × 4 blocks)', threads: 1, slow: true, gemm: jsGemm };
}

export function jsGemm({ dtype, m, n, k, a, b, c }: Gemm): void {
  const depth = Math.min(DEPTH, k);
  const rows = Math.min(ROWS, roundUp(m));
  const packedA = new Float64Array(rows * depth);
  const packedB = new Float64Array(roundUp(n) * depth);
  // float32 sums over several strips must not be rounded in between.
  const apart = dtype === 'float32' && k > DEPTH;
  const sums = apart ? new Float64Array(m * n) : c.data;
  const ld = apart ? n : c.ld;
  for (let l = 0; l < k; l += depth) {
    const kc = Math.min(depth, k - l);
    packStrips(packedB, b, !b.transposed, 0, n, l, kc);
    for (let i = 0; i < m; i += rows) {
      const mc = Math.min(rows, m - i);
      packStrips(packedA, a, a.transposed, i, mc, l, kc);
      for (let j = 0; j < n; j += TILE) {
        for (let s = 0; s < mc; s += TILE) {
          const height = Math.min(TILE, mc - s);
          tile(
            packedA,
            s * kc,
            packedB,
            j * kc,
            kc,
            sums,
            (i + s) * ld + j,
            ld,
            height,
            Math.min(TILE, n - j),
            l > 0,
          );
        }
      }
    }
  }
  if (apart) for (let i = 0; i < m; i++) c.data.set(sums.subarray(i * n, (i + 1) * n), i * c.ld);
}

/**
 * Packs `count` rows of a factor (or columns: `crosswise`) from `start` on, positions `l` to `l + kc` of each, into strips of
 * four that lie side by side: the four values of one position are neighbours. Missing ones are 0.
 */
function packStrips(
  out: Float64Array,
  { data, ld }: Factor,
  crosswise: boolean,
  start: number,
  count: number,
  l: number,
  kc: number,
): void {
  const stepLine = crosswise ? 1 : ld;
  const stepDepth = crosswise ? ld : 1;
  for (let line = 0; line < roundUp(count); line++) {
    let to = (line - (line % TILE)) * kc + (line % TILE);
    if (line >= count) {
      for (let p = 0; p < kc; p++, to += TILE) out[to] = 0;
      continue;
    }
    let from = (start + line) * stepLine + l * stepDepth;
    for (let p = 0; p < kc; p++, to += TILE, from += stepDepth) out[to] = data[from]!;
  }
}

/** One 4 × 4 tile of the product, cut to `height` × `width` when written. */
function tile(
  a: Float64Array,
  atA: number,
  b: Float64Array,
  atB: number,
  kc: number,
  c: Float32Array | Float64Array,
  atC: number,
  ld: number,
  height: number,
  width: number,
  add: boolean,
): void {
  // biome-ignore format: a table reads best in columns
  let c00 = 0, c01 = 0, c02 = 0, c03 = 0;
  // biome-ignore format: as above
  let c10 = 0, c11 = 0, c12 = 0, c13 = 0;
  // biome-ignore format: as above
  let c20 = 0, c21 = 0, c22 = 0, c23 = 0;
  // biome-ignore format: as above
  let c30 = 0, c31 = 0, c32 = 0, c33 = 0;
  // biome-ignore format: as above
  for (let p = 0, i = atA, j = atB; p < kc; p++, i += TILE, j += TILE) {
    const b0 = b[j]!, b1 = b[j + 1]!, b2 = b[j + 2]!, b3 = b[j + 3]!;
    const a0 = a[i]!;
    c00 += a0 * b0; c01 += a0 * b1; c02 += a0 * b2; c03 += a0 * b3;
    const a1 = a[i + 1]!;
    c10 += a1 * b0; c11 += a1 * b1; c12 += a1 * b2; c13 += a1 * b3;
    const a2 = a[i + 2]!;
    c20 += a2 * b0; c21 += a2 * b1; c22 += a2 * b2; c23 += a2 * b3;
    const a3 = a[i + 3]!;
    c30 += a3 * b0; c31 += a3 * b1; c32 += a3 * b2; c33 += a3 * b3;
  }
  writeRow(c, atC, width, add, c00, c01, c02, c03);
  if (height > 1) writeRow(c, atC + ld, width, add, c10, c11, c12, c13);
  if (height > 2) writeRow(c, atC + 2 * ld, width, add, c20, c21, c22, c23);
  if (height > 3) writeRow(c, atC + 3 * ld, width, add, c30, c31, c32, c33);
}

function writeRow(
  c: Float32Array | Float64Array,
  at: number,
  width: number,
  add: boolean,
  v0: number,
  v1: number,
  v2: number,
  v3: number,
): void {
  c[at] = add ? c[at]! + v0 : v0;
  if (width > 1) c[at + 1] = add ? c[at + 1]! + v1 : v1;
  if (width > 2) c[at + 2] = add ? c[at + 2]! + v2 : v2;
  if (width > 3) c[at + 3] = add ? c[at + 3]! + v3 : v3;
}

function roundUp(count: number): number {
  return Math.ceil(count / TILE) * TILE;
}
