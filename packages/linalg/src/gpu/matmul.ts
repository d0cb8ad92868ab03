/** @file The matrix product on a GPU. */
import { eachRow } from '../loops.js';
import { type MatmulOptions, productShape } from '../ops/product.js';
import { rowMajor, sizeOf, stretchedStrides } from '../shapes.js';
import { matmulKernel, type ProductKind, SIZES, type Sizes } from './matmul-kernel.js';
import { padded, upToFour } from './pad.js';
import { type ComputedDType, checkGpuArray, type GpuArray, type GpuDevicePort, wgslType } from './port.js';
import { sumLanes } from './reduce.js';
import { chooseTile, type Tiles } from './tiles.js';
import { type RecordTrial, type TileStore, Tuning } from './tuning.js';

/** A factor as the kernel reads it: a stack of matrices whose rows are whole fours. */
interface Factor {
  readonly array: GpuArray<ComputedDType | 'float16'>;
  readonly transposed: boolean;
  /** The axes before the last two. */
  readonly stack: readonly number[];
  /** From a row, and from a matrix, to the next, in fours. */
  readonly stride: number;
  readonly layer: number;
}

/** What is multiplied, once for each matrix of the stack. */
interface Extents {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly stack: readonly number[];
}

/**
 * x·y. What the operation `matmul` takes, and its errors. The first large product on a kind of GPU that `store` does not know
 * finds out which tile is the fastest there.
 */
export function makeMatmul(store: TileStore) {
  const tunings = new WeakMap<GPUDevice, Tuning>();
  return (
    gpu: GpuDevicePort,
    x: unknown,
    y: unknown,
    options: MatmulOptions = {},
  ): GpuArray | Promise<GpuArray> => {
    let tuning = tunings.get(gpu.device);
    if (tuning === undefined) {
      tuning = new Tuning(gpu, store);
      tunings.set(gpu.device, tuning);
    }
    return matmul(gpu, tuning, x, y, options);
  };
}

function matmul(
  gpu: GpuDevicePort,
  tuning: Tuning,
  givenX: unknown,
  givenY: unknown,
  options: MatmulOptions,
): GpuArray | Promise<GpuArray> {
  const x = checkGpuArray('matmul', 'x', givenX);
  const y = checkGpuArray('matmul', 'y', givenY);
  const { kept, multiplications, ...extents } = productShape(x, y, options);
  const out = gpu.alloc(kept, x.dtype, { zeroed: extents.k === 0 });
  if (out.size === 0 || extents.k === 0) return out;
  const half = options.precision === 'half';
  const a = leftFactor(gpu, x, options.transposeA ?? false, half);
  const b = rightFactor(gpu, y, options.transposeB ?? false, half);
  const record = (): GpuArray => {
    multiply(gpu, tuning.tiles, out, a, b, folded(extents, a, b));
    return out;
  };
  return tuning.wanted(multiplications) ? tuning.run(gpu, trial(gpu)).then(record) : record();
}

/** Products of undefined elements, with any tile. */
function trial(gpu: GpuDevicePort): RecordTrial {
  let arrays: GpuArray<'float32'>[] | undefined;
  return (tile, size) => {
    if (arrays?.[0]?.shape[0] !== size)
      arrays = Array.from({ length: 3 }, () => gpu.alloc([size, size], 'float32', { zeroed: true }));
    const [x, y, out] = arrays as [GpuArray<'float32'>, GpuArray<'float32'>, GpuArray<'float32'>];
    const tiles = { candidates: [{ tile, cost: 1 }], workgroups: 1 };
    multiply(gpu, tiles, out, leftFactor(gpu, x, false, false), rightFactor(gpu, y, false, false), {
      m: size,
      n: size,
      k: size,
      stack: [],
    });
  };
}

function leftFactor(
  gpu: GpuDevicePort,
  x: GpuArray<ComputedDType>,
  transpose: boolean,
  half: boolean,
): Factor {
  if (x.dimension === 1) return factor(gpu, gpu.reshape(x, [1, x.size]), false, false, half);
  return factor(gpu, x, transpose, transpose, half);
}

