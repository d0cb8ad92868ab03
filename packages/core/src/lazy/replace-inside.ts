/** @file The parts of a structure that stand for values, and the structure with the values in their places. */

/**
 * The same arrays, plain objects, maps and sets anew, with `replace` of each part that `isPart` knows. Other values stay
 * as they are. Both functions are asked in one and the same order each time.
 */
export function replaceInside<P>(
  structure: unknown,
  isPart: (value: unknown) => value is P,
  replace: (part: P) => unknown,
): unknown {
  const inside = (value: unknown): unknown => {
    if (isPart(value)) return replace(value);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(inside);
    if (value instanceof Map) return new Map([...value].map(([key, part]) => [key, inside(part)]));
    if (value instanceof Set) return new Set([...value].map(inside));
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, inside(part)]));
  };
  return inside(structure);
}
