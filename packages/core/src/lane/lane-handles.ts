/** @file Handles that a task on a lane holds: on tasks of its own, and on values. */
import { anyScope, type Scope } from '@poniard/scopes';
import { ChunkHandle } from '../chunk.js';
import { CancelledError, DeadlockError, PoniardError } from '../errors.js';
import type { AnyFunction } from '../functions/encoded.js';
import type { MemorySpace, Processor } from '../processor.js';
import { TaskHandle, type TaskState } from '../task.js';
import type { ChunkType } from '../values/codec.js';
import type { Lesson } from './lessons.js';
import type { TaskScope } from './task-scopes.js';

/** A lane's task, whatever its value. */
export type AnyLaneTask = Pick<
  LaneTask<unknown>,
  | 'fn'
  | 'travels'
  | 'number'
  | 'name'
  | 'parent'
  | 'callOff'
  | 'resolve'
  | 'reject'
  | 'refuse'
  | 'whenSubmitted'
> & { id: number; wanted: boolean };

/** What a handle needs of the lane's runtime. */
export interface HandleOwner {
  /** `by`: whose code waits, if any; `null`: nobody's, its end is only to be known. */
  await(task: AnyLaneTask, by: TaskScope | undefined | null): void;
  want(task: AnyLaneTask, by: TaskScope | undefined): void;
  cancelTask(task: AnyLaneTask, reason: unknown, force: boolean): void;
  releaseTask(task: AnyLaneTask): void;
  /** Nobody holds it any more. */
  dropTask(task: AnyLaneTask): void;
  currentScope(): TaskScope | undefined;
}

/** Code that waits for a task. */
interface Waiter<T> {
  readonly by: TaskScope | undefined;
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** A task that a task on this lane has spawned. */
export class LaneTask<T> extends TaskHandle<T> {
  /** Another number where it is the task of an equal call, or lent. */
  id: number;
  /** Until the host knows of it: what the request waits for. Rejected, and for good, where it never will. */
  submitted: Promise<void> | undefined = undefined;
  /** Until then: ends it here, since the host need not hear of it any more. */
  callOff: ((error: unknown) => void) | undefined = undefined;
  /** Somebody besides its parent waits for it. */
  wanted = false;
  /** There is no handle on it but a chunk's. */
  hidden = false;
  /** What it runs, and how that travelled: to tell where in it an error came from. */
  fn: AnyFunction | undefined = undefined;
  travels: Lesson | undefined = undefined;
  private outcome: { readonly ok: boolean; readonly value: unknown } | undefined = undefined;
  private asked = false;
  private waiting: Waiter<T>[] = [];
  /** Whose wait the host has heard of last. */
  private waiter: TaskScope | undefined | null = null;

  constructor(
    readonly runtime: HandleOwner,
    readonly number: number,
    readonly name: string,
    /** The task that spawned it. */
    readonly parent: TaskScope | undefined,
  ) {
    super();
    this.id = number;
  }

  whenSubmitted(step: () => void): void {
    if (this.submitted === undefined) step();
    else this.submitted.then(step, () => {});
  }

  /** The error of one that has failed. */
  get failure(): unknown {
    return this.outcome?.value;
  }

  get state(): TaskState {
    if (this.outcome === undefined) {
      // The host tells of tasks that somebody asks for; the answer then comes while the asker does other things.
      if (!this.asked) this.ask(null);
      return 'waiting';
    }
    const { ok, value } = this.outcome;
    if (ok) return 'finished';
    return (value as Error).cause instanceof CancelledError ? 'cancelled' : 'failed';
  }

  fetch(): Promise<T> {
    const { outcome } = this;
    if (outcome !== undefined) {
      return outcome.ok ? Promise.resolve(outcome.value as T) : Promise.reject(outcome.value);
    }
    const scope = this.runtime.currentScope();
    if (this.asked && scope !== this.waiter) this.runtime.want(this, scope);
    this.waiter = scope;
    scope?.suspend();
    return new Promise<T>((resolve, reject) => {
      this.waiting.push({
        by: scope,
        resolve: (value) => {
          scope?.resume();
          resolve(value);
        },
        reject: (error) => {
          scope?.resume();
          reject(error);
        },
      });
      if (!this.asked) this.ask(scope);
    });
  }

  /** Calls back when it is known how the task has ended. */
  whenSettled(listener: () => void): void {
    this.waiting.push({ by: undefined, resolve: listener, reject: listener });
    if (!this.asked) this.ask(null);
  }

  private ask(by: TaskScope | undefined | null): void {
    this.asked = true;
    this.runtime.await(this, by);
  }

  wait(): Promise<void> {
    return this.fetch().then(
      () => {},
      (error) => {
        if (error instanceof DeadlockError) throw error;
      },
    );
  }

  handOut(): void {
    this.runtime.want(this, undefined);
  }

  async chunk(): Promise<LaneChunk<T>> {
    this.handOut();
    await this.fetch();
    return new LaneChunk<T>(this, { kind: 'value' }, 0, 'host');
  }

  release(): void {
    this.runtime.releaseTask(this);
  }

  cancel(reason?: unknown, { force = false }: { readonly force?: boolean } = {}): void {
    this.runtime.cancelTask(this, reason, force);
  }

  resolve(value: unknown): void {
    this.outcome = { ok: true, value };
    for (const { resolve } of this.waiting.splice(0)) resolve(value as T);
  }

  /** The waits of one task would never end; those of others may. */
  refuse(id: number, error: unknown): void {
    const refused = this.waiting.filter(({ by }) => by?.id === id);
    this.waiting = this.waiting.filter(({ by }) => by?.id !== id);
    this.waiter = null;
    for (const { reject } of refused) reject(error);
  }

  reject(error: unknown): void {
    this.outcome = { ok: false, value: error };
    for (const { reject } of this.waiting.splice(0)) reject(error);
  }
}

/** A handle on a value, held by a task on a lane. */
export class LaneChunk<T> extends ChunkHandle<T> {
  readonly space: MemorySpace;
  private handle: LaneTask<T> | undefined;

  constructor(
    task: LaneTask<T>,
    readonly type: ChunkType,
    readonly bytes: number,
    space: string,
    readonly scope: Scope = anyScope,
  ) {
    super();
    this.handle = task;
    this.space = { id: space };
  }

  protected get released(): boolean {
    return this.handle === undefined;
  }
  get processor(): Processor | undefined {
    return undefined;
  }
  get task(): LaneTask<T> {
    if (this.handle === undefined) throw new PoniardError('this Chunk has been released');
    return this.handle;
  }
  fetch(): Promise<T> {
    return this.task.fetch();
  }
  release(): void {
    const { handle } = this;
    if (handle === undefined) return;
    this.handle = undefined;
    handle.release();
    if (handle.hidden) handle.runtime.dropTask(handle);
  }
}
