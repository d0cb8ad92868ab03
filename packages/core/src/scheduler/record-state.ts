/**
 * @file The state of a task, small: a graph may have a million of them, and where time goes then is moving them about
 * (measured in `bench scale`).
 */
import type { ValueCodec } from '../values/codec.js';
import type { Lineage } from './lineage.js';
import type { Place } from './place.js';
import type { TaskRecord } from './record.js';

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

/** A large call that runs as blocks. */
export interface RunningPlan {
  readonly blocks: readonly TaskRecord[];
  readonly finish: (results: unknown[]) => unknown;
  /** How many it was cut for. */
  readonly processors: number;
}

/** The bits of a record's phase. */
const PHASE = 7;

/** Booleans of a record, in the same field as its phase. */
const Flag = {
  hosted: 8,
  suspended: 16,
  observed: 32,
  moving: 64,
  cancelling: 128,
  settled: 256,
  planned: 512,
  raced: 1024,
  isTwin: 2048,
  hadData: 4096,
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

/** What of a task's state takes one word, and what few tasks have. */
export abstract class RecordState {
  /** The phase in the lowest bits, and flags. */
  private bits: number = Phase.Waiting;
  private rare: Rare | undefined = undefined;

  get phase(): Phase {
    return (this.bits & PHASE) as Phase;
  }
  set phase(phase: Phase) {
    this.bits = (this.bits & ~PHASE) | phase;
  }
  /** Whether the value is on the host. */
  get hosted(): boolean {
    return (this.bits & Flag.hosted) !== 0;
  }
  set hosted(on: boolean) {
    this.flag(Flag.hosted, on);
  }
  /** Waits for a task of its own, and takes no place meanwhile. */
  get suspended(): boolean {
    return (this.bits & Flag.suspended) !== 0;
  }
  set suspended(on: boolean) {
    this.flag(Flag.suspended, on);
  }
  /** Someone has looked at how it ends. */
  get observed(): boolean {
    return (this.bits & Flag.observed) !== 0;
  }
  set observed(on: boolean) {
    this.flag(Flag.observed, on);
  }
  /** The result is on its way to the host. */
  get moving(): boolean {
    return (this.bits & Flag.moving) !== 0;
  }
  set moving(on: boolean) {
    this.flag(Flag.moving, on);
  }
  /** Has ended, but its processor has not yet answered for it. */
  get cancelling(): boolean {
    return (this.bits & Flag.cancelling) !== 0;
  }
  set cancelling(on: boolean) {
    this.flag(Flag.cancelling, on);
  }
  /** Has been settled once for its holders; a lost result that is made again does not settle anew. */
  get settled(): boolean {
    return (this.bits & Flag.settled) !== 0;
  }
  set settled(on: boolean) {
    this.flag(Flag.settled, on);
  }
  /** Its operation's planner has been asked. */
  get planned(): boolean {
    return (this.bits & Flag.planned) !== 0;
  }
  set planned(on: boolean) {
    this.flag(Flag.planned, on);
  }
  /** A twin has been asked for: there is one at most. */
  get raced(): boolean {
    return (this.bits & Flag.raced) !== 0;
  }
  set raced(on: boolean) {
    this.flag(Flag.raced, on);
  }
  /** The second run of a task, on another kind of processor; nobody has a handle on it. See `racing.ts`. */
  get isTwin(): boolean {
    return (this.bits & Flag.isTwin) !== 0;
  }
  set isTwin(on: boolean) {
    this.flag(Flag.isTwin, on);
  }
  /** It ran, and its inputs took memory. */
  get hadData(): boolean {
    return (this.bits & Flag.hadData) !== 0;
  }
  set hadData(on: boolean) {
    this.flag(Flag.hadData, on);
  }
  private flag(bit: number, on: boolean): void {
    this.bits = on ? this.bits | bit : this.bits & ~bit;
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
}
