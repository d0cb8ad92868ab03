/** @file Sums, differences and products element by element, with numpy's broadcasting. */
import type { Plan } from '@poniard/core';
import { DTYPES, type DType } from '../dtype.js';
import { eachRow } from '../loops.js';
import { allocate } from '../memory.js';
import { NDArray } from '../ndarray.js';
import { CUT_ELEMENTS, cut, longestAxis, planOrNone, spans } from '../plan.js';
import { broadcast, sizeOf, stretchedStrides } from '../shapes.js';
import { checkArray, checkTypes, shapeError } from './check.js';
import { addRow, multiplyIntegerRow, multiplyRow, type Row, subtractRow } from './rows.js';

/** An operand: an array, or a number that stands for an array of it. */
export type Operand<D extends DType> = NDArray<D> | number;

/** The sum of two arrays, or of an array and a number. */
export function addHost<D extends DType>(x: NDArray<D>, y: Operand<D>): NDArray<D> {
  return whole('add', addBlock, x, y);
}

/** The difference of two arrays, or of an array and a number. */
export function subHost<D extends DType>(x: NDArray<D>, y: Operand<D>): NDArray<D> {
  return whole('sub', subBlock, x, y);
}

/** The product of two arrays element by element, or of an array and a number. */
export function mulHost<D extends DType>(x: NDArray<D>, y: Operand<D>): NDArray<D> {
  return whole('mul', mulBlock, x, y);
}

/** An array times a number. */
export function scaleHost<D extends DType>(x: NDArray<D>, factor: number): NDArray<D> {
  return whole('scale', mulBlock, x, checkFactor(factor));
}

export function addBlock(out: NDArray, x: NDArray, y: NDArray): void {
  rows(out, x, y, addRow);
}

export function subBlock(out: NDArray, x: NDArray, y: NDArray): void {
  rows(out, x, y, subtractRow);
}

export function mulBlock(out: NDArray, x: NDArray, y: NDArray): void {
  // The product of two int32 has up to 62 bits: a float64 would lose the low ones, which are those that stay.
  rows(out, x, y, out.dtype === 'int32' ? multiplyIntegerRow : multiplyRow);
}

type BlockFunction = (out: NDArray, x: NDArray, y: NDArray) => void;
type BinaryArguments<D extends DType> = [x: NDArray<D>, y: Operand<D>];

export function addPlan<D extends DType>(args: BinaryArguments<D>, processors: number) {
  return plan('add', addBlock, args, processors);
}

export function subPlan<D extends DType>(args: BinaryArguments<D>, processors: number) {
  return plan('sub', subBlock, args, processors);
}

export function mulPlan<D extends DType>(args: BinaryArguments<D>, processors: number) {
  return plan('mul', mulBlock, args, processors);
}

export function scalePlan<D extends DType>([x, factor]: [x: NDArray<D>, factor: number], processors: number) {
  return plan('scale', mulBlock, [x, factor], processors);
}

function whole<D extends DType>(
  operation: string,
  block: BlockFunction,
  x: NDArray<D>,
  y: Operand<D>,
): NDArray<D> {
  const both = matched(operation, x, y);
  const out = new NDArray<D>(allocate(x.dtype, sizeOf(both.shape)), both.shape);
  block(out, both.x, both.y);
  return out;
}

function plan<D extends DType>(
  operation: string,
  block: BlockFunction,
  [x, y]: BinaryArguments<D>,
  processors: number,
): Plan<NDArray<D>> | undefined {
  return planOrNone(() => {
    const { shape } = matched(operation, x, y);
    const axis = longestAxis(shape);
    if (processors < 2 || axis === undefined || sizeOf(shape) < CUT_ELEMENTS) return undefined;
    const shared = matched(operation, x.share(), typeof y === 'number' ? y : y.share());
    const out = new NDArray<D>(allocate(x.dtype, sizeOf(shape)), shape);
    const blocks = spans(shape[axis]!, processors).map((span) => ({
      fn: block,
      args: [cut(out, axis, span), cut(shared.x, axis, span), cut(shared.y, axis, span)],
    }));
    return { blocks, finish: () => out };
  });
}

/** Both operands as views of the shape that they have together. */
function matched<D extends DType>(operation: string, x: NDArray<D>, y: Operand<D>) {
  checkArray(operation, 'x', x);
  const other = typeof y === 'number' ? single(operation, y, x.dtype) : checkArray(operation, 'y', y);
  checkTypes(operation, x, other);
  const shape = broadcast(x.shape, other.shape);
  if (shape === undefined) {
    throw shapeError(operation, x, other, 'axes match from the last; each pair is equal, or one of it is 1');
  }
  return { shape, x: stretched(x, shape), y: stretched(other, shape) };
}

function single<D extends DType>(operation: string, value: number, dtype: D): NDArray<D> {
  const { range } = DTYPES[dtype];
  if (range !== undefined && !(Number.isInteger(value) && value >= range[0] && value <= range[1])) {
    throw new RangeError(
      `${operation}: ${value} is not of type ${dtype}; convert the array with astype('float64') first`,
    );
  }
  const data = allocate(dtype, 1);
  data[0] = value;
  return new NDArray<D>(data, []);
}

function stretched<D extends DType>(array: NDArray<D>, shape: readonly number[]): NDArray<D> {
  return new NDArray<D>(array.data, shape, stretchedStrides(array, shape), array.offset);
}

function rows(out: NDArray, x: NDArray, y: NDArray, row: Row): void {
  eachRow(out.shape, [out, x, y], (at, steps, count) =>
    row(out.data, at[0]!, steps[0]!, x.data, at[1]!, steps[1]!, y.data, at[2]!, steps[2]!, count),
  );
}

function checkFactor(factor: number): number {
  if (typeof factor === 'number') return factor;
  throw new TypeError(`scale: the factor is a number, not ${typeof factor}; mul multiplies two arrays`);
}
