/** @file What every operation checks about its arguments, and how it says what is wrong. */
import type { DType } from '../dtype.js';
import { NDArray } from '../ndarray.js';
import { formatShape } from '../shapes.js';

/** What messages say of an array, here or on a GPU. */
export interface Described {
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** An argument that must be an NDArray. */
export function checkArray<D extends DType>(
  operation: string,
  argument: string,
  value: NDArray<D>,
): NDArray<D> {
  if (value instanceof NDArray) return value;
  const kind = value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value;
  throw new TypeError(`${operation}: ${argument} is an NDArray (see array()), not ${kind}`);
}

/** What an option must be. */
export interface OptionRule {
  readonly is: (value: unknown) => boolean;
  readonly must: string;
}

export const flag: OptionRule = { is: (value) => typeof value === 'boolean', must: 'be true or false' };
/** Of one that is checked where it is used. */
export const anything: OptionRule = { is: () => true, must: '' };

/**
 * Options as callers give them. (`checkGiven` of the core does the same for plug-ins; operations run in workers, which load
 * nothing of it.)
 */
export function checkOptions<T extends object>(
  operation: string,
  options: T,
  rules: { readonly [K in keyof Required<T>]: OptionRule },
): T {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const [first] = Object.keys(rules);
    const given = options === null ? 'null' : Array.isArray(options) ? 'a list' : typeof options;
    throw new TypeError(`${operation}: options are an object such as { ${first}: … }, not ${given}`);
  }
  for (const key in options) {
    const rule = Object.hasOwn(rules, key) ? rules[key as keyof T] : undefined;
    if (rule === undefined) {
      const known = Object.keys(rules).join(', ');
      throw new TypeError(`${operation}: unknown option ${JSON.stringify(key)}. Known are ${known}`);
    }
    if (options[key] !== undefined && !rule.is(options[key]))
      throw new TypeError(`${operation}: the option ${key} must ${rule.must}`);
  }
  return options;
}

/** Two operands of one type. numpy would promote; here a conversion is always visible. */
export function checkTypes(operation: string, x: Described, y: Described): void {
  if (x.dtype === y.dtype) return;
  throw new TypeError(
    `${operation}: ${describe(x)} and ${describe(y)} do not mix: convert one with astype('${x.dtype}') or astype('${y.dtype}'). ` +
      'It is not done by itself, because promotion would double the memory and halve the speed unseen',
  );
}

/** `float64 [2, 3]`, as messages show an array. */
export function describe(array: Described): string {
  return `${array.dtype} ${formatShape(array.shape)}`;
}

export function shapeError(operation: string, x: Described, y: Described, rule: string): RangeError {
  return new RangeError(`${operation}: shapes of ${describe(x)} and ${describe(y)} do not fit: ${rule}`);
}
