/**
 * @file The one place where memory for arrays is made. Shared, so that every thread, a BLAS library, a disk and a
 * GPU's upload read the same bytes.
 *
 * Three findings shape it, all measured on Node 20:
 * - a growable SharedArrayBuffer begins on a page (direct disk reads and huge pages need that), but a typed array that
 *   tracks its length reads 30 times slower than one made with an explicit length (145 ms against 4 ms to sum 4 Mi float64);
 * - new memory is given page by page, which costs more than what is computed into it (see huge-pages.ts). Large
 *   buffers therefore consist of whole huge pages, and may be longer than the typed array on them;
 * - V8 does not count shared memory when it decides to collect garbage. A loop that made and dropped 90 arrays of
 *   32 MiB grew the process to 2.8 GB. Each buffer therefore holds a *weight*: a resizable ArrayBuffer of the same size
 *   that is never written, so it takes address space and no memory, but V8 counts it. The same loop stayed at 180 MB.
 */
import { checkDType, type Data, type DataOf, DTYPES, type DType } from './dtype.js';
import { type Advise, HUGE_PAGE, loadAdvise } from './huge-pages.js';

/** From this size on, buffers consist of huge pages. Smaller ones come from the heap. */
const LARGE = 1024 * 1024;

/** Below this size the array's own objects make V8 collect in time. */
const WEIGHED_FROM = 16 * 1024;

/** Typed arrays end at 2³² elements on Node 20. */
const MAX_ELEMENTS = 2 ** 32;

/** Registered: the core weighs buffers that come from other threads in the same way, and each is weighed once. */
const WEIGHT: unique symbol = Symbol.for('poniard.weight') as never;

interface Growable {
  new (bytes: number, options: { maxByteLength: number }): ArrayBuffer;
}

/** Per thread: the way to the kernel, found when the first large array is made. */
const adviser: { advise?: Advise } = {};

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
  return advised(new make(sharedBuffer(length * bytes), 0, length));
}

/**
 * A zeroed typed array on ordinary memory for copies in and out of a library that refuses shared memory. A large one is
 * on a resizable buffer, which begins on a page; libraries read that as any other.
 */
export function allocateScratch<D extends DType>(dtype: D, length: number): DataOf<D> {
  const { bytes, make } = DTYPES[dtype];
  const total = length * bytes;
  return advised(new make(total < LARGE ? new ArrayBuffer(total) : mapped(ArrayBuffer, total), 0, length));
}

/** Asks for huge pages before a large array is first written. */
function advised<A extends Data>(data: A): A {
  if (data.byteLength >= LARGE) {
    adviser.advise ??= loadAdvise();
    adviser.advise(data);
  }
  return data;
}

function sharedBuffer(bytes: number): ArrayBufferLike {
  if (typeof SharedArrayBuffer === 'undefined') return new ArrayBuffer(bytes);
  const buffer = bytes < LARGE ? new SharedArrayBuffer(bytes) : mapped(SharedArrayBuffer, bytes);
  weigh(buffer);
  return buffer;
}

/** A mapping of its own. As it covers whole huge pages, the kernel lets it begin on one. */
function mapped(kind: unknown, bytes: number): ArrayBufferLike {
  const whole = Math.ceil(bytes / HUGE_PAGE) * HUGE_PAGE;
  return new (kind as Growable)(whole, { maxByteLength: whole });
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
