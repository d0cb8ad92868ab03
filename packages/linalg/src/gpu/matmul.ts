/** @file The matrix product on a GPU. */
import { type MatmulOptions, productShape } from '../ops/product.js';
import { sizeOf } from '../shapes.js';
import { compiles } from './compiles.js';
import {
  type Extents,
  eachLayers,
  type Factor,
  folded,
  type Grain,
  leftFactor,
  rightFactor,
} from './factors.js';
import { matmulKernel, type ProductKind, SIZES, type Sizes, type Tile } from './matmul-kernel.js';
import { MatrixUnits } from './matrix-units.js';
import {
  type ComputedDType,
  checkGpuArray,
  type GpuArray,
  type GpuDevicePort,
  type GpuTraits,
  wgslType,
} from './port.js';
import { sumLanes } from './reduce.js';
import { chooseTile, type Tiles, tilesFor } from './tiles.js';
import { type TileStore, type Trial, Tuning } from './tuning.js';

/** All loads are of four neighbours; the other edges the kernel sees to. */
const FOURS: Grain = { k: 4, rows: 1, columns: 4, half: false };

/**
 * x·y. What the operation `matmul` takes, and its errors. The first large product on a kind of GPU that `store` does not know
 * finds out which tile is the fastest there. `tilesOf`: those to choose from.
 */
export function makeMatmul(store: TileStore, tilesOf: (traits: GpuTraits) => Tiles = tilesFor) {
  const devices = new WeakMap<GPUDevice, Known>();
  return (
    gpu: GpuDevicePort,
    x: unknown,
    y: unknown,
    options: MatmulOptions = {},
  ): GpuArray | Promise<GpuArray> => {
    let known = devices.get(gpu.device);
    if (known === undefined) {
      known = { tuning: new Tuning(gpu, tilesOf(gpu), store), units: new MatrixUnits(gpu) };
      devices.set(gpu.device, known);
    }
    return matmul(gpu, known, x, y, options);
  };
}

/** What is known of a device. */
interface Known {
  readonly tuning: Tuning;
  readonly units: MatrixUnits;
}

function matmul(
  gpu: GpuDevicePort,
  { tuning, units }: Known,
  givenX: unknown,
  givenY: unknown,
  options: MatmulOptions,
): GpuArray | Promise<GpuArray> {
  const x = checkGpuArray('matmul', 'x', givenX);
  const y = checkGpuArray('matmul', 'y', givenY);
  const { kept, multiplications, ...extents } = productShape(x, y, options);
  if (sizeOf(kept) === 0 || extents.k === 0) return gpu.alloc(kept, x.dtype, { zeroed: true });
  const { transposeA = false, transposeB = false, precision } = options;
  const record = (): GpuArray => {
    const grain = precision === 'half' ? { ...FOURS, half: true } : FOURS;
    const a = leftFactor(gpu, x, transposeA, grain);
    const b = rightFactor(gpu, y, transposeB, grain);
    const out = gpu.alloc(kept, x.dtype);
    multiply(gpu, tuning.tiles, out, a, b, folded(extents, a, b));
    return out;
  };
  if (precision === 'half' && units.wanted(multiplications)) {
    const made = units.multiply(gpu, { x, y, transposeA, transposeB, extents, shape: kept });
    return made instanceof Promise ? made.then((out) => out ?? record()) : (made ?? record());
  }
  return tuning.wanted(multiplications) ? tuning.run(gpu, trial(gpu)).then(record) : record();
}

/** Products of undefined elements, with any tile. */
function trial(gpu: GpuDevicePort): Trial {
  let arrays: GpuArray<'float32'>[] | undefined;
  const isPossible = (tile: Tile): Promise<boolean> =>
    compiles(gpu, matmulKernel(tile, { type: 'f32', transposeA: false, transposeB: false, fours: true }));
  const record = (tile: Tile, size: number): void => {
    if (arrays?.[0]?.shape[0] !== size)
      arrays = Array.from({ length: 3 }, () => gpu.alloc([size, size], 'float32', { zeroed: true }));
    const [x, y, out] = arrays as [GpuArray<'float32'>, GpuArray<'float32'>, GpuArray<'float32'>];
    const tiles = { candidates: [{ tile, cost: 1 }], workgroups: 1 };
    multiply(gpu, tiles, out, leftFactor(gpu, x, false, FOURS), rightFactor(gpu, y, false, FOURS), {
      m: size,
      n: size,
      k: size,
      stack: [],
    });
  };
  return { isPossible, record };
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
  const k4 = Math.ceil(k / 4);
  const sizes = {
    m,
    n,
    k4,
    k4PerSplit: Math.ceil(k4 / splits),
    splits,
    strideA: a.stride / 4,
    strideB: b.stride / 4,
  };
  const across = Math.ceil(n / (tile.columns * tile.across));
  const down = Math.ceil(m / (tile.rows * tile.down));
  const parts = splits === 1 ? out : gpu.alloc([layers, splits, m, n], out.dtype);
  const most = Math.floor(gpu.limits.workgroupsPerDimension / splits);
  eachLayers(stack, a, b, most, ({ count, at, offsetA, offsetB, stepA, stepB }) => {
    const uniforms = uniformsOf({
      ...sizes,
      stackA: stepA / 4,
      stackB: stepB / 4,
      offsetA: offsetA / 4,
      offsetB: offsetB / 4,
      offsetC: at * splits * m * n,
    });
    gpu.run(kernel, {
      bindings: [a.array, b.array, parts],
      workgroups: [across, down, count * splits],
      uniforms,
    });
  });
  if (parts !== out) sumLanes(gpu, parts, out, { outer: layers, count: splits, inner: m * n });
}

function uniformsOf(sizes: Sizes): Uint32Array {
  return Uint32Array.from(SIZES, (name) => sizes[name]);
}
