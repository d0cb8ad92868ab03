/** @file Computes a formula in one go on the host: a few thousand elements at a time, so that what comes between stays in the cache. */
import type { Plan } from '@poniard/core';
import { type DataOf, DTYPES, type DType } from '../dtype.js';
import { eachRow } from '../loops.js';
import { allocate } from '../memory.js';
import { NDArray } from '../ndarray.js';
import { CUT_ELEMENTS, cut, longestAxis, planOrNone, spans } from '../plan.js';
import { sizeOf } from '../shapes.js';
import { checkArray } from './check.js';
import { type Operand, rowOf, shown } from './elementwise.js';
import { checkFormula, type Formula, type FormulaTerm } from './formula.js';
import { together } from './operands.js';

/** Elements at a time: the intermediates of a few steps fit in a core's first cache. */
const RUN = 1024;

export function elementwiseHost<D extends DType>(formula: Formula, ...operands: Operand<D>[]): NDArray<D> {
  const { out, views } = prepare(formula, operands);
  elementwiseBlock(formula, out, ...views);
  return out;
}

/** Part of a result, into its place: views on the operands, all of the result's shape. */
export function elementwiseBlock(formula: Formula, out: NDArray, ...views: NDArray[]): void {
  const { steps, operands } = formula;
  const { make } = DTYPES[out.dtype];
  const between = steps.slice(1).map(() => new make(RUN));
  const constants = new Map<FormulaTerm, DataOf<DType>>();
  for (const term of steps.flatMap(({ x, y }) => [x, y])) {
    if (typeof term === 'object') constants.set(term, single(out.dtype, term.value));
  }
  const rows = steps.map(({ operation }) => rowOf(operation, out.dtype));
  eachRow(out.shape, [out, ...views], (at, apart, count) => {
    for (let done = 0; done < count; done += RUN) {
      const length = Math.min(RUN, count - done);
      const place = (term: FormulaTerm): readonly [DataOf<DType>, number, number] => {
        if (typeof term === 'object') return [constants.get(term)!, 0, 0];
        if (term >= operands) return [between[term - operands]!, 0, 1];
        return [views[term]!.data, at[term + 1]! + done * apart[term + 1]!, apart[term + 1]!];
      };
      for (const [i, { x, y }] of steps.entries()) {
        const isLast = i === steps.length - 1;
        const to = isLast ? out.data : between[i]!;
        const start = isLast ? at[0]! + done * apart[0]! : 0;
        rows[i]!(to, start, isLast ? apart[0]! : 1, ...place(x), ...place(y), length);
      }
    }
  });
}

export function elementwisePlan<D extends DType>(
  [formula, ...operands]: [formula: Formula, ...operands: Operand<D>[]],
  processors: number,
): Plan<NDArray<D>> | undefined {
  return planOrNone(() => {
    const shared = operands.map((operand) => (typeof operand === 'number' ? operand : operand.share()));
    const { shape } = together('elementwise', operands);
    const axis = longestAxis(shape);
    if (processors < 2 || axis === undefined || sizeOf(shape) < CUT_ELEMENTS) return undefined;
    const { out, views } = prepare(formula, shared);
    const blocks = spans(shape[axis]!, processors).map((span) => ({
      fn: elementwiseBlock,
      args: [formula, cut(out, axis, span), ...views.map((view) => cut(view, axis, span))],
    }));
    return { blocks, finish: () => out };
  });
}

function prepare<D extends DType>(formula: Formula, operands: readonly Operand<D>[]) {
  checkFormula(formula, operands);
  for (const [i, operand] of operands.entries())
    if (typeof operand !== 'number') checkArray('elementwise', `operand ${i + 1}`, operand);
  const { shape, views } = shown('elementwise', operands);
  const [{ dtype }] = views as [NDArray<D>];
  for (const { x, y } of formula.steps) {
    for (const term of [x, y]) if (typeof term === 'object') together('elementwise', [views[0]!, term.value]);
  }
  return { out: new NDArray<D>(allocate(dtype, sizeOf(shape)), shape), views };
}

function single(dtype: DType, value: number): DataOf<DType> {
  const data = new DTYPES[dtype].make(1);
  data[0] = value;
  return data;
}
