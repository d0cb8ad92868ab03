/** @file The matrix product, with numpy's rules for vectors and for stacks of matrices. */
import type { Plan } from '@poniard/core';
import { jsGemm } from '../blas/js.js';
import type { Blas } from '../blas/port.js';
import { threadBlas } from '../blas/providers.js';
import { type DType, isFloat } from '../dtype.js';
import { allocate } from '../memory.js';
import { NDArray } from '../ndarray.js';
import { cut, longestAxis, planOrNone, spans } from '../plan.js';
import { sizeOf, stretchedStrides } from '../shapes.js';
import { checkArray } from './check.js';
import { asFactor, asMatrix } from './factors.js';
import { asHalf } from './half.js';
import { multiplyIntegers } from './integers.js';
import { checkOut } from './out.js';
import { type MatmulOptions, productShape } from './product.js';

/** Up to so many multiplications, a loop here is quicker than a call into a library. */
const TINY = 16 ** 3;

/**
 * From so many multiplications on, a product is cut into blocks: 400³ takes 1.3 ms on one core at 100 GFLOP/s, while a
 * second block costs about 0.1 ms. Integers are multiplied in JavaScript, a hundred times slower.
 */
const CUT_FLOATS = 401 ** 3;
const CUT_INTEGERS = 100 ** 3;

/** Blocks are cut at multiples of so many rows or columns, which the libraries' kernels divide. */
const MULTIPLE = 16;

/** Blocks of more multiplications than this (about 0.2 s) are cut smaller, so that no thread waits long for the last. */
const LARGEST_BLOCK = 1e10;
const MOST_BLOCKS_EACH = 4;

/** A product with its axes sorted out: x is [...stack, m, k], y is [...stack, k, n]. */
interface Product<D extends DType> {
  readonly x: NDArray<D>;
  readonly y: NDArray<D>;
  /** Where it is written: [...stack, m, n]. */
  readonly out: NDArray<D>;
  /** The same without the axes that vectors were lent: the result's, as numpy has it. */
  readonly kept: readonly number[];
  readonly multiplications: number;
}

/** The product in one piece. */
export async function matmulHost<D extends DType>(
  x: NDArray<D>,
  y: NDArray<D>,
  options: MatmulOptions = {},
): Promise<NDArray<D>> {
  const product = understand(x, y, options);
  const { out } = product;
  await matmulBlock(out, product.x, product.y);
  return out.reshape(...product.kept);
}

/** One block of a product, written into its place. */
export async function matmulBlock<D extends DType>(
  out: NDArray<D>,
  x: NDArray<D>,
  y: NDArray<D>,
): Promise<void> {
  const k = x.shape.at(-1)!;
  if (out.size === 0) return;
  if (k === 0) {
    // Sums of nothing. It is in one piece, and so dense.
    out.data.fill(0, out.offset, out.offset + out.size);
    return;
  }
  const [m, n] = out.shape.slice(-2) as [number, number];
  const blas = isFloat(out.dtype) && m * n * k > TINY ? await threadBlas.blas() : undefined;
  for (const [c, a, b] of matrices(out, x, y)) {
    if (isFloat(c.dtype)) await multiplyFloats(blas, c as Floats, a as Floats, b as Floats);
    else multiplyIntegers(c, a, b);
  }
  if (blas?.slow) await threadBlas.workedSlowly(out.size * k);
}

/** Cuts a large product into blocks of rows, of columns, or of whole matrices of a stack. */
export function matmulPlan<D extends DType>(
  [x, y, options]: [x: NDArray<D>, y: NDArray<D>, options?: MatmulOptions | undefined],
  processors: number,
): Plan<NDArray<D>> | undefined {
  return planOrNone(() => {
    if (processors < 2) return undefined;
    const { multiplications } = productShape(
      checkArray('matmul', 'x', x),
      checkArray('matmul', 'y', y),
      options ?? {},
    );
    if (multiplications < (isFloat(x.dtype) ? CUT_FLOATS : CUT_INTEGERS)) return undefined;
    const product = understand(x.share(), y.share(), options ?? {});
    const { x: a, y: b, out, kept } = product;
    const each = Math.ceil(multiplications / processors / LARGEST_BLOCK);
    const count = processors * Math.min(each, MOST_BLOCKS_EACH);
    const axis = cutAxis(out.shape, count);
    const rows = out.dimension - 2;
    const multiple = axis < rows ? 1 : MULTIPLE;
    const blocks = spans(out.shape[axis]!, count, multiple).map((span) => ({
      fn: matmulBlock,
      args: [
        cut(out, axis, span),
        axis === rows + 1 ? a : cut(a, axis, span),
        axis === rows ? b : cut(b, axis, span),
      ],
    }));
    const finish = () => out.reshape(...kept);
    return blocks.length < 2 ? undefined : { blocks, finish };
  });
}

