/**
 * @file WGSL for the matrix product, generated for a tile: how much of the product an invocation computes in registers, and
 * what its workgroup reads together.
 *
 * All loads are of four neighbours. Rows and columns beyond the edge are loaded from the last that there is, and never
 * stored; so no load needs a test, and nothing that is not part of the product can spoil it with a NaN. Along k the
 * factors are whole fours: where they are not, they are padded with zeros before (see pad.ts).
 *
 * Where an invocation's rows and columns are: in groups of four, each a workgroup's width apart, so that neighbouring
 * invocations read neighbouring memory.
 *
 * WebGPU checks all indices, here too. Dawn can do without (`disable_robustness`), but only for a whole device, with the kernels
 * of users on it; on SwiftShader it would save a tenth.
 */

/** How the work is divided. */
export interface Tile {
  /** An invocation computes so many rows × columns of the product; both are multiples of 4. */
  readonly rows: number;
  readonly columns: number;
  /** Invocations of a workgroup, along the columns and along the rows. */
  readonly across: number;
  readonly down: number;
  /**
   * So many steps along k are brought to workgroup memory at a time, a multiple of 4. 0: each invocation reads for itself, which
   * is better where workgroup memory is ordinary memory and barriers are dear.
   */
  readonly depth: number;
}

/** What kernels there are for one tile. */
export interface ProductKind {
  /** Of the product, and of what is added up. */
  readonly type: 'f32' | 'i32';
  /** The factors are stored in half precision. */
  readonly half?: boolean;
  /** The first factor is stored as [k, m]. */
  readonly transposeA: boolean;
  /** The second factor is stored as [n, k]. */
  readonly transposeB: boolean;
  /** Rows of the product are whole fours, so it is stored by fours. */
  readonly fours: boolean;
}

/** The uniforms, in order: all u32. Strides and offsets count fours, but for those of the result, which count elements. */
export const SIZES = [
  'm',
  'n',
  'k4',
  'k4PerSplit',
  'splits',
  'strideA',
  'strideB',
  'stackA',
  'stackB',
  'offsetA',
  'offsetB',
  'offsetC',
] as const;
export type Sizes = Readonly<Record<(typeof SIZES)[number], number>>;

/** Bytes of workgroup memory that a tile takes. */
export function workgroupBytes({ rows, columns, across, down, depth }: Tile): number {
  return 4 * depth * (rows * down + columns * across);
}

export function matmulKernel(tile: Tile, kind: ProductKind): string {
  const { type, fours, half } = kind;
  const four = `vec4<${type}>`;
  const stored = half ? 'vec4<f16>' : four;
  return `${half ? 'enable f16;' : ''}
struct Sizes { ${SIZES.map((name) => `${name}: u32`).join(', ')} }
@group(0) @binding(0) var<storage, read> a: array<${stored}>;
@group(0) @binding(1) var<storage, read> b: array<${stored}>;
@group(0) @binding(2) var<storage, read_write> c: array<${fours ? four : type}>;
@group(0) @binding(3) var<uniform> sizes: Sizes;
fn loadA(at: u32) -> ${four} { return ${four}(a[at]); }
fn loadB(at: u32) -> ${four} { return ${four}(b[at]); }
${tile.depth === 0 ? '' : sharedDeclarations(tile, kind)}
@compute @workgroup_size(${tile.across}, ${tile.down})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) own: vec3u) {
  let layer = group.z / sizes.splits;
  let split = group.z % sizes.splits;
  let startA = sizes.offsetA + layer * sizes.stackA;
  let startB = sizes.offsetB + layer * sizes.stackB;
  let first = split * sizes.k4PerSplit;
  let last = min(sizes.k4, first + sizes.k4PerSplit);
  // In fours.
  let groupRow = group.y * ${(tile.rows / 4) * tile.down}u;
  let groupColumn = group.x * ${(tile.columns / 4) * tile.across}u;
  let lastRow = (sizes.m - 1u) / 4u;
  let lastColumn = (sizes.n - 1u) / 4u;
${lines(times(tile.rows / 4, (i) => `let row${i} = groupRow + own.y + ${i * tile.down}u;`))}
${lines(times(tile.columns / 4, (j) => `let column${j} = groupColumn + own.x + ${j * tile.across}u;`))}
${lines(accumulators(tile).map((name) => `var ${name} = ${four}();`))}
${tile.depth === 0 ? directLoop(tile, kind) : sharedLoop(tile, kind)}
  let startC = sizes.offsetC + group.z * sizes.m * sizes.n;
${stores(tile, kind)}
}`;
}

