/** @file The handles on tasks that users hold. */
import type { Chunk } from './chunk.js';

/** Where a task stands, as its holder sees it. */
export type TaskState = 'waiting' | 'ready' | 'running' | 'finished' | 'failed' | 'cancelled';

/**
 * A handle on a task: on its result, once it has one. `await task` gives the value. Dagger: `DTask`.
 *
 * @example
 * ```ts
 * import { createRuntime } from '@poniard/core';
 *
 * await using runtime = createRuntime();
 * const sum = runtime.spawn((a: number, b: number) => a + b, 1, 2);
 * console.log(await sum, sum.state); // 3 finished
 * ```
 */
export interface Task<T> extends PromiseLike<T> {
  /**
   * No other task of the runtime has it, but for calls that share one by `cache`. Those of tasks that tasks on threads spawn are
   * above a million, so that each thread can count by itself.
   */
  readonly id: number;
  readonly name: string;
  readonly state: TaskState;
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B>;
  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B>;
  finally(onFinally?: (() => void) | null): Promise<T>;
  /** The value; rejects with `TaskFailedError`. */
  fetch(): Promise<T>;
  /** Resolves when the task is settled, however it ended (S6). */
  wait(): Promise<void>;
  /** Whether the task is settled, either way. Never blocks. */
  isReady(): boolean;
  /** A handle on the result that leaves it where it is (C1). Rejects with `TaskFailedError`. */
  chunk(): Promise<Chunk<T>>;
  /** Lets go of a result that `persist` keeps; of others nothing. The handle itself stays good. */
  release(): void;
  /**
   * Ends the task with `CancelledError`, and all that depend on it. One that is running goes on, without its place,
   * unless it listens to `taskContext().signal`. With `force` the thread of one that has not ended 100 ms later is
   * stopped, and what else ran there runs again. Dagger: `cancel!`.
   */
  cancel(reason?: unknown, options?: { readonly force?: boolean }): void;
  /** What `JSON.stringify` writes. */
  toJSON(): { readonly id: number; readonly name: string; readonly state: TaskState };
}

const brand: unique symbol = Symbol.for('poniard.task') as never;

/** Takes values that come in any order: `fetchAll` makes no Promise for each of a hundred thousand tasks. */
export interface ValueSink {
  value(index: number, value: unknown): void;
  error(error: unknown): void;
}

/** What all handles share: they are promises as far as anyone can see (S11). */
export abstract class TaskHandle<T> implements Task<T> {
  abstract readonly id: number;
  abstract readonly name: string;
  abstract readonly state: TaskState;
  abstract fetch(): Promise<T>;
  abstract wait(): Promise<void>;
  abstract chunk(): Promise<Chunk<T>>;
  abstract release(): void;
  abstract cancel(reason?: unknown, options?: { readonly force?: boolean }): void;

  /** It is more than its parent's: it goes on when that fails. */
  abstract handOut(): void;

  /** Tells `sink` once, at once or later. */
  fetchInto(sink: ValueSink, index: number): void {
    this.fetch().then(
      (value) => sink.value(index, value),
      (error) => sink.error(error),
    );
  }

  get [brand](): true {
    return true;
  }
  get [Symbol.toStringTag](): string {
    return 'Task';
  }

  isReady(): boolean {
    const { state } = this;
    return state === 'finished' || state === 'failed' || state === 'cancelled';
  }

  // biome-ignore lint/suspicious/noThenProperty: S11, a Task is thenable
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.fetch().then(onFulfilled, onRejected);
  }

  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.fetch().catch(onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<T> {
    return this.fetch().finally(onFinally);
  }

  toJSON(): ReturnType<Task<T>['toJSON']> {
    const { id, name, state } = this;
    return { id, name, state };
  }
  toString(): string {
    return `Task #${this.id} ${this.name} (${this.state})`;
  }
  /** What `console.log` shows in Node. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/**
 * Whether a value is a Task, of whatever runtime.
 *
 * @example
 * ```ts
 * import { createRuntime, isTask } from '@poniard/core';
 *
 * await using runtime = createRuntime();
 * const task = runtime.spawn(() => 1);
 * console.log(isTask(task), isTask(task.fetch())); // true false
 * ```
 */
export function isTask(value: unknown): value is Task<unknown> {
  return typeof value === 'object' && value !== null && brand in value;
}
