/** @file Element-by-element operations on a GPU: each is a formula, which one kernel computes in one go. */
import { coalesce } from '../loops.js';
import { checkFormula, type Formula, type FormulaOperation, type FormulaTerm } from '../ops/formula.js';
import { checkFactor, together } from '../ops/operands.js';
import { rowMajor, stretchedStrides } from '../shapes.js';
import { elementwiseKernel, type Reading } from './elementwise-kernel.js';
import {
  type ComputedDType,
  checkGpuArray,
  type GpuArray,
  type GpuDevicePort,
  wgslType,
  workgroupsFor,
} from './port.js';

/** An operand: an array with the strides under which it shows itself in the result's shape, or a number. */
type Shown = { readonly array: GpuArray<ComputedDType>; readonly strides: readonly number[] } | number;

const pair = (operation: FormulaOperation): Formula => ({ operands: 2, steps: [{ operation, x: 0, y: 1 }] });
const SUM = pair('add');
const DIFFERENCE = pair('sub');
const PRODUCT = pair('mul');
const ITSELF: Formula = { operands: 1, steps: [] };

export function add(gpu: GpuDevicePort, x: unknown, y: unknown): GpuArray {
  return compute(gpu, 'add', SUM, [checkGpuArray('add', 'x', x), operand('add', 'y', y)]);
}

export function sub(gpu: GpuDevicePort, x: unknown, y: unknown): GpuArray {
  return compute(gpu, 'sub', DIFFERENCE, [checkGpuArray('sub', 'x', x), operand('sub', 'y', y)]);
}

export function mul(gpu: GpuDevicePort, x: unknown, y: unknown): GpuArray {
  return compute(gpu, 'mul', PRODUCT, [checkGpuArray('mul', 'x', x), operand('mul', 'y', y)]);
}

export function scale(gpu: GpuDevicePort, x: unknown, factor: unknown): GpuArray {
  return compute(gpu, 'scale', PRODUCT, [checkGpuArray('scale', 'x', x), checkFactor(factor)]);
}

export function elementwise(gpu: GpuDevicePort, formula: unknown, ...given: unknown[]): GpuArray {
  const checked = checkFormula(formula, given);
  const operands = given.map((one, i) => operand('elementwise', `operand ${i + 1}`, one));
  return compute(gpu, 'elementwise', checked, operands);
}

/** The elements of an array in another order: as `strides` shows them in `shape`. */
export function rearranged(
  gpu: GpuDevicePort,
  label: string,
  array: GpuArray<ComputedDType>,
  shape: readonly number[],
  strides: readonly number[],
): GpuArray<ComputedDType> {
  const out = gpu.alloc(shape, array.dtype);
  record(gpu, label, ITSELF, out, [{ array, strides }]);
  return out;
}

function operand(operation: string, name: string, given: unknown): GpuArray<ComputedDType> | number {
  return typeof given === 'number' ? given : checkGpuArray(operation, name, given);
}

function compute(
  gpu: GpuDevicePort,
  operation: string,
  formula: Formula,
  operands: readonly (GpuArray<ComputedDType> | number)[],
): GpuArray {
  const { constants, steps } = withoutConstants(formula);
  const all = [...operands, ...constants];
  const { shape, dtype } = together(operation, all);
  const out = gpu.alloc(shape, dtype as ComputedDType);
  const shown = all.map((one) => {
    if (typeof one === 'number') return one;
    const geometry = { shape: one.shape, strides: rowMajor(one.shape), offset: 0 };
    return { array: one, strides: stretchedStrides(geometry, shape) };
  });
  record(gpu, operation, { operands: all.length, steps }, out, shown);
  return out;
}

/** The formula with its constants as further operands, so that one kernel serves whatever they are. */
function withoutConstants({ operands, steps }: Formula) {
  const constants: number[] = [];
  for (const { x, y } of steps) {
    if (typeof x === 'object') constants.push(x.value);
    if (typeof y === 'object') constants.push(y.value);
  }
  if (constants.length === 0) return { constants, steps };
  let next = operands;
  const refer = (term: FormulaTerm): FormulaTerm => {
    if (typeof term === 'object') return next++;
    return term < operands ? term : term + constants.length;
  };
  return { constants, steps: steps.map(({ operation, x, y }) => ({ operation, x: refer(x), y: refer(y) })) };
}

function record(
  gpu: GpuDevicePort,
  label: string,
  formula: Formula,
  out: GpuArray<ComputedDType>,
  operands: readonly Shown[],
): void {
  if (out.size === 0) return;
  const dense = rowMajor(out.shape);
  const readings = operands.map((one): Reading => {
    if (typeof one === 'number') return 'number';
    if (one.array.size === 1) return 'one';
    return isSame(one.strides, dense, out.shape) ? 'dense' : 'strided';
  });
  const strided = operands.filter((_, i) => readings[i] === 'strided') as Exclude<Shown, number>[];
  const { extents, strides } = coalesce(
    out.shape,
    strided.map((one) => one.strides),
  );
  const arrays = operands.flatMap((one) => (typeof one === 'number' ? [] : [one.array]));
  const type = wgslType(out);
  const fours = strided.length === 0 && out.size % 4 === 0;
  const kind = { formula, type, readings, rank: extents.length, fours };
  const name = formula.steps.map(({ operation, x, y }) => `${operation} ${x} ${y}`).join();
  const key = `linalg.elementwise ${name} ${type} ${readings.join()} ${extents.length} ${fours}`;
  const kernel = gpu.kernel(key, () => ({
    label,
    wgsl: elementwiseKernel(kind),
  }));
  const count = fours ? out.size / 4 : out.size;
  const whole = [count, ...(strided.length > 0 ? extents : []), ...strides.flat()];
  const numbers = operands.filter((one) => typeof one === 'number');
  gpu.run(kernel, {
    bindings: [...arrays, out],
    workgroups: workgroupsFor(count, gpu.limits.workgroupsPerDimension),
    uniforms: uniformsOf(whole, numbers, type),
  });
}

function uniformsOf(whole: readonly number[], numbers: readonly number[], type: 'f32' | 'i32'): Uint32Array {
  const words = new Uint32Array(whole.length + numbers.length);
  words.set(whole);
  const Typed = type === 'f32' ? Float32Array : Int32Array;
  new Typed(words.buffer, 4 * whole.length).set(numbers);
  return words;
}

/** Whether two lists of strides reach the same elements in the same order. */
function isSame(one: readonly number[], other: readonly number[], shape: readonly number[]): boolean {
  return shape.every((extent, axis) => extent === 1 || one[axis] === other[axis]);
}
