/** @file The factors of a product as kernels read them: stacks of matrices, padded with zeros to whole blocks. */
import { eachRow } from '../loops.js';
import { rowMajor, sizeOf, stretchedStrides } from '../shapes.js';
import { padded, upTo } from './pad.js';
import type { ComputedDType, GpuArray, GpuDevicePort } from './port.js';

/** Of what numbers a kernel wants extents to be multiples. */
export interface Grain {
  /** Along k. */
  readonly k: number;
  /** Along m or n: of the rows, or the columns, that a factor is stored in. */
  readonly rows: number;
  readonly columns: number;
  readonly half: boolean;
}

/** A stack of matrices. */
export interface Factor {
  readonly array: GpuArray<ComputedDType | 'float16'>;
  readonly transposed: boolean;
  /** The axes before the last two. */
  readonly stack: readonly number[];
  /** Elements from a row, and from a matrix, to the next. */
  readonly stride: number;
  readonly layer: number;
}

/** What is multiplied, once for each matrix of the stack. */
export interface Extents {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly stack: readonly number[];
}

export function leftFactor(
  gpu: GpuDevicePort,
  x: GpuArray<ComputedDType>,
  transpose: boolean,
  grain: Grain,
): Factor {
  if (x.dimension === 1) return factor(gpu, gpu.reshape(x, [1, x.size]), false, false, grain);
  return factor(gpu, x, transpose, transpose, grain);
}

export function rightFactor(
  gpu: GpuDevicePort,
  y: GpuArray<ComputedDType>,
  transpose: boolean,
  grain: Grain,
): Factor {
  // A vector is one column, which is how the transpose of a row is stored.
  if (y.dimension === 1) return factor(gpu, gpu.reshape(y, [1, y.size]), true, false, grain);
  return factor(gpu, y, transpose, !transpose, grain);
}

/** `kAlongRows`: steps along k go from row to row. */
function factor(
  gpu: GpuDevicePort,
  given: GpuArray<ComputedDType>,
  transposed: boolean,
  kAlongRows: boolean,
  grain: Grain,
): Factor {
  const [rows, columns] = given.shape.slice(-2) as [number, number];
  const paddedRows = upTo(kAlongRows ? grain.k : grain.rows, rows);
  const paddedColumns = upTo(kAlongRows ? grain.columns : grain.k, columns);
  const array = padded(gpu, given, [rows, columns], [paddedRows, paddedColumns], grain.half);
  return {
    array,
    transposed,
    stack: given.shape.slice(0, -2),
    stride: paddedColumns,
    layer: paddedRows * paddedColumns,
  };
}

/** A stack that is multiplied with one and the same matrix is one tall matrix. */
export function folded(extents: Extents, a: Factor, b: Factor): Extents {
  const { m, stack } = extents;
  const layers = sizeOf(stack);
  if (a.transposed || sizeOf(b.stack) > 1 || sizeOf(a.stack) !== layers) return extents;
  return { ...extents, m: layers * m, stack: [] };
}

/** Matrices of a stack that one dispatch multiplies. Offsets and steps are in elements; those of the result, in matrices. */
export interface Layers {
  readonly count: number;
  readonly at: number;
  readonly offsetA: number;
  readonly offsetB: number;
  readonly stepA: number;
  readonly stepB: number;
}

/** Calls `visit` for each run of matrices that are evenly apart in both factors, of at most `most`. */
export function eachLayers(
  stack: readonly number[],
  a: Factor,
  b: Factor,
  most: number,
  visit: (layers: Layers) => void,
): void {
  const matrices = [rowMajor(stack), matrixStrides(a, stack), matrixStrides(b, stack)];
  const geometries = matrices.map((strides) => ({ shape: stack, strides, offset: 0 }));
  eachRow(stack, geometries, ([at, atA, atB], [, stepA, stepB], count) => {
    for (let done = 0; done < count; done += most) {
      visit({
        count: Math.min(most, count - done),
        at: at! + done,
        offsetA: (atA! + done * stepA!) * a.layer,
        offsetB: (atB! + done * stepB!) * b.layer,
        stepA: stepA! * a.layer,
        stepB: stepB! * b.layer,
      });
    }
  });
}

/** How many matrices of a factor neighbours along each axis of the stack are apart. */
function matrixStrides({ stack }: Factor, shape: readonly number[]): number[] {
  return stretchedStrides({ shape: stack, strides: rowMajor(stack), offset: 0 }, shape);
}