/**
 * Whole matrices of a stack where there are enough of them, else the longer side of the product, since each block packs all
 * of the other factor. Two blocks on two cores with OpenBLAS 0.3.21, float64: 1024² takes 20.4 ms by rows, 21.0 by columns, 21.3
 * in four squares, and 20 to 21 with the library's own two threads; 64 rows by 16,384 columns 14.2 and 12.8. With equal
 * sides and up to twice as many columns as rows the two cuts are within 4 %.
 */
function cutAxis(shape: readonly number[], count: number): number {
  const rows = shape.length - 2;
  const stacked = longestAxis(shape.slice(0, rows));
  if (stacked !== undefined && shape[stacked]! >= count) return stacked;
  return shape[rows]! >= shape[rows + 1]! ? rows : rows + 1;
}

type Floats = NDArray<'float32' | 'float64'>;

function multiplyFloats(blas: Blas | undefined, c: Floats, a: Floats, b: Floats): void | Promise<void> {
  const [m, n] = c.shape as [number, number];
  const product = { dtype: c.dtype, m, n, k: a.shape[1]!, a: asFactor(a), b: asFactor(b), c: asMatrix(c)! };
  return blas === undefined ? jsGemm(product) : blas.gemm(product);
}

/** The single products of a stack. */
function* matrices<D extends DType>(out: NDArray<D>, x: NDArray<D>, y: NDArray<D>) {
  const stack = out.shape.slice(0, -2);
  const index = stack.map(() => 0);
  for (let left = sizeOf(stack); left > 0; left--) {
    yield [out.slice(...index), x.slice(...index), y.slice(...index)] as const;
    for (let axis = index.length - 1; axis >= 0; axis--) {
      index[axis]! += 1;
      if (index[axis]! < stack[axis]!) break;
      index[axis] = 0;
    }
  }
}

/** The product's factors as stacks of matrices of one shape; `precision` converts them. */
function understand<D extends DType>(
  givenX: NDArray<D>,
  givenY: NDArray<D>,
  options: MatmulOptions,
): Product<D> {
  checkArray('matmul', 'x', givenX);
  checkArray('matmul', 'y', givenY);
  const { m, k, n, stack, kept, multiplications } = productShape(givenX, givenY, options);
  const { transposeA = false, transposeB = false, precision } = options;
  const x = withPrecision(givenX, precision);
  const y = withPrecision(givenY, precision);
  const shape = [...stack, m, n];
  const out =
    options.out === undefined
      ? new NDArray<D>(allocate(x.dtype, sizeOf(shape)), shape)
      : checkOut<D>('matmul', options.out, { dtype: x.dtype, shape: kept }, [x, y]).reshape(...shape);
  return {
    x: stacked(x.dimension === 1 ? column(x).transpose() : swapped(x, transposeA), [...stack, m, k]),
    y: stacked(y.dimension === 1 ? column(y) : swapped(y, transposeB), [...stack, k, n]),
    out,
    kept,
    multiplications,
  };
}

/** Converted as asked for: then it is float32, whatever it was. */
function withPrecision<D extends DType>(
  array: NDArray<D>,
  precision: MatmulOptions['precision'],
): NDArray<D> {
  if (precision === undefined || (precision === 'single' && array.dtype === 'float32')) return array;
  const converted = precision === 'half' ? asHalf(array as Floats) : array.astype('float32');
  return converted as NDArray<DType> as NDArray<D>;
}

function swapped<D extends DType>(matrix: NDArray<D>, transpose: boolean): NDArray<D> {
  if (!transpose) return matrix;
  const axes = matrix.shape.map((_, axis) => axis);
  const last = axes.pop()!;
  axes.splice(-1, 0, last);
  return matrix.transpose(...axes);
}

function column<D extends DType>({ data, shape, strides, offset }: NDArray<D>): NDArray<D> {
  return new NDArray(data, [shape[0]!, 1], [strides[0]!, 1], offset);
}

function stacked<D extends DType>(matrix: NDArray<D>, shape: readonly number[]): NDArray<D> {
  return new NDArray(matrix.data, shape, stretchedStrides(matrix, shape), matrix.offset);
}
