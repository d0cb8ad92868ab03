/** @file Generated arrays of all layouts, for the tests of operations. */
import type { Plan } from '@poniard/core';
import fc from 'fast-check';
import { fromFunction } from '../create.js';
import type { DType } from '../dtype.js';
import type { NDArray } from '../ndarray.js';

/** An array of this shape whose axes may be swapped, reversed or full of gaps in memory. Elements are small whole numbers. */
export function arraysOf<D extends DType>(shape: readonly number[], dtype: D): fc.Arbitrary<NDArray<D>> {
  return fc
    .record({
      order: fc.shuffledSubarray(
        shape.map((_, axis) => axis),
        { minLength: shape.length },
      ),
      steps: fc.array(fc.constantFrom(1, 2, -1, -2), { minLength: shape.length, maxLength: shape.length }),
      seed: fc.nat(1000),
    })
    .map(({ order, steps, seed }) => {
      let at = seed;
      const stored = order.map((axis) => shape[axis]! * Math.abs(steps[axis]!));
      const filled = fromFunction(
        stored,
        () => {
          at = (at * 73 + 11) % 1009;
          return (at % 15) - (dtype === 'uint8' ? 0 : 7);
        },
        dtype,
      );
      const back = shape.map((_, axis) => order.indexOf(axis));
      return filled.transpose(...back).step(...steps);
    });
}

/** What the operations must agree with: the function of each pair of elements, found index by index. */
export function elementByElement<D extends DType>(
  shape: readonly number[],
  dtype: D,
  x: NDArray<D>,
  y: NDArray<D>,
  combine: (a: number, b: number) => number,
): NDArray<D> {
  const own = (array: NDArray, index: number[]) =>
    index.slice(index.length - array.dimension).map((at, axis) => (array.shape[axis] === 1 ? 0 : at));
  return fromFunction(shape, (...index) => combine(x.get(...own(x, index)), y.get(...own(y, index))), dtype);
}

/** Runs a plan's blocks one after the other, each with arguments as a worker gets them. */
export async function runPlan<R>(plan: Plan<R>, carry: (value: unknown) => unknown): Promise<R> {
  const results: unknown[] = [];
  for (const { fn, args } of plan.blocks) results.push(await fn(...args.map(carry)));
  return plan.finish(results);
}
