/** @file Handles on values (C1). */
import type { Scope } from '@poniard/scopes';
import type { ProcessorName } from './options.js';
import type { MemorySpace, Processor } from './processor.js';
import type { ChunkType } from './values/codec.js';

/** Which tasks may take the value that `tochunk` wraps. */
export interface ChunkOptions {
  /** Those that run on this processor: itself, or its id. */
  readonly processor?: ProcessorName | undefined;
  /** Those that run within this scope. Default: all. */
  readonly scope?: Scope | undefined;
}

/**
 * A handle on a value that may live anywhere. Handles are counted: with the last one the value goes (C4), by
 * garbage collection, `release()` or `using`. Dagger: `Chunk`.
 *
 * @example
 * ```ts
 * import { createRuntime } from '@poniard/core';
 *
 * await using runtime = createRuntime();
 * using data = runtime.tochunk(new Float64Array(100_000).fill(1));
 * console.log(await runtime.spawn((xs: Float64Array) => xs.length, data), data.type.dtype); // 100000 f64
 * ```
 */
export interface Chunk<T> extends Disposable {
  readonly type: ChunkType;
  /** The size of the value, as far as it is known. */
  readonly bytes: number;
  /** The processor that made it; `undefined` for what `tochunk` wrapped on the calling thread. */
  readonly processor: Processor | undefined;
  readonly space: MemorySpace;
  readonly scope: Scope;
  /** The value, in the host's memory. */
  fetch(): Promise<T>;
  /** Gives the handle up; using it afterwards is an error. */
  release(): void;
}

const brand: unique symbol = Symbol.for('poniard.chunk') as never;

/** What all chunk handles share. */
export abstract class ChunkHandle<T> implements Chunk<T> {
  abstract readonly type: ChunkType;
  abstract readonly bytes: number;
  abstract readonly processor: Processor | undefined;
  abstract readonly space: MemorySpace;
  abstract readonly scope: Scope;
  abstract fetch(): Promise<T>;
  abstract release(): void;
  protected abstract readonly released: boolean;

  get [brand](): true {
    return true;
  }
  get [Symbol.toStringTag](): string {
    return 'Chunk';
  }
  [Symbol.dispose](): void {
    this.release();
  }

  /** What `JSON.stringify` writes: what the value is and where, not the value. */
  toJSON(): object {
    if (this.released) return { released: true };
    const { type, bytes, space, processor } = this;
    return { ...type, bytes, space: space.id, processor: processor?.id };
  }
  toString(): string {
    if (this.released) return 'Chunk that has been released';
    const { kind, shape } = this.type;
    return `Chunk of ${kind}${shape === undefined ? '' : ` [${shape.join(', ')}]`}`;
  }
  /** What `console.log` shows in Node. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/**
 * Whether a value is a Chunk, of whatever runtime.
 *
 * @example
 * ```ts
 * import { createRuntime, isChunk } from '@poniard/core';
 *
 * await using runtime = createRuntime();
 * console.log(isChunk(runtime.tochunk([1])), isChunk([1])); // true false
 * ```
 */
export function isChunk(value: unknown): value is Chunk<unknown> {
  return typeof value === 'object' && value !== null && brand in value;
}
