/** @file Shards: one piece of data per processor or process, and each task gets the piece of where it runs. */
import type { Chunk } from '../chunk.js';
import type { TaskOptions } from '../options.js';
import type { RuntimeBase } from '../runtime-base.js';
import type { Task } from '../task.js';

/** How {@link RuntimeBase.shard} is cut, and where. */
export interface ShardOptions {
  /**
   * `'processor'` (the default): each has its own piece, and changes it in place. `'process'`: the threads of a process share
   * one; only what is on shared memory is the same to all of them.
   */
  readonly per?: 'process' | 'processor' | undefined;
  /**
   * Which processors take part, of those that are there when the shard is made. Default: those on which tasks run here, by
   * `withOptions` and the runtime's options or because they are enabled by default.
   */
  readonly scope?: TaskOptions['scope'];
}

const brand: unique symbol = Symbol.for('poniard.shard') as never;

/**
 * One piece of data per processor or process. As an argument of `spawn` it stands for the piece of the processor that runs the
 * task. Iterating gives the pieces as Chunks, in the processors' order. Dagger: `Shard`.
 */
export class Shard<T> implements Iterable<Chunk<T>>, Disposable {
  /** Made by `shard`. `keys`: the ids of the processors or processes. */
  constructor(
    private readonly runtime: RuntimeBase,
    readonly per: 'process' | 'processor',
    readonly keys: readonly string[],
    private readonly chunks: readonly Chunk<T>[],
  ) {}

  get [brand](): true {
    return true;
  }
  get [Symbol.toStringTag](): string {
    return 'Shard';
  }

  /** What `JSON.stringify` writes. */
  toJSON(): { readonly per: Shard<T>['per']; readonly keys: readonly string[] } {
    const { per, keys } = this;
    return { per, keys };
  }
  toString(): string {
    return `Shard of ${this.size} pieces, one per ${this.per}`;
  }
  /** What `console.log` shows in Node. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  /** How many pieces there are. */
  get size(): number {
    return this.chunks.length;
  }

  [Symbol.iterator](): Iterator<Chunk<T>> {
    return this.chunks[Symbol.iterator]();
  }

  /** One task per piece, where the piece is; in the order of the pieces. Dagger: `map(f, shard)`. */
  map<R>(fn: (piece: T) => R, options: TaskOptions = {}): Task<Awaited<R>>[] {
    return this.chunks.map((chunk) => this.runtime.spawnTask(fn, [chunk], options) as Task<Awaited<R>>);
  }

  /** Gives all pieces up; using the shard afterwards is an error. */
  release(): void {
    for (const chunk of this.chunks) chunk.release();
  }
  [Symbol.dispose](): void {
    this.release();
  }
}

/**
 * Whether a value is a Shard.
 *
 * @example
 * ```ts
 * import { createRuntime, isShard } from '@poniard/core';
 *
 * await using runtime = createRuntime();
 * using tally = runtime.shard(() => ({ count: 0 }));
 * console.log(isShard(tally), isShard([...tally])); // true false
 * ```
 */
export function isShard(value: unknown): value is Shard<unknown> {
  return typeof value === 'object' && value !== null && brand in value;
}
