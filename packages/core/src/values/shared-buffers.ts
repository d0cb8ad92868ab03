/**
 * @file Shared buffers by number. A buffer crosses to a thread once; from then on values name it. So a value of any
 * size crosses as a few numbers, and each thread has one object for each buffer: every further one would weigh on its
 * garbage collector (64 MiB through three tasks took 18 ms when each hop made a new one, most of it collections).
 */
import { globals } from './kinds.js';
import { MARK, type Mark, SHARED_TAG } from './mark.js';

/**
 * What stands for a view: the buffer's number, the view's class, where it begins, and its length in elements. Then, where
 * the value is what a codec makes of the view: the codec's tag, and the numbers that it needs besides.
 */
export type SharedView = readonly [...PlainView, tag?: string, ...numbers: number[]];
type PlainView = readonly [id: number, kind: string, offset: number, length: number];

/** A buffer and its number, as they cross the first time. */
export type NumberedBuffer = readonly [id: number, buffer: SharedArrayBuffer];

/** The same, without the buffer where the receiver is known to have it. */
export type CrossingBuffer = readonly [id: number, buffer: SharedArrayBuffer | undefined];

/** What stands for shared memory becomes a view again. */
export interface BufferNumbers {
  restore(view: SharedView): unknown;
}

export const markView = (view: SharedView): Mark => ({ [MARK]: SHARED_TAG, value: view });

/** Of an encoded value that is one view and nothing else: what stands for it, which crosses at less cost than the mark. */
export function viewIn(encoded: unknown): SharedView | undefined {
  const mark = encoded as Mark | null | undefined;
  return mark?.[MARK] === SHARED_TAG ? (mark.value as SharedView) : undefined;
}

/** Numbers that one thread may give; threads have different prefixes. */
const PER_PREFIX = 2 ** 26;

export class SharedBuffers implements BufferNumbers {
  private readonly ids = new WeakMap<SharedArrayBuffer, number>();
  private readonly byId = new Map<number, WeakRef<SharedArrayBuffer>>();
  private readonly goneListeners = new Set<(id: number) => void>();
  private readonly gone = new FinalizationRegistry<number>((id) => {
    // It may have come back under its number meanwhile.
    if (this.byId.get(id)?.deref() !== undefined) return;
    this.byId.delete(id);
    for (const listener of this.goneListeners) listener(id);
  });
  private next = 0;
  private prefixes = 0;

  constructor(private prefix = 0) {}

  /** The prefix for another thread's numbers. */
  newPrefix(): number {
    return ++this.prefixes;
  }

  /** This thread's own prefix, given by the thread that began it. */
  usePrefix(prefix: number): void {
    this.prefix = prefix;
  }

  id(buffer: SharedArrayBuffer): number {
    let id = this.ids.get(buffer);
    if (id === undefined) {
      id = this.prefix * PER_PREFIX + this.next++;
      this.enter(id, buffer);
    }
    return id;
  }

  get(id: number): SharedArrayBuffer | undefined {
    return this.byId.get(id)?.deref();
  }

  /** A buffer that came from elsewhere: this thread's object for it, which is another one if it had it before. */
  adopt(id: number, buffer: SharedArrayBuffer): SharedArrayBuffer {
    const known = this.get(id);
    if (known !== undefined) return known;
    this.enter(id, buffer);
    return buffer;
  }

  numbered(buffers: readonly SharedArrayBuffer[] | undefined): NumberedBuffer[] | undefined {
    return buffers?.map((buffer) => [this.id(buffer), buffer]);
  }

  adoptAll(buffers: readonly CrossingBuffer[] | undefined): SharedArrayBuffer[] | undefined {
    return buffers?.map(([id, buffer]) => this.adoptOne(id, buffer));
  }

  /** `undefined`: one that this thread has. */
  adoptOne(id: number, buffer: SharedArrayBuffer | undefined): SharedArrayBuffer {
    return buffer === undefined ? this.require(id) : this.adopt(id, buffer);
  }

  /** Calls back when this thread's object for a buffer has been collected. Returns what ends it. */
  onGone(listener: (id: number) => void): () => void {
    this.goneListeners.add(listener);
    return () => this.goneListeners.delete(listener);
  }

  /** What stands for a view, or for a whole buffer. */
  view(value: ArrayBufferView | SharedArrayBuffer): PlainView {
    if (!ArrayBuffer.isView(value)) return [this.id(value), '', 0, 0];
    const { buffer, byteOffset } = value;
    const length = 'length' in value ? (value as Uint8Array).length : value.byteLength;
    const kind = value[Symbol.toStringTag as never] as string;
    return [this.id(buffer as SharedArrayBuffer), kind, byteOffset, length];
  }

  restore([id, kind, offset, length]: SharedView): unknown {
    const buffer = this.require(id);
    if (kind === '') return buffer;
    const View = globals[kind] as new (buffer: SharedArrayBuffer, offset: number, length: number) => unknown;
    return new View(buffer, offset, length);
  }

  private require(id: number): SharedArrayBuffer {
    const buffer = this.get(id);
    if (buffer === undefined)
      throw new ReferenceError(`shared buffer ${id} is not known on this thread; please report this`);
    return buffer;
  }

  private enter(id: number, buffer: SharedArrayBuffer): void {
    weigh(buffer);
    this.ids.set(buffer, id);
    this.byId.set(id, new WeakRef(buffer));
    this.gone.register(buffer, id);
  }
}

/** Notes the numbers of what it restores. */
export class RestoredNumbers implements BufferNumbers {
  private numbers: Set<number> | undefined = undefined;

  constructor(private readonly buffers: SharedBuffers) {}

  restore(view: SharedView): unknown {
    this.restored(view[0]);
    return this.buffers.restore(view);
  }

  restored(id: number): void {
    this.numbers ??= new Set();
    this.numbers.add(id);
  }

  /** The numbers since the last time. */
  take(): Set<number> | undefined {
    const { numbers } = this;
    this.numbers = undefined;
    return numbers;
  }
}

/** In bytes. Below it, the objects around a buffer make V8 collect in time. */
const WEIGHED_FROM = 16 * 1024;

/** Registered, so that a buffer which a library has weighed is not weighed again. */
const WEIGHT: unique symbol = Symbol.for('poniard.weight') as never;

interface Resizable {
  new (bytes: number, options: { readonly maxByteLength: number }): ArrayBuffer;
}

/**
 * V8 does not count shared memory when it decides to collect garbage: a loop that made and dropped 90 arrays of 32 MiB
 * grew its process to 2.8 GB. So each thread's object for a buffer holds a resizable buffer of the same size that is
 * never written: it takes address space and no memory, but V8 counts it.
 */
function weigh(buffer: SharedArrayBuffer & { [WEIGHT]?: ArrayBuffer }): void {
  const { byteLength } = buffer;
  if (byteLength < WEIGHED_FROM || buffer[WEIGHT] !== undefined) return;
  buffer[WEIGHT] = new (ArrayBuffer as unknown as Resizable)(byteLength, { maxByteLength: byteLength });
}

/** This thread's. Like the buffers themselves it belongs to the thread and not to a runtime. */
export const sharedBuffers = new SharedBuffers();
