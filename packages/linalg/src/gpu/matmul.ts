/** @file The matrix product on a GPU. */
import { eachRow } from '../loops.js';
import { type MatmulOptions, productShape } from '../ops/product.js';
import { rowMajor, sizeOf, stretchedStrides } from '../shapes.js';
import { matmulKernel, type ProductKind, SIZES, type Sizes, type Tile } from './matmul-kernel.js';
import { padded, upToFour } from './pad.js';
import { type ComputedDType, checkGpuArray, type GpuArray, type GpuDevicePort, wgslType } from './port.js';

const TILE: Tile = { rows: 8, columns: 8, across: 8, down: 4, depth: 0 };

/** A factor as the kernel reads it: a stack of matrices whose rows are whole fours. */
interface Factor {
  readonly array: GpuArray<ComputedDType>;
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

/** x·y. What the operation `matmul` takes, and its errors. */
export function matmul(
  gpu: GpuDevicePort,
  givenX: unknown,
  givenY: unknown,
  options: MatmulOptions = {},
): GpuArray {
  const x = checkGpuArray('matmul', 'x', givenX);
  const y = checkGpuArray('matmul', 'y', givenY);
  const { kept, ...extents } = productShape(x, y, options);
  const out = gpu.alloc(kept, x.dtype, { zeroed: extents.k === 0 });
  if (out.size === 0 || extents.k === 0) return out;
  const a = leftFactor(gpu, x, options.transposeA ?? false);
  const b = rightFactor(gpu, y, options.transposeB ?? false);
  multiply(gpu, out, a, b, folded(extents, a, b));
  return out;
}

function leftFactor(gpu: GpuDevicePort, x: GpuArray<ComputedDType>, transpose: boolean): Factor {
  if (x.dimension === 1) return factor(gpu, gpu.reshape(x, [1, x.size]), false, false);
  return factor(gpu, x, transpose, transpose);
}

function rightFactor(gpu: GpuDevicePort, y: GpuArray<ComputedDType>, transpose: boolean): Factor {
  // A vector is one column, which is how the transpose of a row is stored.
  if (y.dimension === 1) return factor(gpu, gpu.reshape(y, [1, y.size]), true, false);
  return factor(gpu, y, transpose, !transpose);
}

/** `kAlongRows`: steps along k go from row to row, so there must be whole fours of rows too. */
function factor(
  gpu: GpuDevicePort,
  given: GpuArray<ComputedDType>,
  transposed: boolean,
  kAlongRows: boolean,
): Factor {
  const [rows, columns] = given.shape.slice(-2) as [number, number];
  const array = padded(gpu, given, [rows, columns], kAlongRows);
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

function multiply(gpu: GpuDevicePort, out: GpuArray, a: Factor, b: Factor, extents: Extents): void {
  const { m, n, k, stack } = extents;
  const kind: ProductKind = {
    type: wgslType(a.array),
    transposeA: a.transposed,
    transposeB: b.transposed,
    fours: n % 4 === 0,
  };
  const kernel = gpu.kernel(`linalg.matmul ${Object.values(TILE)} ${Object.values(kind)}`, () => ({
    label: 'matmul',
    wgsl: matmulKernel(TILE, kind),
  }));
  const across = Math.ceil(n / (TILE.columns * TILE.across));
  const down = Math.ceil(m / (TILE.rows * TILE.down));
  const most = gpu.limits.workgroupsPerDimension;
  const sizes = {
    m,
    n,
    k4: upToFour(k) / 4,
    k4PerSplit: upToFour(k) / 4,
    splits: 1,
    strideA: a.stride,
    strideB: b.stride,
  };
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
        offsetC: (atC! + done) * m * n,
      });
      const workgroups = [across, down, Math.min(most, count - done)] as const;
      gpu.run(kernel, { bindings: [a.array, b.array, out], workgroups, uniforms });
    }
  });
}

/** How many matrices of a factor neighbours along each axis of the stack are apart. */
function matrixStrides({ stack }: Factor, shape: readonly number[]): number[] {
  return stretchedStrides({ shape: stack, strides: rowMajor(stack), offset: 0 }, shape);
}

function uniformsOf(sizes: Sizes): Uint32Array {
  return Uint32Array.from(SIZES, (name) => sizes[name]);
}