function rightFactor(
  gpu: GpuDevicePort,
  y: GpuArray<ComputedDType>,
  transpose: boolean,
  half: boolean,
): Factor {
  // A vector is one column, which is how the transpose of a row is stored.
  if (y.dimension === 1) return factor(gpu, gpu.reshape(y, [1, y.size]), true, false, half);
  return factor(gpu, y, transpose, !transpose, half);
}

/** `kAlongRows`: steps along k go from row to row, so there must be whole fours of rows too. */
function factor(
  gpu: GpuDevicePort,
  given: GpuArray<ComputedDType>,
  transposed: boolean,
  kAlongRows: boolean,
  half: boolean,
): Factor {
  const [rows, columns] = given.shape.slice(-2) as [number, number];
  const array = padded(gpu, given, [rows, columns], kAlongRows, half);
  const stride = upToFour(columns) / 4;
  const layer = stride * (kAlongRows ? upToFour(rows) : rows);
  return { array, transposed, stack: given.shape.slice(0, -2), stride, layer };
}

/** A stack that is multiplied with one and the same matrix is one tall matrix. */
function folded(extents: Extents, a: Factor, b: Factor): Extents {
  const { m, stack } = extents;
  const layers = sizeOf(stack);
  if (a.transposed || sizeOf(b.stack) > 1 || sizeOf(a.stack) !== layers) return extents;
  return { ...extents, m: layers * m, stack: [] };
}

function multiply(
  gpu: GpuDevicePort,
  tiles: Tiles,
  out: GpuArray<ComputedDType>,
  a: Factor,
  b: Factor,
  { m, n, k, stack }: Extents,
): void {
  const layers = sizeOf(stack);
  const { tile, splits } = chooseTile(tiles, { m, n, k, layers });
  const kind: ProductKind = {
    type: wgslType(out),
    half: a.array.dtype === 'float16',
    transposeA: a.transposed,
    transposeB: b.transposed,
    fours: n % 4 === 0,
  };
  const kernel = gpu.kernel(`linalg.matmul ${Object.values(tile)} ${Object.values(kind)}`, () => ({
    label: 'matmul',
    wgsl: matmulKernel(tile, kind),
  }));
  const k4 = upToFour(k) / 4;
  const sizes = {
    m,
    n,
    k4,
    k4PerSplit: Math.ceil(k4 / splits),
    splits,
    strideA: a.stride,
    strideB: b.stride,
  };
  const across = Math.ceil(n / (tile.columns * tile.across));
  const down = Math.ceil(m / (tile.rows * tile.down));
  const parts = splits === 1 ? out : gpu.alloc([layers, splits, m, n], out.dtype);
  const most = Math.floor(gpu.limits.workgroupsPerDimension / splits);
  const matrices = [rowMajor(stack), matrixStrides(a, stack), matrixStrides(b, stack)];
  const geometries = matrices.map((strides) => ({ shape: stack, strides, offset: 0 }));
  eachRow(stack, geometries, ([atC, atA, atB], [, stepA, stepB], count) => {
    for (let done = 0; done < count; done += most) {
      const uniforms = uniformsOf({
        ...sizes,
        stackA: stepA! * a.layer,
        stackB: stepB! * b.layer,
        offsetA: (atA! + done * stepA!) * a.layer,
        offsetB: (atB! + done * stepB!) * b.layer,
        offsetC: (atC! + done) * splits * m * n,
      });
      const workgroups = [across, down, Math.min(most, count - done) * splits] as const;
      gpu.run(kernel, { bindings: [a.array, b.array, parts], workgroups, uniforms });
    }
  });
  if (parts !== out) sumLanes(gpu, parts, out, { outer: layers, count: splits, inner: m * n });
}

/** How many matrices of a factor neighbours along each axis of the stack are apart. */
function matrixStrides({ stack }: Factor, shape: readonly number[]): number[] {
  return stretchedStrides({ shape: stack, strides: rowMajor(stack), offset: 0 }, shape);
}

function uniformsOf(sizes: Sizes): Uint32Array {
  return Uint32Array.from(SIZES, (name) => sizes[name]);
}
