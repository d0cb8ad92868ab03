/** @file A call that has begun on a lane, and what its function can know of it. */
import type { TaskOptions } from '../options.js';
import type { TaskScope } from './task-scopes.js';

export interface Running {
  readonly slot: number;
  readonly word: number;
  readonly id: number;
  readonly occupancy: number;
  readonly began: number;
  /** How its function came to its end, if it has. */
  ended: 'well' | 'badly' | undefined;
  /** How many tasks of its own it waits for. */
  waits: number;
  controller: AbortController | undefined;
  /** Numbers of the shared buffers in its arguments: the host holds them until it has the answer. */
  buffers: Set<number> | undefined;
  /** The result goes to the host, whatever its size. */
  readonly getResult: boolean;
  /** The result stays, and calls that come later change it. */
  readonly inPlace: boolean;
}

/** Where a call says that it waits, and goes on. */
export interface Places {
  suspend(run: Running): void;
  resume(run: Running): void;
}

export class LaneScope implements TaskScope {
  constructor(
    private readonly places: Places,
    readonly run: Running,
    readonly name: string,
    readonly attempt: number,
    readonly processor: { readonly id: string; readonly kind: string },
    readonly runtime: object,
    readonly around: TaskOptions | undefined,
  ) {}
  get id(): number {
    return this.run.id;
  }
  /** Where the lane's host finds it; −1 once it has ended. */
  get slot(): number {
    return this.run.ended === undefined ? this.run.slot : -1;
  }
  get call(): undefined {
    return undefined;
  }
  get failed(): boolean {
    return this.run.ended === 'badly' || this.run.controller?.signal.aborted === true;
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
