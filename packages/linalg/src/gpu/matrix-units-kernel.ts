/**
 * @file WGSL for the product of matrices in half precision by a GPU's matrix units, which subgroups feed: an experiment of
 * Dawn's (`chromium-experimental-subgroup-matrix`). All extents are whole blocks; see {@link blockOf}.
 */

/** What a subgroup multiplies at once: m × k by k × n. */
export interface UnitSize {
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

export interface UnitsKind {
  readonly unit: UnitSize;
  /** Invocations of a subgroup. */
  readonly subgroupSize: number;
  /** The first factor is stored as [k, m], the second as [n, k]. */
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** A workgroup is 2 × 2 subgroups, each of which computes so many rows and columns. */
const EACH = 32;
const BLOCK = 2 * EACH;

/** Of what numbers rows, columns and steps along k must be multiples. */
export function blockOf(unit: UnitSize): UnitSize {
  return { m: BLOCK, n: BLOCK, k: unit.k };
}

/** Whether blocks are whole units. */
export function isUsable({ m, n }: UnitSize): boolean {
  return EACH % m === 0 && EACH % n === 0;
}

/** The uniforms, in order: all u32, in elements. */
export const UNIT_SIZES = [
  'k',
  'strideA',
  'strideB',
  'strideC',
  'stackA',
  'stackB',
  'stackC',
  'offsetA',
  'offsetB',
  'offsetC',
] as const;
export type UnitSizes = Readonly<Record<(typeof UNIT_SIZES)[number], number>>;

export function unitsKernel({ unit: { m, n, k }, subgroupSize, transposeA, transposeB }: UnitsKind): string {
  const rows = Array.from({ length: EACH / m }, (_, i) => i);
  const columns = Array.from({ length: EACH / n }, (_, j) => j);
  const pairs = rows.flatMap((i) => columns.map((j) => [i, j] as const));
  const major = (transposed: boolean) => (transposed ? 'col_major' : 'row_major');
  const placeA = (i: number) =>
    transposeA ? `at * sizes.strideA + row + ${i * m}u` : `(row + ${i * m}u) * sizes.strideA + at`;
  const placeB = (j: number) =>
    transposeB ? `(column + ${j * n}u) * sizes.strideB + at` : `at * sizes.strideB + column + ${j * n}u`;
  return `enable f16;
enable subgroups;
enable chromium_experimental_subgroup_matrix;
struct Sizes { ${UNIT_SIZES.map((name) => `${name}: u32`).join(', ')} }
@group(0) @binding(0) var<storage, read> a: array<f16>;
@group(0) @binding(1) var<storage, read> b: array<f16>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
@group(0) @binding(3) var<uniform> sizes: Sizes;
@compute @workgroup_size(${4 * subgroupSize})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(subgroup_id) own: u32) {
  let row = group.y * ${BLOCK}u + (own / 2u) * ${EACH}u;
  let column = group.x * ${BLOCK}u + (own % 2u) * ${EACH}u;
  let startA = sizes.offsetA + group.z * sizes.stackA;
  let startB = sizes.offsetB + group.z * sizes.stackB;
  let startC = sizes.offsetC + group.z * sizes.stackC + row * sizes.strideC + column;
${pairs.map(([i, j]) => `  var sum${i}_${j} = subgroup_matrix_result<f32, ${n}, ${m}>();`).join('\n')}
  for (var at = 0u; at < sizes.k; at += ${k}u) {
${rows
  .map(
    (i) =>
      `    let x${i} = subgroupMatrixLoad<subgroup_matrix_left<f16, ${k}, ${m}>, ${major(transposeA)}>(&a, startA + ${placeA(i)}, sizes.strideA);`,
  )
  .join('\n')}
${columns
  .map(
    (j) =>
      `    let y${j} = subgroupMatrixLoad<subgroup_matrix_right<f16, ${n}, ${k}>, ${major(transposeB)}>(&b, startB + ${placeB(j)}, sizes.strideB);`,
  )
  .join('\n')}
${pairs.map(([i, j]) => `    sum${i}_${j} = subgroupMatrixMultiplyAccumulate(x${i}, y${j}, sum${i}_${j});`).join('\n')}
  }
${pairs
  .map(
    ([i, j]) =>
      `  subgroupMatrixStore<row_major>(&c, startC + ${i * m}u * sizes.strideC + ${j * n}u, sum${i}_${j}, sizes.strideC);`,
  )
  .join('\n')}
}`;
}
