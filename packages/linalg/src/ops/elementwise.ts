/** @file Sums, differences and products element by element, with numpy's broadcasting. */
import type { Plan } from '@poniard/core';
import type { DType } from '../dtype.js';
import { eachRow } from '../loops.js';
import { allocate } from '../memory.js';
import { NDArray } from '../ndarray.js';
import { CUT_ELEMENTS, cut, longestAxis, planOrNone, spans } from '../plan.js';
import { sizeOf, stretchedStrides } from '../shapes.js';
import { checkArray } from './check.js';
import type { FormulaOperation } from './formula.js';
import { checkFactor, together } from './operands.js';
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
  rows('add', out, x, y);
}

export function subBlock(out: NDArray, x: NDArray, y: NDArray): void {
  rows('sub', out, x, y);
}

export function mulBlock(out: NDArray, x: NDArray, y: NDArray): void {
  rows('mul', out, x, y);
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
  const { shape, views } = shown(operation, [x, typeof y === 'number' ? y : checkArray(operation, 'y', y)]);
  return { shape, x: views[0]!, y: views[1]! };
}

/** Operands as views of the shape that they have together. */
export function shown<D extends DType>(operation: string, operands: readonly Operand<D>[]) {
  const { shape, dtype } = together(operation, operands);
  const views = operands.map((operand) => {
    const array = typeof operand === 'number' ? single(operand, dtype as D) : operand;
    return new NDArray<D>(array.data, shape, stretchedStrides(array, shape), array.offset);
  });
  return { shape, views };
}

function single<D extends DType>(value: number, dtype: D): NDArray<D> {
  const data = allocate(dtype, 1);
  data[0] = value;
  return new NDArray<D>(data, []);
}

/** The loop for an operation. */
export function rowOf(operation: FormulaOperation, dtype: DType): Row {
  if (operation === 'add') return addRow;
  if (operation === 'sub') return subtractRow;
  // The product of two int32 has up to 62 bits: a float64 would lose the low ones, which are those that stay.
  return dtype === 'int32' ? multiplyIntegerRow : multiplyRow;
}

function rows(operation: FormulaOperation, out: NDArray, x: NDArray, y: NDArray): void {
  const row = rowOf(operation, out.dtype);
  eachRow(out.shape, [out, x, y], (at, steps, count) =>
    row(out.data, at[0]!, steps[0]!, x.data, at[1]!, steps[1]!, y.data, at[2]!, steps[2]!, count),
  );
}
