/**
 * @file How values leave a thread: checked, copied once, and put in a form that structured clone carries whole.
 * `restore` is the way back. Nothing here knows threads: the caller posts what it gets.
 */
import { Overlap, type WholeCopy } from './buffers.js';
import type { ValueCodec } from './codec.js';
import { isPrimitive } from './kinds.js';
import type { SharedBuffers } from './shared-buffers.js';
import { GIVE_UP, Walker } from './walker.js';

export { describe, sizeOf } from './describe.js';
export { isPrimitive } from './kinds.js';
export { restore } from './restore.js';

/** A value in the form in which it crosses. */
export interface Encoded {
  /**
   * What structured clone carries as it is. Its objects, arrays, maps and sets are new ones, never the caller's; its
   * bytes too when `copy` was asked for. Large arrays are on shared memory: post this again rather than take another snapshot.
   */
  readonly value: unknown;
  /** An estimate, in bytes, of what structured clone has to move. Arrays on shared memory count 0. */
  readonly bytes: number;
  /** Bytes on shared memory, which pass by reference. */
  readonly shared: number;
  /** The codecs that were used; empty when only built-in ones were. Undefined: the other side need not call `restore`. */
  readonly codecs: readonly ValueCodec[] | undefined;
  /** The shared buffers that `value` names by number, where `numbers` was given; to be kept as long as `value` is. */
  readonly buffers: readonly SharedArrayBuffer[] | undefined;
}

/** How {@link snapshot} treats a value. */
export interface SnapshotOptions {
  /** Codecs for classes of others. A class's own `static [valueCodec]` wins. */
  readonly codecs: readonly ValueCodec[];
  /** Names the value in errors: `'argument 2 of blur (#7)'`, `'the result of blur (#7)'`. */
  readonly label: string | (() => string);
  /** True takes the bytes of arrays now; false leaves small buffers where they are, for a value that is posted at once. */
  readonly copy: boolean;
  /** In bytes, counting arrays that would have to be copied to shared memory: a larger value gives undefined, and stays where it is. */
  readonly limit?: number;
  /** Tells handles (`'Task'`, `'Chunk'`, `'Thunk'`) from other objects: inside a value, one is an error. */
  readonly isHandle?: (value: object) => string | undefined;
  /** Of a task: what is said of a handle in it differs. */
  readonly isResult?: boolean;
  /** Takes charge of a function or a handle inside the value, where it can: `undefined` stands in its place. */
  readonly aside?: (value: object, path: readonly unknown[]) => boolean;
  /** Shared memory is named by number; the receiver gets the buffers on their own, and restores with its numbers. */
  readonly numbers?: SharedBuffers;
}

/**
 * Takes a value as it is now, to be posted to other threads any number of times.
 *
 * - Numbers, strings, booleans, bigints, `null`, `undefined`: as they are.
 * - Arrays, plain objects, `Map`, `Set`, `Date`, `RegExp`, boxed primitives: copied, with cycles and shared parts kept.
 *   Getters are read and symbol keys left out, as `structuredClone` does. Nesting ends at 1,000 levels.
 * - Typed arrays and `DataView`: up to 64 KiB copied; above, copied into shared memory once, and by reference from
 *   then on. Only the bytes that a view shows travel, so `byteOffset` may change. Views on shared memory pass as they are.
 * - `ArrayBuffer` on its own stays an `ArrayBuffer` and is cloned at any size.
 * - Errors keep name, message, stack, cause, `errors` and their own properties, apart from those that cannot cross. A
 *   user's subclass comes back as the native class it extends, with its name.
 * - `Buffer`, `URL`, `URLSearchParams`, `Headers`, `File`: by built-in codecs. `Blob`, `CryptoKey`,
 *   `WebAssembly.Module` and whatever else the platform's structured clone carries: as they are.
 * - Instances of a class: by its `ValueCodec`.
 *
 * @returns undefined only when `limit` was exceeded.
 * @throws ValueTransferError naming the label and the path, for functions, symbols, instances of classes without a codec,
 * and what belongs to its thread (promises, streams, weak maps); TypeError for a handle.
 *
 * @example
 * ```ts
 * import { snapshot } from '@poniard/core';
 *
 * const value = { weights: new Float64Array(1e6) };
 * const sent = snapshot(value, { codecs: [], label: 'argument 1 of fit (#3)', copy: true });
 * console.log(sent?.shared); // 8000000
 * ```
 */
export function snapshot(value: unknown, options: SnapshotOptions): Encoded | undefined {
  if (isPrimitive(value)) {
    const bytes = typeof value === 'string' ? value.length : 8;
    return bytes > (options.limit ?? Infinity)
      ? undefined
      : { value, bytes, shared: 0, codecs: undefined, buffers: undefined };
  }
  return walk(value as object, options, true);
}

const NONE: ReadonlyMap<ArrayBuffer, WholeCopy> = new Map();

/** `withCodecs` false: classes are refused even when they name a codec, since nobody could decode them. */
export function walk(value: object, options: SnapshotOptions, withCodecs: boolean): Encoded | undefined {
  let whole = NONE;
  for (;;) {
    // Overlapping views are rare: a few restarts, then every buffer is copied whole.
    const walker = new Walker(options, withCodecs, whole, whole.size > 3);
    try {
      const encoded = walker.visit(value);
      const { moved: bytes, sharedBytes: shared, used: codecs, sharedBuffers: buffers } = walker;
      return { value: encoded, bytes, shared, codecs, buffers };
    } catch (error) {
      if (error === GIVE_UP) return undefined;
      if (!(error instanceof Overlap)) throw walker.trail.explain(error);
      whole = new Map(whole).set(error.buffer, error.whole);
    }
  }
}
