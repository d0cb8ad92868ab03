/** @file Formulas: chains of element-by-element operations as data, to be computed in one go. */

/** An operation on two terms. */
export type FormulaOperation = 'add' | 'sub' | 'mul';

/** A term by its number: first the operands, then the steps. Or a constant. */
export type FormulaTerm = number | { readonly value: number };

export interface FormulaStep {
  readonly operation: FormulaOperation;
  readonly x: FormulaTerm;
  readonly y: FormulaTerm;
}

/** A chain of element-by-element operations; see {@link formula}. Plain data. */
export interface Formula {
  /** How many operands it takes. */
  readonly operands: number;
  /** In order; the last one gives the result. */
  readonly steps: readonly FormulaStep[];
}

/** A value in a formula: an operand, or what has been computed from some. */
export interface Term {
  add(other: Term | number): Term;
  sub(other: Term | number): Term;
  mul(other: Term | number): Term;
  scale(factor: number): Term;
}

/**
 * Writes a chain of element-by-element operations down, so that `elementwise` computes it in one go: what comes between is
 * never stored (numpy: `numexpr`; Julia: dots that fuse). `build` is called once, with terms that stand for the operands.
 *
 * @throws TypeError when `build` computes nothing, or with something that is no term.
 * @example
 * ```ts
 * import { array, elementwise, formula } from '@poniard/linalg';
 *
 * const mixed = formula((x, y, share) => x.mul(share).add(y.sub(y.mul(share))));
 * console.log(await elementwise(mixed, array([1, 2]), array([5, 10]), 0.25)); // NDArray float64 [2] [4, 8]
 * ```
 */
export function formula(build: (...terms: Term[]) => Term): Formula {
  if (typeof build !== 'function') throw new TypeError(`formula: a function is needed, not ${typeof build}`);
  const steps: FormulaStep[] = [];
  const operands = build.length;
  const numbers = new WeakMap<object, number>();
  const refer = (term: unknown): FormulaTerm => {
    if (typeof term === 'number') return { value: term };
    const number = typeof term === 'object' && term !== null ? numbers.get(term) : undefined;
    if (number === undefined)
      throw new TypeError(`formula: a term of this formula or a number is needed, not ${typeof term}`);
    return number;
  };
  const term = (number: number): Term => {
    const step = (operation: FormulaOperation, other: unknown): Term => {
      steps.push({ operation, x: number, y: refer(other) });
      return term(operands + steps.length - 1);
    };
    const made: Term = {
      add: (other) => step('add', other),
      sub: (other) => step('sub', other),
      mul: (other) => step('mul', other),
      scale: (factor) => step('mul', factor),
    };
    numbers.set(made, number);
    return made;
  };
  const result = refer(build(...Array.from({ length: operands }, (_, i) => term(i))));
  if (typeof result !== 'number' || result < operands)
    throw new TypeError('formula: it computes nothing: give what an operation on the terms gives');
  // Steps behind the result are not needed for it.
  return { operands, steps: steps.slice(0, result - operands + 1) };
}

/** A formula as `elementwise` is given it, with as many operands as it takes. */
export function checkFormula(given: unknown, operands: readonly unknown[]): Formula {
  const checked = given as Formula;
  if (typeof given !== 'object' || given === null || !Array.isArray(checked.steps))
    throw new TypeError('elementwise: the first argument is what formula() gives');
  if (checked.operands !== operands.length)
    throw new TypeError(
      `elementwise: the formula takes ${checked.operands} operands, and ${operands.length} are given`,
    );
  return checked;
}
