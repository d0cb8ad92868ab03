/**
 * @file A task as the scheduler knows it. One object per task (`record-state.ts` says why it is small). Handles that users
 * hold point here, never back, once the task has finished: so finished tasks that nobody holds are gone.
 */

import type { FailureOrigin, TaskFailedError, TaskSummary } from '../errors.js';
import { type FunctionRecord, GIVEN } from '../functions/registry.js';
import type { TaskOptions } from '../options.js';
import type { Call, CallArgument } from '../processor.js';
import type { TaskSettings } from '../settings.js';
import type { ValueCodec } from '../values/codec.js';
import { encodeError } from '../values/errors.js';
import { CapturedArgument, privateCopy, SnapshotArgument, StoredValue, Unsendable } from './arguments.js';
import { taskFailedError } from './failures.js';
import { PiecesArgument } from './in-place.js';
import type { Place } from './place.js';
import { Phase, RecordState } from './record-state.js';

export { Phase, type RunningPlan } from './record-state.js';

/** An argument as it was given at spawn: a primitive, a snapshot, or another task's record. */
export type Argument =
  | TaskRecord
  | SnapshotArgument
  | PiecesArgument
  | string
  | number
  | boolean
  | bigint
  | null
  | undefined;

/** Why a task failed: the error, and the way it took from the task that threw. */
export class Failure {
  constructor(
    readonly error: unknown,
    readonly task: TaskSummary,
    readonly root: Failure | undefined,
    readonly from: Failure | undefined,
    /** Of the task that threw. */
    readonly origin: FailureOrigin | undefined,
  ) {}
  get rootTask(): TaskSummary {
    return (this.root ?? this).task;
  }
  chain(): TaskSummary[] {
    const chain: TaskSummary[] = [];
    for (let at: Failure | undefined = this; at; at = at.from) chain.push(at.task);
    return chain.reverse();
  }
}

/** A handle of the user's. */
export interface Holder {
  /** The task has a result, and what it was made of is needed no longer. */
  finished(): void;
}

/** Is told when a task is settled. */
export interface Listener {
  settled(record: TaskRecord): void;
}

export class TaskRecord extends RecordState implements Call {
  /** Inputs that are not there yet: unfinished tasks, values on their way, the function's preparation. */
  pending = 0;
  ticket = -1;
  /**
   * Expected run time in whole µs (an integer, so that sums are exact and the field stays unboxed); once it has run, what it
   * took.
   */
  estimate = 1;
  /** The processor that has it, or had it last. */
  place: Place | undefined = undefined;
  dependents: TaskRecord | TaskRecord[] | undefined = undefined;
  /** Finished: plain data on the host, if `hosted`. Failed or cancelled: a {@link Failure}. */
  value: unknown = undefined;
  /** Tasks that still need the result. */
  consumers = 0;
  /** How many tasks would have to run again, one after another, to make a lost result anew. */
  depth = 0;
  previous: TaskRecord | undefined = undefined;
  next: TaskRecord | undefined = undefined;
  /** The user's handle while the task is unsettled (a result that lives elsewhere is counted by it). */
  handle: Holder | undefined = undefined;
  listeners: Listener | Listener[] | undefined = undefined;

  constructor(
    readonly id: number,
    readonly fn: FunctionRecord,
    public args: readonly Argument[],
    readonly settings: TaskSettings,
  ) {
    super();
  }

  /** Which one of the function's its processor runs. */
  get implementation(): string {
    const { place } = this;
    return (place && this.fn.bestOf(place.processor.implementations)) ?? 'host';
  }
  get name(): string {
    return this.settings.name ?? this.fn.name;
  }
  /** A value that no task makes: a chunk's, or that of a promise given as an argument. */
  get given(): boolean {
    return this.fn === GIVEN;
  }
  get occupancy(): number {
    return this.settings.occupancy;
  }
  get around(): TaskOptions | undefined {
    return this.settings.around;
  }
  get getResult(): boolean {
    return this.settings.getResult;
  }
  get watched(): boolean {
    return this.settings.timeout !== undefined;
  }
  get inPlace(): boolean {
    return this.settings.inPlace !== undefined;
  }
  get arity(): number {
    return this.args.length - this.settings.pieces;
  }
  get terminal(): boolean {
    return this.phase >= Phase.Finished;
  }
  get summary(): TaskSummary {
    return { id: this.id, name: this.name };
  }

  argument(index: number): CallArgument {
    const arg = this.args[index];
    if (arg instanceof TaskRecord) return this.input(arg, index);
    if (arg instanceof SnapshotArgument)
      return { kind: 'value', value: arg.value, codecs: arg.codecs, buffers: arg.buffers };
    if (arg instanceof PiecesArgument) return this.input(arg.at(this.place), index);
    return { kind: 'value', value: arg, codecs: undefined, buffers: undefined };
  }

  private input(input: TaskRecord, index: number): CallArgument {
    if (this.takesHandle(index)) return { kind: 'handle', call: input };
    if (input.phase > Phase.Finished)
      return { kind: 'value', value: encodeError(errorOf(input)), codecs: NO_CODECS };
    if (!input.hosted) return { kind: 'local', call: input };
    return { kind: 'value', value: input.read(), codecs: input.codecs, buffers: input.buffers };
  }

  /** The value on the host, in the form in which values cross threads. */
  read(): unknown {
    const { value } = this;
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof StoredValue) return value.stored.read();
    if (value instanceof Unsendable) throw value.error;
    return value;
  }

  values(handle?: (call: Call) => unknown): unknown[] {
    const values = this.args.slice(0, this.arity).map((given, index) => {
      const arg = given instanceof PiecesArgument ? given.at(this.place) : given;
      if (arg instanceof TaskRecord) {
        if (this.takesHandle(index) && handle) return handle(arg);
        return arg.phase > Phase.Finished ? errorOf(arg) : hostValue(arg);
      }
      if (arg instanceof SnapshotArgument) return privateCopy(arg.value, arg.codecs);
      return arg;
    });
    // The function itself, where it is here, still has its variables.
    const own = this.fn.captures && this.fn.local(this.implementation) !== undefined;
    return own ? values.slice(1 + this.capturedHandles) : values;
  }

  /** Whether an input is given as a handle, which needs no value where the task runs. */
  takesHandle(index: number): boolean {
    return this.settings.meta || (this.fn.captures && index <= this.capturedHandles);
  }

  /** Whether an input is a piece that a task does not get which runs at `place`, or (undefined) who knows where. */
  passesOver(index: number, place: Place | undefined): boolean {
    if (index < this.arity) return false;
    const piece = this.args[index];
    return (
      place === undefined ||
      !this.args.some((arg) => arg instanceof PiecesArgument && arg.of(place) === piece)
    );
  }

  /** How many tasks and chunks the function captures. */
  get capturedHandles(): number {
    if (!this.fn.captures) return 0;
    const first = this.args[0];
    return first instanceof CapturedArgument ? first.handles : 0;
  }
}

/** What a task with `allowErrors` receives for an input that failed. */
function errorOf(record: TaskRecord): TaskFailedError {
  return taskFailedError(record, record.value as Failure);
}

const NO_CODECS: readonly ValueCodec[] = [];

export function isTerminal(record: TaskRecord): boolean {
  return record.phase >= Phase.Finished;
}

/** The value of a finished record in the host's memory as its holders see it; two calls give the same. */
export function hostValue(record: TaskRecord): unknown {
  if (record.codecs === undefined) return record.read();
  if (record.restored === undefined) record.restored = privateCopy(record.read(), record.codecs);
  return record.restored;
}
