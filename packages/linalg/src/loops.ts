/** @file Walks strided arrays row by row, so that the innermost loops are plain and quick. */
import type { Data } from './dtype.js';
import type { Geometry } from './shapes.js';

/** Elements of a typed array, as some geometry shows them. */
export interface Strided extends Geometry {
  readonly data: Data;
}

/**
 * Calls `row` for each run of elements along the innermost axis: where each operand's run begins (`at`, positions in its
 * data), how far its elements are apart (`steps`), and how many there are. Axes that lie one behind the other in
 * all operands are walked as one, so dense arrays are a single run. `at` is reused between calls.
 */
export function eachRow(
  shape: readonly number[],
  operands: readonly Geometry[],
  row: (at: readonly number[], steps: readonly number[], count: number) => void,
): void {
  if (shape.includes(0)) return;
  const { extents, strides } = coalesce(
    shape,
    operands.map((operand) => operand.strides),
  );
  const inner = extents.length - 1;
  const count = extents[inner]!;
  const steps = strides.map((of) => of[inner]!);
  const at = operands.map((operand) => operand.offset);
  const position = new Array<number>(inner).fill(0);
  for (;;) {
    row(at, steps, count);
    let axis = inner - 1;
    for (; axis >= 0; axis--) {
      const done = ++position[axis]! === extents[axis]!;
      const moved = done ? 1 - extents[axis]! : 1;
      for (let operand = 0; operand < at.length; operand++) at[operand]! += moved * strides[operand]![axis]!;
      if (!done) break;
      position[axis] = 0;
    }
    if (axis < 0) return;
  }
}

/** Joins neighbouring axes that every operand walks in one go. There is always at least one axis left. */
export function coalesce(shape: readonly number[], strides: readonly (readonly number[])[]) {
  const extents: number[] = [];
  const joined: number[][] = strides.map(() => []);
  for (let axis = 0; axis < shape.length; axis++) {
    const extent = shape[axis]!;
    if (extent === 1) continue;
    const last = extents.length - 1;
    const fits = last >= 0 && strides.every((of, operand) => joined[operand]![last] === of[axis]! * extent);
    if (fits) {
      extents[last]! *= extent;
      for (const [operand, of] of strides.entries()) joined[operand]![last] = of[axis]!;
    } else {
      extents.push(extent);
      for (const [operand, of] of strides.entries()) joined[operand]!.push(of[axis]!);
    }
  }
  if (extents.length === 0) {
    extents.push(1);
    for (const of of joined) of.push(1);
  }
  return { extents, strides: joined };
}

/** From here on, a bulk copy is quicker than a loop: it makes a view first. */
const BULK = 32;

/** Copies element by element into an array of the same shape, converting as typed arrays do. */
export function copyElements(out: Strided, from: Strided): void {
  const target = out.data;
  const source = from.data;
  eachRow(out.shape, [out, from], ([to, at], [toStep, step], count) => {
    if (toStep === 1 && step === 1 && count >= BULK) {
      target.set(source.subarray(at!, at! + count), to!);
      return;
    }
    let o = to!;
    let i = at!;
    for (let n = 0; n < count; n++) {
      target[o] = source[i]!;
      o += toStep!;
      i += step!;
    }
  });
}
