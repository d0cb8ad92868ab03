/** @file What a lane's worker has been taught, by the host: functions, codecs, shared buffers. Each crosses once. */
import { travelling } from '../options.js';
import type { FunctionRef } from '../processor.js';
import type { ValueCodec } from '../values/codec.js';
import { type CrossingBuffer, type NumberedBuffer, sharedBuffers } from '../values/shared-buffers.js';
import type { CodecBook } from './codec-book.js';
import { Work } from './protocol.js';

export class Taught {
  private readonly functions = new Map<string, number>();
  /** The last one: a batch often has many calls of one function. */
  private lastFunction: FunctionRef | undefined = undefined;
  private lastImplementation = '';
  private lastKey = 0;
  private readonly codecs = new Set<string>();
  /** Numbers of the shared buffers that the worker has. */
  private readonly buffers = new Set<number>();

  constructor(private readonly book: CodecBook) {}

  /** The worker's number for a function; what it has to learn for it joins `lessons`. */
  function(fn: FunctionRef, implementation: string, lessons: unknown[]): number {
    if (fn === this.lastFunction && implementation === this.lastImplementation) return this.lastKey;
    const name = `${fn.id} ${implementation}`;
    let key = this.functions.get(name);
    if (key === undefined) {
      const encoded = fn.encoded(implementation);
      key = this.functions.size + 1;
      this.functions.set(name, key);
      lessons.push(Work.Function, key, fn.name, encoded, travelling(fn.defaults));
    }
    this.lastFunction = fn;
    this.lastImplementation = implementation;
    this.lastKey = key;
    return key;
  }

  /** What the worker needs for a value with marks in it. */
  value(
    codecs: readonly ValueCodec[],
    buffers: readonly SharedArrayBuffer[] | undefined,
    lessons: unknown[],
  ): void {
    for (const codec of codecs) {
      if (this.codecs.has(codec.tag)) continue;
      this.codecs.add(codec.tag);
      this.book.note(codec);
      lessons.push(Work.Codec, codec.tag, codec.module, codec.exportName);
    }
    for (const numbered of this.unknown(buffers) ?? []) lessons.push(Work.Buffer, ...numbered);
  }

  /** Those that the worker does not have yet; from now on it does. */
  unknown(buffers: readonly SharedArrayBuffer[] | undefined): NumberedBuffer[] | undefined {
    const news = sharedBuffers.numbered(buffers)?.filter(([id]) => !this.buffers.has(id));
    for (const [id] of news ?? []) this.buffers.add(id);
    return news;
  }

  /** Buffers that came with a value: the worker has them, and this thread from now on. */
  adopt(numbered: readonly CrossingBuffer[] | undefined): readonly SharedArrayBuffer[] | undefined {
    for (const [id] of numbered ?? []) this.buffers.add(id);
    return sharedBuffers.adoptAll(numbered);
  }

  /** The same for one buffer, whose number came with a view. */
  adoptOne(id: number, buffer: SharedArrayBuffer | undefined): SharedArrayBuffer {
    this.buffers.add(id);
    return sharedBuffers.adoptOne(id, buffer);
  }

  /** A buffer is gone; tells whether the worker has it. */
  gone(id: number): boolean {
    return this.buffers.delete(id);
  }
}
