/** @file The worker file of piscina and tinypool. */
import { touch as touchArray } from './work.js';

export { compute } from './work.js';

/** Two numbers in one array: the cheapest argument that carries two values in a pool whose tasks take one. */
export default ([a, b]: readonly [number, number]): number => a + b;

/** The array goes home the way it came: cloned, or by reference where it is on shared memory. */
export function touch(data: Float64Array): Float64Array {
  touchArray(data);
  return data;
}