/** Every invocation reads what it needs from storage. */
function directLoop(tile: Tile, kind: ProductKind): string {
  const { transposeA, transposeB } = kind;
  const rows = times(tile.rows, (i) => i);
  const columns = times(tile.columns, (j) => j);
  const fixed = [
    ...(transposeA
      ? times(tile.rows / 4, (i) => `let a${i} = startA + min(row${i}, lastRow);`)
      : rows.map(
          (i) => `let a${i} = startA + min(4u * row${i >> 2} + ${i & 3}u, sizes.m - 1u) * sizes.strideA;`,
        )),
    ...(transposeB
      ? columns.map(
          (j) => `let b${j} = startB + min(4u * column${j >> 2} + ${j & 3}u, sizes.n - 1u) * sizes.strideB;`,
        )
      : times(tile.columns / 4, (j) => `let b${j} = startB + min(column${j}, lastColumn);`)),
  ];
  const loads = [
    ...(transposeA
      ? both(4, tile.rows / 4, (l, i) => `let x${l}_${i} = loadA(a${i} + (4u * at + ${l}u) * sizes.strideA);`)
      : rows.map((i) => `let x${i} = loadA(a${i} + at);`)),
    ...(transposeB
      ? columns.map((j) => `let t${j} = loadB(b${j} + at);`)
      : both(
          4,
          tile.columns / 4,
          (l, j) => `let y${l}_${j} = loadB(b${j} + (4u * at + ${l}u) * sizes.strideB);`,
        )),
    ...(transposeB
      ? both(4, tile.columns / 4, (l, j) => `let y${l}_${j} = ${across4('t', 4 * j, l, kind)};`)
      : []),
  ];
  return `${lines(fixed)}
  for (var at = first; at < last; at++) {
${lines(loads, 2)}
${lines(products(tile, kind), 2)}
  }`;
}

/** The workgroup brings a slice of both factors to its memory, then each invocation reads what it needs from there. */
function sharedLoop(tile: Tile, kind: ProductKind): string {
  const { rows, columns, across, down, depth } = tile;
  const k4 = depth / 4;
  const rows4 = (rows / 4) * down;
  const columns4 = (columns / 4) * across;
  const reads = [
    ...(kind.transposeA
      ? both(
          4,
          rows / 4,
          (l, i) => `let x${l}_${i} = sharedA[(4u * at + ${l}u) * ${rows4}u + own.y + ${i * down}u];`,
        )
      : times(
          rows,
          (i) => `let x${i} = sharedA[(4u * (own.y + ${(i >> 2) * down}u) + ${i & 3}u) * ${k4}u + at];`,
        )),
    ...both(
      4,
      columns / 4,
      (l, j) => `let y${l}_${j} = sharedB[(4u * at + ${l}u) * ${columns4}u + own.x + ${j * across}u];`,
    ),
  ];
  return `  let me = own.y * ${across}u + own.x;
  for (var slice = first; slice < last; slice += ${k4}u) {
${each(kind.transposeA ? depth * rows4 : 4 * rows4 * k4, across * down, kind.transposeA ? loadTransposedA(rows4, kind) : loadA(k4, kind))}
${kind.transposeB ? each(columns4 * k4, across * down, loadTransposedB(columns4, k4, kind)) : each(depth * columns4, across * down, loadB(columns4, kind))}
    workgroupBarrier();
    for (var at = 0u; at < ${k4}u; at++) {
${lines(reads, 3)}
${lines(products(tile, kind), 3)}
    }
    workgroupBarrier();
  }`;
}

function sharedDeclarations({ rows, columns, across, down, depth }: Tile, { type }: ProductKind): string {
  return `var<workgroup> sharedA: array<vec4<${type}>, ${(depth * rows * down) / 4}>;
var<workgroup> sharedB: array<vec4<${type}>, ${(depth * columns * across) / 4}>;`;
}

