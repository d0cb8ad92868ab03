/** @file A call that has begun on a lane, and what its function can know of it. */
import type { TaskOptions } from '../options.js';
import type { TaskScope } from './task-scopes.js';

export interface Running {
  readonly slot: number;
  readonly word: number;
  readonly id: number;
  readonly occupancy: number;
  readonly began: number;
  /** How many tasks of its own it waits for. */
  waits: number;
  controller: AbortController | undefined;
  /** Numbers of the shared buffers in its arguments: the host holds them until it has the answer. */
  buffers: Set<number> | undefined;
}

/** Where a call says that it waits, and goes on. */
export interface Places {
  suspend(run: Running): void;
  resume(run: Running): void;
}

export class LaneScope implements TaskScope {
  constructor(
    private readonly places: Places,
    private readonly run: Running,
    readonly name: string,
    readonly attempt: number,
    readonly processor: { readonly id: string; readonly kind: string },
    readonly runtime: object,
    readonly around: TaskOptions | undefined,
  ) {}
  get id(): number {
    return this.run.id;
  }
  get slot(): number {
    return this.run.slot;
  }
  get signal(): AbortSignal {
    this.run.controller ??= new AbortController();
    return this.run.controller.signal;
  }
  suspend(): void {
    this.places.suspend(this.run);
  }
  resume(): void {
    this.places.resume(this.run);
  }
}
