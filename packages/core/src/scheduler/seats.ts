/**
 * @file Calls that share the task of equal ones (`cache`) and have a signal or a timeout of their own. Each gets a seat: a task
 * that waits for the shared one and hands its value on, and that may end before. When the last seat has ended so, and nobody
 * else wants the shared task, it ends too.
 */
import { processorTypeScope } from '@poniard/scopes';
import type { FunctionRecord } from '../functions/registry.js';
import type { TaskSettings } from '../settings.js';
import { type Failure, Phase, type TaskRecord } from './record.js';

/** The function of all seats. */
const hand = <T>(value: T): T => value;

interface Shared {
  readonly seats: Set<TaskRecord>;
  /** It goes on without seats. */
  readonly wanted: boolean;
  /** As far as anyone is told. */
  begun: boolean;
}

/** What seats need of the shell. */
interface Around {
  make(fn: FunctionRecord, args: readonly TaskRecord[], settings: TaskSettings, id?: number): TaskRecord;
  whenSettled(record: TaskRecord, listener: () => void): void;
  readonly ports: { readonly registry: { record(fn: (value: unknown) => unknown): FunctionRecord } };
}

export class Seats {
  /** Shared tasks that have not ended. */
  private readonly shared = new Map<TaskRecord, Shared>();

  /** `startTimeout`: it counts from now. `end`: ends a task with an error. */
  constructor(
    private readonly around: Around,
    private readonly startTimeout: (record: TaskRecord) => void,
    private readonly end: (record: TaskRecord, error: unknown) => void,
  ) {}

  /** A seat at a shared task. `isNew`: that one was begun for this call, with `settingsOfShared`. */
  make(source: TaskRecord, settings: TaskSettings, isNew: boolean, id?: number): TaskRecord {
    const { registry } = this.around.ports;
    const seat = this.around.make(registry.record(hand), [source], settingsOfSeat(settings, source), id);
    const shared = this.sharedBy(source, isNew);
    shared.seats.add(seat);
    this.around.whenSettled(seat, () => this.left(source, shared, seat));
    if (shared.begun) this.startTimeout(seat);
    return seat;
  }

  /** A task has begun: the timeouts of those at its seats count from now. */
  started(source: TaskRecord): void {
    const shared = this.shared.get(source);
    if (shared === undefined) return;
    shared.begun = true;
    for (const seat of shared.seats) this.startTimeout(seat);
  }

  /** A call without a seat shares the task. */
  wantedPlainly(source: TaskRecord): void {
    const shared = this.shared.get(source);
    if (shared !== undefined) this.shared.set(source, { ...shared, wanted: true });
  }

  private sharedBy(source: TaskRecord, isNew: boolean): Shared {
    let shared = this.shared.get(source);
    if (shared === undefined) {
      // Of one that was begun without, nobody is told when it begins.
      shared = { seats: new Set(), wanted: !isNew, begun: !isNew };
      this.shared.set(source, shared);
      this.around.whenSettled(source, () => this.shared.delete(source));
    }
    return shared;
  }

  private left(source: TaskRecord, { seats }: Shared, seat: TaskRecord): void {
    seats.delete(seat);
    if (seats.size > 0 || source.terminal || seat.phase === Phase.Finished) return;
    if (this.shared.get(source)?.wanted === false) this.end(source, (seat.value as Failure).error);
  }
}

/** Whether a call that `cache` knows by `key` may end before the task that it shares, if it is not over yet. */
export function needsSeat(
  { signal, timeout }: TaskSettings,
  key: string | undefined,
  known: TaskRecord | undefined,
): boolean {
  if (key === undefined || (signal === undefined && timeout === undefined)) return false;
  return known === undefined || !known.terminal;
}

/** Of a task that is there for seats: no signal and no time ends it, but it tells when it begins. */
export function settingsOfShared(settings: TaskSettings): TaskSettings {
  const { timeout } = settings;
  return Object.freeze({
    ...settings,
    persist: false,
    signal: undefined,
    timeout: timeout === undefined ? undefined : Number.POSITIVE_INFINITY,
  });
}

const HERE = processorTypeScope('inline');

/** A value that may be used in some places only stays in them; others are handed on here. */
function settingsOfSeat(settings: TaskSettings, source: TaskRecord): TaskSettings {
  return Object.freeze({
    ...settings,
    ...(settings.restricts ? {} : { scope: HERE, admits: undefined }),
    name: source.name,
    pieces: 0,
    meta: false,
    getResult: false,
    cache: false,
    kept: settings.persist,
    allowErrors: false,
    syncdeps: [],
    occupancy: 0,
    timeUtil: undefined,
    allocUtil: 0,
  });
}
