/** @file What a matrix product's shapes mean, with numpy's rules for vectors and for stacks of matrices: no data. */
import type { DType } from '../dtype.js';
import type { NDArray } from '../ndarray.js';
import { broadcast, sizeOf } from '../shapes.js';
import { anything, checkOptions, checkTypes, type Described, describe, flag, shapeError } from './check.js';

/** How the factors of a product are meant. */
export interface MatmulOptions {
  /** Multiplies with the transpose of x: its last two axes swapped. */
  readonly transposeA?: boolean;
  /** Multiplies with the transpose of y: its last two axes swapped. */
  readonly transposeB?: boolean;
  /**
   * `'single'`: factors of float64 are multiplied as float32, which gives float32. So the product may run on a GPU, which
   * has no float64. `'half'`: factors of floats are rounded to half precision (11 bits, up to 65504) and their products are
   * added up in float32, which gives float32; faster on GPUs that have `shader-f16`, not on others and on CPUs.
   */
  readonly precision?: 'single' | 'half';
  /**
   * An array that the product is written to, and which is given back (numpy: `out`): of the product's type and shape, dense,
   * and apart from the factors' memory. A loop that uses one makes no garbage: collecting 1024² products of float64 takes
   * longer than 10 % of computing them. On ordinary memory (`copy()`) a task writes to a shared copy of it. Products with
   * `out` stay on threads.
   */
  readonly out?: NDArray;
}

const RULES = { transposeA: flag, transposeB: flag, precision: anything, out: anything };

/** The element type of a product. */
export type ProductDType<D extends DType, O> = O extends { readonly precision: string } ? 'float32' : D;

/** A product with its axes sorted out. */
export interface ProductShape {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  /** Axes before the last two, which have been stretched to one shape. */
  readonly stack: readonly number[];
  /** The result's shape, as numpy has it: without the axes that vectors were lent. */
  readonly kept: readonly number[];
  readonly multiplications: number;
}

/**
 * Sorts the axes out. A vector is lent an axis, which the result does not have; the axes before the last two are
 * stacks, which stretch as in numpy.
 *
 * @throws TypeError when the element types differ.
 * @throws RangeError when the shapes do not fit.
 */
export function productShape(x: Described, y: Described, options: MatmulOptions): ProductShape {
  const { transposeA = false, transposeB = false } = checkOptions('matmul', options, RULES);
  checkPrecision(x, y, options);
  checkTypes('matmul', x, y);
  if (x.shape.length === 0 || y.shape.length === 0) {
    const what = `${describe(x)} and ${describe(y)}`;
    throw new RangeError(`matmul: ${what}: a single number has no matrix product; use scale or mul`);
  }
  const [m, k] = x.shape.length === 1 ? [1, x.shape[0]!] : matrixOf(x.shape, transposeA);
  const [rowsY, n] = y.shape.length === 1 ? [y.shape[0]!, 1] : matrixOf(y.shape, transposeB);
  if (k !== rowsY) {
    const flags = `${transposeA ? ', x transposed' : ''}${transposeB ? ', y transposed' : ''}`;
    throw shapeError('matmul', x, y, `${k} columns meet ${rowsY} rows${flags}`);
  }
  const stack = broadcast(x.shape.slice(0, -2), y.shape.slice(0, -2));
  if (stack === undefined) throw shapeError('matmul', x, y, 'the axes before the last two do not stretch');
  const kept = [...stack, ...(x.shape.length > 1 ? [m] : []), ...(y.shape.length > 1 ? [n] : [])];
  return { m, k, n, stack, kept, multiplications: sizeOf(stack) * m * n * k };
}

function matrixOf(shape: readonly number[], transposed: boolean): readonly [number, number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return transposed ? [columns, rows] : [rows, columns];
}

function checkPrecision(x: Described, y: Described, { precision }: MatmulOptions): void {
  if (precision === undefined) return;
  if (precision !== 'single' && precision !== 'half')
    throw new TypeError(
      `matmul: precision is 'single', 'half' or not given, not ${JSON.stringify(precision)}`,
    );
  for (const array of [x, y]) {
    if (!array.dtype.startsWith('float'))
      throw new TypeError(
        `matmul: precision '${precision}' is for floats; convert ${describe(array)} with astype`,
      );
  }
}
