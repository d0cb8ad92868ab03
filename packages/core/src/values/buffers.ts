/**
 * @file Bytes on their way to another thread. Large arrays go to shared memory, once: structured clone of 64 MiB takes
 * 445 ms, handing over a shared buffer 41 µs at any size.
 */
import { globals, isShared, kindOf } from './kinds.js';

/** Arrays above this size are copied into shared memory when they first have to cross; smaller ones are cloned. */
export const SHARE_ABOVE = 64 * 1024;

/**
 * Shared buffers of at least this size begin on a page, so that disks and devices can read them in place. A smaller one
 * would spend more on its mapping than it gains: a plain buffer reuses memory of the heap.
 */
const ALIGN_FROM = 1024 * 1024;

type GrowableOptions = new (length: number, options?: { maxByteLength: number }) => SharedArrayBuffer;

/**
 * Zeroed shared memory of `bytes` bytes, page-aligned when large, or undefined where the platform has none (a page
 * that is not cross-origin isolated). Take fixed-length views on it (`new Float64Array(buffer, 0, n)`): they are as
 * fast as any, while a view without a length on a growable buffer reads 40 times slower.
 */
export function sharedBuffer(bytes: number): SharedArrayBuffer | undefined {
  const ctor = globals['SharedArrayBuffer'] as GrowableOptions | undefined;
  if (ctor === undefined) return undefined;
  return bytes < ALIGN_FROM ? new ctor(bytes) : new ctor(bytes, { maxByteLength: bytes });
}

/** Some bytes of a buffer and the copy that stands for them. */
interface Window {
  readonly start: number;
  readonly end: number;
  readonly copy: ArrayBufferLike;
}

/** How a buffer must be copied as a whole: `plain` keeps it an `ArrayBuffer`, since it is itself part of the value. */
export type WholeCopy = 'any' | 'plain';

/** Thrown when views overlap in a way that only a copy of the whole buffer keeps: the walk starts again, told so. */
export class Overlap {
  constructor(
    readonly buffer: ArrayBuffer,
    readonly whole: WholeCopy,
  ) {}
}

/**
 * The copies of all buffers of one value. Views on the same bytes stay views on the same bytes. Only what a view
 * shows is copied, not the rest of its buffer: a part of a large array, or a `Buffer` from Node's pool, costs its own size.
 */
export class BufferCopies {
  /** Bytes that were copied into shared memory. */
  toShared = 0;
  /** Bytes of private copies, or of buffers left in place to be cloned. */
  toMove = 0;
  private readonly windows = new Map<ArrayBuffer, Window[]>();

  /** `everything` copies all buffers as a whole: for values in which overlapping views are the rule. */
  constructor(
    private readonly copy: boolean,
    private readonly whole: ReadonlyMap<ArrayBuffer, WholeCopy>,
    private readonly everything: boolean,
  ) {}

  /** The counterpart of a view on ordinary memory. Throws a TypeError when its buffer was detached. */
  view(source: ArrayBufferView & { buffer: ArrayBuffer }): ArrayBufferView {
    const { buffer, byteOffset, byteLength } = source;
    const whole = this.whole.get(buffer) ?? (this.everything ? 'any' : undefined);
    const step = (source as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
    const window =
      whole === undefined
        ? this.window(buffer, byteOffset, byteOffset + byteLength, step)
        : this.window(buffer, 0, buffer.byteLength, 1, whole);
    if (window.copy === buffer) return source;
    const ctor = source.constructor as new (b: ArrayBufferLike, at: number, n: number) => ArrayBufferView;
    return new ctor(window.copy, byteOffset - window.start, byteLength / step);
  }

  /** The counterpart of an `ArrayBuffer` that is itself part of the value: it stays one, at any size. */
  buffer(source: ArrayBuffer): ArrayBufferLike {
    const windows = this.windows.get(source);
    if (windows === undefined) return this.window(source, 0, source.byteLength, 1, 'plain').copy;
    const [first] = windows;
    const isWhole = first !== undefined && first.start === 0 && first.end === source.byteLength;
    if (!isWhole || isShared(first.copy)) throw new Overlap(source, 'plain');
    return first.copy;
  }

  /** The windows of one buffer never overlap and are kept in order, so that thousands of rows of a matrix stay quick. */
  private window(buffer: ArrayBuffer, start: number, end: number, step: number, whole?: WholeCopy): Window {
    const windows = this.windows.get(buffer);
    if (windows === undefined) {
      const made = { start, end, copy: this.copyOf(buffer, start, end, whole) };
      this.windows.set(buffer, [made]);
      return made;
    }
    const next = firstAfter(windows, start);
    const before = windows[next - 1];
    if (before !== undefined && end <= before.end && (start - before.start) % step === 0) return before;
    const after = windows[next];
    if ((before !== undefined && start < before.end) || (after !== undefined && after.start < end)) {
      throw new Overlap(buffer, 'any');
    }
    const made = { start, end, copy: this.copyOf(buffer, start, end, whole) };
    windows.splice(next, 0, made);
    return made;
  }

  private copyOf(buffer: ArrayBuffer, start: number, end: number, whole?: WholeCopy): ArrayBufferLike {
    const length = end - start;
    // A view on a detached buffer is empty; making another one tells the two cases apart.
    const bytes = new Uint8Array(buffer, start, length);
    const shared = length > SHARE_ABOVE && whole !== 'plain' ? sharedBuffer(length) : undefined;
    if (shared !== undefined) {
      this.toShared += length;
      new Uint8Array(shared, 0, length).set(bytes);
      return shared;
    }
    this.toMove += length;
    if (!this.copy && length === buffer.byteLength) return buffer;
    const copy = new ArrayBuffer(length);
    new Uint8Array(copy).set(bytes);
    return copy;
  }
}

/** Whether a view is on ordinary memory, which other threads cannot see. */
export function isOnOrdinaryMemory(view: ArrayBufferView): view is ArrayBufferView & { buffer: ArrayBuffer } {
  return !isShared(view.buffer);
}

/** Whether a value is a view of one of the platform's own classes, on shared memory. */
export function isViewOnShared(
  value: unknown,
): value is ArrayBufferView & { readonly buffer: SharedArrayBuffer } {
  return ArrayBuffer.isView(value) && kindOf(value) === 'view' && isShared(value.buffer);
}

/** The index of the first window that begins after `start`. */
function firstAfter(windows: readonly Window[], start: number): number {
  let low = 0;
  let high = windows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((windows[middle] as Window).start <= start) low = middle + 1;
    else high = middle;
  }
  return low;
}
