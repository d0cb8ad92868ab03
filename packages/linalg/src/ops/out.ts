/** @file `out`: memory that the caller has for a result, so that none is made. */
import type { DType } from '../dtype.js';
import type { NDArray } from '../ndarray.js';
import { isDense, reach, sameShape } from '../shapes.js';
import { checkArray, type Described, describe } from './check.js';

/**
 * An array that can take a result: of its type and shape, dense, and apart from the operands, which are still read while it
 * is written.
 */
export function checkOut<D extends DType>(
  operation: string,
  out: NDArray,
  result: Described,
  operands: readonly NDArray[],
): NDArray<D> {
  checkArray(operation, 'out', out);
  if (out.dtype !== result.dtype || !sameShape(out.shape, result.shape)) {
    throw new RangeError(`${operation}: out is ${describe(out)}, and the result ${describe(result)}`);
  }
  if (!isDense(out)) throw new RangeError(`${operation}: out has gaps or another order; give a dense array`);
  if (operands.some((operand) => overlap(out, operand))) {
    throw new RangeError(
      `${operation}: out shares memory with an operand, which is read while it is written`,
    );
  }
  return out as NDArray<DType> as NDArray<D>;
}

/** Whether two arrays may have an element in common: told by the bytes from the first to the last of each. */
function overlap(x: NDArray, y: NDArray): boolean {
  if (x.data.buffer !== y.data.buffer) return false;
  const [a, b] = [x, y].map(bytesOf) as [ReturnType<typeof bytesOf>, ReturnType<typeof bytesOf>];
  return a !== undefined && b !== undefined && a[0] < b[1] && b[0] < a[1];
}

function bytesOf(array: NDArray): readonly [start: number, end: number] | undefined {
  const reached = reach(array);
  const { byteOffset, BYTES_PER_ELEMENT } = array.data;
  return reached?.map((at, i) => byteOffset + (at + i) * BYTES_PER_ELEMENT) as [number, number] | undefined;
}
