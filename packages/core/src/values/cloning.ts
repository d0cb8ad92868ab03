/** @file Questions that only the platform's structured clone can answer. */
import { globals } from './kinds.js';

/** Up to here the keys of an array are listed to find named ones; `Object.keys` costs 7 ns an element, 200 ns beyond 2¹⁶. */
const LIST_KEYS_UP_TO = 16_384;

/** The platform's own clone, if it is an instance of the same class: a user's class would come out as a plain object. */
export function platformClone(value: object, prototype: object): object | undefined {
  const structuredClone = globals['structuredClone'] as ((value: object) => object) | undefined;
  try {
    const clone = structuredClone?.(value);
    return clone !== undefined && Object.getPrototypeOf(clone) === prototype ? clone : undefined;
  } catch {
    return undefined;
  }
}

/** The properties of an array without holes that are not elements, such as `columns` of a parsed table. */
export function namedKeys(source: readonly unknown[], nested: boolean): readonly string[] {
  const { length } = source;
  const clone = nested || length <= LIST_KEYS_UP_TO ? undefined : platformClone(source, Array.prototype);
  if (clone === undefined) {
    const keys = Object.keys(source);
    return keys.length > length ? keys.slice(length) : NO_KEYS;
  }
  (clone as unknown[]).length = 0;
  return Object.keys(clone);
}

const NO_KEYS: readonly string[] = [];
