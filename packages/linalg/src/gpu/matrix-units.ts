/**
 * @file Products in half precision by a GPU's matrix units, where a device has them: after they have multiplied one product
 * right that is known.
 */
import { sizeOf } from '../shapes.js';
import { compiles } from './compiles.js';
import { rearranged } from './elementwise.js';
import { type Extents, eachLayers, folded, type Grain, leftFactor, rightFactor } from './factors.js';
import {
  blockOf,
  isUsable,
  UNIT_SIZES,
  type UnitSize,
  type UnitSizes,
  type UnitsKind,
  unitsKernel,
} from './matrix-units-kernel.js';
import { upTo } from './pad.js';
import type { ComputedDType, GpuArray, GpuDevicePort, GpuTraits } from './port.js';

/** Smaller products are not worth whole blocks. */
const LEAST = 2 ** 18;

/** A product with its axes sorted out. */
export interface HalfProduct {
  readonly x: GpuArray<ComputedDType>;
  readonly y: GpuArray<ComputedDType>;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly extents: Extents;
  /** The result's shape. */
  readonly shape: readonly number[];
}

/** The matrix units of one device. */
export class MatrixUnits {
  /** Undefined: it is being found out whether they work. */
  private works: boolean | undefined = undefined;
  private asked = false;
  private readonly unit: UnitSize | undefined;
  private readonly subgroupSize: number;

  constructor({ matrixUnits, subgroupSize = 0 }: Pick<GpuTraits, 'matrixUnits' | 'subgroupSize'>) {
    const found = matrixUnits.find(
      (unit) => unit.factors === 'f16' && unit.result === 'f32' && isUsable(unit),
    );
    this.unit = subgroupSize > 0 ? found : undefined;
    this.subgroupSize = subgroupSize;
  }

  /** Whether a product of so many multiplications goes through them, if they work. */
  wanted(multiplications: number): boolean {
    return this.unit !== undefined && this.works !== false && multiplications >= LEAST;
  }

  /** The product; undefined where they do not work, or that is being found out. */
  multiply(
    gpu: GpuDevicePort,
    product: HalfProduct,
  ): GpuArray<ComputedDType> | undefined | Promise<GpuArray<ComputedDType> | undefined> {
    if (this.works === undefined) {
      if (this.asked) return undefined;
      this.asked = true;
      return this.check(gpu).then(() => (this.works ? this.record(gpu, product) : undefined));
    }
    return this.works ? this.record(gpu, product) : undefined;
  }

  /** Multiplies small whole numbers, of which no sum is rounded, in each orientation. */
  private async check(gpu: GpuDevicePort): Promise<void> {
    const [m, n, k] = [96, 80, 40];
    const number = (i: number, j: number) => ((7 * i + 3 * j) % 5) - 2;
    try {
      for (const [transposeA, transposeB] of ORIENTATIONS) {
        if (!(await compiles(gpu, unitsKernel(this.kind(transposeA, transposeB)))))
          throw new Error('does not compile');
        const x = filled(gpu, transposeA ? [k, m] : [m, k], transposeA ? (l, i) => number(i, l) : number);
        const y = filled(gpu, transposeB ? [n, k] : [k, n], transposeB ? (j, l) => number(l, j) : number);
        const extents = { m, n, k, stack: [] };
        const found = await gpu.read(
          this.record(gpu, { x, y, transposeA, transposeB, extents, shape: [m, n] }),
        );
        for (let i = 0; i < m; i++) {
          for (let j = 0; j < n; j++) {
            let sum = 0;
            for (let l = 0; l < k; l++) sum += number(i, l) * number(l, j);
            if (found[i * n + j] !== sum) throw new Error('multiplies wrongly');
          }
        }
      }
      this.works = true;
    } catch {
      this.works = false;
    }
  }

  private record(gpu: GpuDevicePort, product: HalfProduct): GpuArray<ComputedDType> {
    const { x, y, transposeA, transposeB, shape } = product;
    const block = blockOf(this.unit as UnitSize);
    const grain: Grain = { k: block.k, rows: block.m, columns: block.n, half: true };
    const a = leftFactor(gpu, x, transposeA, grain);
    const b = rightFactor(gpu, y, transposeB, grain);
    // A stack of padded matrices is no tall matrix, unless no row was added.
    const isWhole = product.extents.m % block.m === 0;
    const { m, n, k, stack } = isWhole ? folded(product.extents, a, b) : product.extents;
    const [rows, columns] = [upTo(block.m, m), upTo(block.n, n)];
    const out = gpu.alloc([sizeOf(stack), rows, columns], 'float32');
    const kind = this.kind(a.transposed, b.transposed);
    const kernel = gpu.kernel(`linalg.units ${JSON.stringify(kind)}`, () => ({
      label: 'matmul',
      wgsl: unitsKernel(kind),
    }));
    const sizes = {
      k: upTo(block.k, k),
      strideA: a.stride,
      strideB: b.stride,
      strideC: columns,
      stackC: rows * columns,
    };
    eachLayers(
      stack,
      a,
      b,
      gpu.limits.workgroupsPerDimension,
      ({ count, at, offsetA, offsetB, stepA, stepB }) => {
        const offsetC = at * rows * columns;
        const uniforms = uniformsOf({ ...sizes, stackA: stepA, stackB: stepB, offsetA, offsetB, offsetC });
        const workgroups = [columns / block.n, rows / block.m, count] as const;
        gpu.run(kernel, { bindings: [a.array, b.array, out], workgroups, uniforms });
      },
    );
    if (rows === m && columns === n) return gpu.reshape(out, shape);
    const inside = rearranged(gpu, 'matmul', out, [sizeOf(stack), m, n], [rows * columns, columns, 1]);
    return gpu.reshape(inside, shape);
  }

  private kind(transposeA: boolean, transposeB: boolean): UnitsKind {
    return { unit: this.unit as UnitSize, subgroupSize: this.subgroupSize, transposeA, transposeB };
  }
}

/** Which factors are transposed. */
export const ORIENTATIONS = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const;

function filled(
  gpu: GpuDevicePort,
  [rows, columns]: readonly [number, number] | number[],
  element: (i: number, j: number) => number,
): GpuArray<'float32'> {
  const data = new Float32Array(rows! * columns!);
  for (let at = 0; at < data.length; at++) data[at] = element(Math.floor(at / columns!), at % columns!);
  return gpu.upload(data, [rows!, columns!]) as GpuArray<'float32'>;
}

function uniformsOf(sizes: UnitSizes): Uint32Array {
  return Uint32Array.from(UNIT_SIZES, (name) => sizes[name]);
}
