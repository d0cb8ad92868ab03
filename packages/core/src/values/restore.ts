/** @file The way back: values that were marked become instances of their classes again. */
import { decodeBuiltin } from './builtins.js';
import { namedKeys } from './cloning.js';
import type { ValueCodec } from './codec.js';
import { define, type EncodedError, makeError, QUIET_FIELDS } from './error-shape.js';
import { isPrimitive, kindOf } from './kinds.js';
import { ERROR_TAG, isMark, MARK, type Mark, SHARED_TAG } from './mark.js';
import type { BufferNumbers, SharedView } from './shared-buffers.js';

/**
 * Decodes the marked values inside `value`, in place where possible: it must be private to the caller, as what
 * arrives at a port is. Needed only when `Encoded.codecs` is not undefined; anything else passes unchanged.
 *
 * @param numbers this thread's shared buffers, where the sender named them by number.
 * @param find gives the codec for a tag; the built-in ones are not asked for. What it or a `decode` throws passes through.
 *
 * @example
 * ```ts
 * import { restore, snapshot } from '@poniard/core';
 *
 * const sent = snapshot(new URL('https://example.org/'), { codecs: [], label: 'the address', copy: true });
 * const posted = structuredClone(sent?.value);
 * console.log(restore(posted, (tag) => { throw new TypeError(`no codec for ${tag}`); }) instanceof URL); // true
 * ```
 */
export function restore(value: unknown, find: (tag: string) => ValueCodec, numbers?: BufferNumbers): unknown {
  return isPrimitive(value) ? value : new Restorer(find, numbers).visit(value as object);
}

/** Decodes what stands for a view on shared memory, or for what a codec makes of one. */
export function restoreView(
  view: SharedView,
  find: (tag: string) => ValueCodec,
  numbers: BufferNumbers,
): unknown {
  const shown = numbers.restore(view);
  const [, , , , tag, ...others] = view;
  return tag === undefined ? shown : decode(tag, [shown, ...others], find);
}

function decode(tag: string, payload: unknown, find: (tag: string) => ValueCodec): unknown {
  return tag.startsWith('\u0000') ? decodeBuiltin(tag, payload) : find(tag).decode(payload);
}

export class Restorer {
  /** What each object became; a container becomes itself. */
  private readonly done = new Map<object, unknown>();

  constructor(
    private readonly find: (tag: string) => ValueCodec,
    private readonly numbers: BufferNumbers | undefined,
  ) {}

  visit(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (this.done.has(value)) return this.done.get(value);
    switch (kindOf(value)) {
      case 'object':
        return isMark(value) ? this.mark(value) : this.properties(value as Record<string, unknown>);
      case 'array':
        return this.properties(value as unknown as Record<string, unknown>);
      case 'map':
        return this.map(value as Map<unknown, unknown>);
      case 'set':
        return this.set(value as Set<unknown>);
      default:
        return value;
    }
  }

  /** Of arrays too: their holes and named properties stay as they are. */
  private properties<T extends Record<string, unknown>>(target: T): T {
    this.done.set(target, target);
    for (const key of Array.isArray(target) ? keysToLookAt(target) : Object.keys(target)) {
      const value = target[key];
      if (!isObject(value)) continue;
      const restored = this.visit(value);
      if (restored !== value) (target as Record<string, unknown>)[key] = restored;
    }
    return target;
  }

  private map(target: Map<unknown, unknown>): Map<unknown, unknown> {
    this.done.set(target, target);
    const entries = [...target];
    const restored = entries.map(([key, value]) => [this.visit(key), this.visit(value)] as const);
    if (restored.every(([key], index) => key === entries[index]?.[0])) {
      for (const [key, value] of restored) target.set(key, value);
      return target;
    }
    // A key changed: begin anew, to keep the order.
    target.clear();
    for (const [key, value] of restored) target.set(key, value);
    return target;
  }

  private set(target: Set<unknown>): Set<unknown> {
    this.done.set(target, target);
    const values = [...target];
    const restored = values.map((value) => this.visit(value));
    if (restored.every((value, index) => value === values[index])) return target;
    target.clear();
    for (const value of restored) target.add(value);
    return target;
  }

  private mark(mark: Mark): unknown {
    const tag = mark[MARK];
    if (tag === ERROR_TAG) return this.error(mark, mark.value as EncodedError);
    if (tag === SHARED_TAG) return this.sharedMemory(mark);
    const decoded = decode(tag, this.visit(mark.value), this.find);
    this.done.set(mark, decoded);
    return decoded;
  }

  private sharedMemory(mark: Mark): unknown {
    if (this.numbers === undefined)
      throw new TypeError('shared memory was sent by number, and there are no numbers here');
    const view = restoreView(mark.value as SharedView, this.find, this.numbers);
    this.done.set(mark, view);
    return view;
  }

  private error(mark: Mark, encoded: EncodedError): Error {
    const error = makeError(encoded);
    // Before what it holds: a cause may lead back to it.
    this.done.set(mark, error);
    if ('cause' in encoded) define(error, 'cause', this.visit(encoded.cause));
    if ('errors' in encoded) define(error, 'errors', this.visit(encoded.errors));
    for (const [key, value] of Object.entries(encoded.properties ?? {})) {
      Object.defineProperty(error, key, {
        value: this.visit(value),
        writable: true,
        enumerable: encoded.type !== 'TaskFailedError' || !QUIET_FIELDS.has(key),
        configurable: true,
      });
    }
    return error;
  }
}

/** Listing the keys of a long array costs more than all else, so one without objects is asked for its named keys only. */
function keysToLookAt(array: readonly unknown[]): readonly string[] {
  for (let i = 0; i < array.length; i++) {
    const value = array[i];
    if (isObject(value) || (value === undefined && !(i in array))) return Object.keys(array);
  }
  return namedKeys(array, false);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