/** Rows of A, by fours along k. */
const loadA = (k4: number, { type }: ProductKind): string[] => [
  `let at = slice + i % ${k4}u;`,
  `let row = min(4u * groupRow + i / ${k4}u, sizes.m - 1u);`,
  `sharedA[i] = select(vec4<${type}>(), loadA(startA + row * sizes.strideA + min(at, sizes.k4 - 1u)), at < last);`,
];

/** Rows of the transposed A, which go along k, by fours along m. */
const loadTransposedA = (rows4: number, { type }: ProductKind): string[] => [
  `let at = 4u * slice + i / ${rows4}u;`,
  `let row = min(groupRow + i % ${rows4}u, lastRow);`,
  `sharedA[i] = select(vec4<${type}>(), loadA(startA + min(at, 4u * sizes.k4 - 1u) * sizes.strideA + row), at < 4u * last);`,
];

/** Rows of B, which go along k, by fours along n. */
const loadB = (columns4: number, { type }: ProductKind): string[] => [
  `let at = 4u * slice + i / ${columns4}u;`,
  `let column = min(groupColumn + i % ${columns4}u, lastColumn);`,
  `sharedB[i] = select(vec4<${type}>(), loadB(startB + min(at, 4u * sizes.k4 - 1u) * sizes.strideB + column), at < 4u * last);`,
];

/** Blocks of 4 × 4 of the transposed B, turned round on the way. */
const loadTransposedB = (columns4: number, k4: number, kind: ProductKind): string[] => [
  `let at = slice + i % ${k4}u;`,
  `let column = groupColumn + i / ${k4}u;`,
  `let source = startB + min(at, sizes.k4 - 1u);`,
  ...times(
    4,
    (j) =>
      `let t${j} = select(vec4<${kind.type}>(), loadB(source + min(4u * column + ${j}u, sizes.n - 1u) * sizes.strideB), at < last);`,
  ),
  `let to = 4u * (i % ${k4}u) * ${columns4}u + i / ${k4}u;`,
  ...times(4, (l) => `sharedB[to + ${l * columns4}u] = ${across4('t', 0, l, kind)};`),
];

/** Divides `count` steps among the workgroup's invocations. */
function each(count: number, invocations: number, step: string[]): string {
  const loop =
    count === invocations
      ? ['{', 'let i = me;']
      : [`for (var i = me; i < ${count}u; i += ${invocations}u) {`];
  return lines([...loop, ...step.map((line) => `  ${line}`), '}'], 2);
}

/** Four steps along k of the invocation's part of the product. */
function products({ rows, columns }: Tile, { type, transposeA }: ProductKind): string[] {
  return times(4, (l) => l).flatMap((l) =>
    both(rows, columns / 4, (i, j) => {
      const x = transposeA ? `x${l}_${i >> 2}[${i & 3}]` : `x${i}[${l}]`;
      return `sum${i}_${j} += vec4<${type}>(${x}) * y${l}_${j};`;
    }),
  );
}

function stores({ rows, columns }: Tile, { fours }: ProductKind): string {
  return times(rows, (i) => i)
    .map((i) => {
      const inside = times(columns / 4, (j) => j).map((j) => {
        if (fours)
          return `if (column${j} <= lastColumn) { c[(startC + row * sizes.n) / 4u + column${j}] = sum${i}_${j}; }`;
        return times(4, (e) => e)
          .map((e) => {
            const column = `4u * column${j} + ${e}u`;
            return `if (${column} < sizes.n) { c[startC + row * sizes.n + ${column}] = sum${i}_${j}[${e}]; }`;
          })
          .join(' ');
      });
      return lines([
        `{`,
        `let row = 4u * row${i >> 2} + ${i & 3}u;`,
        'if (row < sizes.m) {',
        ...inside,
        '}',
        '}',
      ]);
    })
    .join('\n');
}

function accumulators({ rows, columns }: Tile): string[] {
  return both(rows, columns / 4, (i, j) => `sum${i}_${j}`);
}

/** The l-th elements of four vectors. */
function across4(name: string, from: number, l: number, { type }: ProductKind): string {
  return `vec4<${type}>(${times(4, (j) => `${name}${from + j}[${l}]`).join(', ')})`;
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

function both(outer: number, inner: number, make: (i: number, j: number) => string): string[] {
  return times(outer, (i) => times(inner, (j) => make(i, j))).flat();
}

function lines(list: readonly string[], depth = 1): string {
  return list.map((line) => `${'  '.repeat(depth)}${line}`).join('\n');
}
