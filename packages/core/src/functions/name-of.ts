/** @file What a function is called. */
import type { AnyFunction } from './encoded.js';

/** A function's name for messages and stacks. A class may have a static member of that name, and a Proxy may refuse. */
export function nameOf(fn: AnyFunction): string {
  try {
    const { name } = fn;
    return typeof name === 'string' && name !== '' ? name : 'anonymous';
  } catch {
    return 'anonymous';
  }
}
