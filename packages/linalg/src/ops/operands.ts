/** @file What the operands of element-by-element operations have in common: no data. */
import { DTYPES, type DType } from '../dtype.js';
import { broadcast } from '../shapes.js';
import { checkTypes, type Described, shapeError } from './check.js';

/**
 * The shape that operands have together, and their element type. Numbers stand for arrays of them.
 *
 * @throws TypeError when element types differ, or all operands are numbers.
 * @throws RangeError when shapes do not fit, or a number is not of the arrays' type.
 */
export function together(
  operation: string,
  operands: readonly (Described | number)[],
): { readonly shape: number[]; readonly dtype: DType } {
  const arrays = operands.filter((operand) => typeof operand !== 'number');
  const [first, ...others] = arrays;
  if (first === undefined) throw new TypeError(`${operation}: at least one operand is an array`);
  let shape = [...first.shape];
  for (const other of others) {
    const before = { dtype: first.dtype, shape };
    checkTypes(operation, before, other);
    const stretched = broadcast(shape, other.shape);
    if (stretched === undefined)
      throw shapeError(
        operation,
        before,
        other,
        'axes match from the last; each pair is equal, or one of it is 1',
      );
    shape = stretched;
  }
  const dtype = first.dtype as DType;
  for (const operand of operands) if (typeof operand === 'number') checkNumber(operation, operand, dtype);
  return { shape, dtype };
}

function checkNumber(operation: string, value: number, dtype: DType): void {
  const { range } = DTYPES[dtype];
  if (range === undefined || (Number.isInteger(value) && value >= range[0] && value <= range[1])) return;
  throw new RangeError(
    `${operation}: ${value} is not of type ${dtype}; convert the array with astype('float64') first`,
  );
}

export function checkFactor(factor: unknown): number {
  if (typeof factor === 'number') return factor;
  throw new TypeError(`scale: the factor is a number, not ${typeof factor}; mul multiplies two arrays`);
}
