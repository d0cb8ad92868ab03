/**
 * @file A task as the scheduler knows it. One object per task: its fields are few and small, since a graph may
 * have a million of them (measured in `bench scale`). Handles that users hold point here, never back, once the
 * task has finished: so finished tasks that nobody holds are gone.
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
import type { Lineage } from './lineage.js';
import type { Place } from './place.js';

/** Where a task stands. The table of moves between these is in `transitions.ts`. */
export const Phase = {
  /** Some input is missing. */
  Waiting: 0,
  /** In the queue of a processor, on the host's side. */
  Queued: 1,
  /** Handed to a processor. */
  Sent: 2,
  Finished: 3,
  Failed: 4,
  Cancelled: 5,
} as const;
export type Phase = (typeof Phase)[keyof typeof Phase];

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

/** A large call that runs as blocks. */
export interface RunningPlan {
  readonly blocks: readonly TaskRecord[];
  readonly finish: (results: unknown[]) => unknown;
  /** How many it was cut for. */
  readonly processors: number;
}

/** Booleans of a record, in one field. */
const Flag = {
  hosted: 1,
  suspended: 2,
  observed: 4,
  moving: 8,
  cancelling: 16,
  settled: 32,
  planned: 64,
  raced: 128,
  isTwin: 256,
} as const;

/** What few tasks have: kept apart, so that the others are small. */
class Rare {
  attempt = 0;
  bytes = 0;
  handles = 0;
  codecs: readonly ValueCodec[] | undefined = undefined;
  buffers: readonly SharedArrayBuffer[] | undefined = undefined;
  restored: unknown = undefined;
  residence: Place | undefined = undefined;
  plan: RunningPlan | undefined = undefined;
  site: string | undefined = undefined;
  twin: TaskRecord | undefined = undefined;
  lineage: Lineage | undefined = undefined;
}

export class TaskRecord implements Call {
  phase: Phase = Phase.Waiting;
  private flags = 0;
  /** Inputs that are not there yet: unfinished tasks, values on their way, the function's preparation. */
  pending = 0;
  ticket = -1;
  /**
   * Expected run time in whole µs (an integer, so that sums are exact and the field stays unboxed); once it has run, what it
   * took.
   */
  estimate = 1;
  implementation = 'host';
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
  private rare: Rare | undefined = undefined;

  constructor(
    readonly id: number,
    readonly fn: FunctionRecord,
    public args: readonly Argument[],
    readonly settings: TaskSettings,
  ) {}

  /** Whether the value is on the host. */
  get hosted(): boolean {
    return (this.flags & Flag.hosted) !== 0;
  }
  set hosted(on: boolean) {
    this.flag(Flag.hosted, on);
  }
  /** Waits for a task of its own, and takes no place meanwhile. */
  get suspended(): boolean {
    return (this.flags & Flag.suspended) !== 0;
  }
  set suspended(on: boolean) {
    this.flag(Flag.suspended, on);
  }
  /** Someone has looked at how it ends. */
  get observed(): boolean {
    return (this.flags & Flag.observed) !== 0;
  }
  set observed(on: boolean) {
    this.flag(Flag.observed, on);
  }
  /** The result is on its way to the host. */
  get moving(): boolean {
    return (this.flags & Flag.moving) !== 0;
  }
  set moving(on: boolean) {
    this.flag(Flag.moving, on);
  }
  /** Has ended, but its processor has not yet answered for it. */
  get cancelling(): boolean {
    return (this.flags & Flag.cancelling) !== 0;
  }
  set cancelling(on: boolean) {
    this.flag(Flag.cancelling, on);
  }
  /** Has been settled once for its holders; a lost result that is made again does not settle anew. */
  get settled(): boolean {
    return (this.flags & Flag.settled) !== 0;
  }
  set settled(on: boolean) {
    this.flag(Flag.settled, on);
  }
  /** Its operation's planner has been asked. */
  get planned(): boolean {
    return (this.flags & Flag.planned) !== 0;
  }
  set planned(on: boolean) {
    this.flag(Flag.planned, on);
  }
  /** A twin has been asked for: there is one at most. */
  get raced(): boolean {
    return (this.flags & Flag.raced) !== 0;
  }
  set raced(on: boolean) {
    this.flag(Flag.raced, on);
  }
  /** The second run of a task, on another kind of processor; nobody has a handle on it. See `racing.ts`. */
  get isTwin(): boolean {
    return (this.flags & Flag.isTwin) !== 0;
  }
  set isTwin(on: boolean) {
    this.flag(Flag.isTwin, on);
  }
  private flag(bit: number, on: boolean): void {
    this.flags = on ? this.flags | bit : this.flags & ~bit;
  }

  get attempt(): number {
    return this.rare === undefined ? 0 : this.rare.attempt;
  }
  set attempt(attempt: number) {
    this.rarely().attempt = attempt;
  }
  /** The size of the result, as far as it is known. */
  get bytes(): number {
    return this.rare === undefined ? 0 : this.rare.bytes;
  }
  set bytes(bytes: number) {
    if (bytes > 0 || this.rare !== undefined) this.rarely().bytes = bytes;
  }
  /** Handles on a result that lives elsewhere. When they and the consumers are gone, it is freed. */
  get handles(): number {
    return this.rare === undefined ? 0 : this.rare.handles;
  }
  set handles(handles: number) {
    this.rarely().handles = handles;
  }
  /** The codecs of marked values inside `value`. */
  get codecs(): readonly ValueCodec[] | undefined {
    return this.rare?.codecs;
  }
  set codecs(codecs: readonly ValueCodec[] | undefined) {
    if (codecs !== undefined || this.rare !== undefined) this.rarely().codecs = codecs;
  }
  /** The shared buffers that `value` names by number: kept while it is. */
  get buffers(): readonly SharedArrayBuffer[] | undefined {
    return this.rare?.buffers;
  }
  set buffers(buffers: readonly SharedArrayBuffer[] | undefined) {
    if (buffers !== undefined || this.rare !== undefined) this.rarely().buffers = buffers;
  }
  /** What holders see: `value` with its classes restored, made once so that two fetches are equal. */
  get restored(): unknown {
    return this.rare?.restored;
  }
  set restored(value: unknown) {
    this.rarely().restored = value;
  }
  /** The processor in whose space the result lives. */
  get residence(): Place | undefined {
    return this.rare?.residence;
  }
  set residence(place: Place | undefined) {
    if (place !== undefined || this.rare !== undefined) this.rarely().residence = place;
  }
  /** The blocks that it was cut into. */
  get plan(): RunningPlan | undefined {
    return this.rare?.plan;
  }
  set plan(plan: RunningPlan | undefined) {
    if (plan !== undefined || this.rare !== undefined) this.rarely().plan = plan;
  }
  /** Under `debug`: the user's frames of where it was spawned. */
  get site(): string | undefined {
    return this.rare?.site;
  }
  set site(stack: string | undefined) {
    this.rarely().site = stack;
  }
  /** What the result would be made again from, where only a processor has it. */
  get lineage(): Lineage | undefined {
    return this.rare?.lineage;
  }
  set lineage(lineage: Lineage | undefined) {
    if (lineage !== undefined || this.rare !== undefined) this.rarely().lineage = lineage;
  }
  /** The other run of the same call. */
  get twin(): TaskRecord | undefined {
    return this.rare?.twin;
  }
  set twin(twin: TaskRecord | undefined) {
    if (twin !== undefined || this.rare !== undefined) this.rarely().twin = twin;
  }
  private rarely(): Rare {
    this.rare ??= new Rare();
    return this.rare;
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
