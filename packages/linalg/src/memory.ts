/**
 * @file The one place where memory for arrays is made. Shared, so that every thread, a BLAS library, a disk and a
 * GPU's upload read the same bytes.
 *
 * Two findings shape it, both measured on Node 20:
 * - a growable SharedArrayBuffer begins on a page (direct disk reads need that), but a typed array that tracks its
 *   length reads 30 times slower than one made with an explicit length (145 ms against 4 ms to sum 4 Mi float64);
 * - V8 does not count shared memory when it decides to collect garbage. A loop that made and dropped 90 arrays of
 *   32 MiB grew the process to 2.8 GB. Each buffer therefore holds a *weight*: a resizable ArrayBuffer of the same size
 *   that is never written, so it takes address space and no memory, but V8 counts it. The same loop stayed at 180 MB.
 */
import { checkDType, type DataOf, DTYPES, type DType } from './dtype.js';

/** Buffers of a page or more begin on a page. Smaller ones come from the heap, which is quicker. */
const PAGE = 4096;

/** Below this size the array's own objects make V8 collect in time. */
const WEIGHED_FROM = 16 * 1024;

/** Typed arrays end at 2³² elements on Node 20. */
const MAX_ELEMENTS = 2 ** 32;

const WEIGHT = Symbol('poniard.weight');

interface Growable {
  new (bytes: number, options: { maxByteLength: number }): ArrayBuffer;
}

/**
 * A zeroed typed array of `length` elements on shared memory. Where a page has no shared memory (it is not
 * cross-origin isolated), on ordinary memory.
 *
 * @throws RangeError when there is no room for as many elements.
 */
export function allocate<D extends DType>(dtype: D, length: number): DataOf<D> {
  const { bytes, make } = DTYPES[checkDType('allocate', dtype)];
  if (!Number.isInteger(length) || length < 0 || length > MAX_ELEMENTS) {
    throw new RangeError(`cannot allocate ${length} elements of ${dtype}: an array holds at most 2^32`);
  }
  // An explicit length: see the top of this file.
  return new make(sharedBuffer(length * bytes), 0, length) as DataOf<D>;
}

function sharedBuffer(bytes: number): ArrayBufferLike {
  if (typeof SharedArrayBuffer === 'undefined') return new ArrayBuffer(bytes);
  if (bytes < PAGE) return new SharedArrayBuffer(bytes);
  const Shared = SharedArrayBuffer as unknown as Growable;
  const buffer = new Shared(bytes, { maxByteLength: bytes });
  weigh(buffer);
  return buffer;
}

/** Lets this thread's garbage collector know of a shared buffer: once for each thread that holds it. */
export function weigh(buffer: ArrayBufferLike & { [WEIGHT]?: ArrayBuffer }): void {
  if (buffer.byteLength < WEIGHED_FROM || buffer[WEIGHT] !== undefined || !isShared(buffer)) return;
  const Resizable = ArrayBuffer as unknown as Growable;
  buffer[WEIGHT] = new Resizable(buffer.byteLength, { maxByteLength: buffer.byteLength });
}

/** Whether a buffer is seen by all threads. */
export function isShared(buffer: ArrayBufferLike): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer;
}
