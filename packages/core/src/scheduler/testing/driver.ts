/**
 * @file The scheduler's state machine with a shell that does everything at once and nothing by itself: a test says what
 * processors do, and after each event all invariants are checked.
 */
import { FakeProcessor, type FakeTraits } from '@poniard/testing';
import { CancelledError } from '../../errors.js';
import { EventStream, type EventType } from '../../events.js';
import { FunctionRecord, GIVEN, type OperationShape } from '../../functions/registry.js';
import type { TaskOptions } from '../../options.js';
import type { HostValue, Loss } from '../../processor.js';
import { resolveSettings, settingsOfPart } from '../../settings.js';
import type { SchedulerEvent } from '../events.js';
import type { PiecesArgument } from '../in-place.js';
import { checkInvariants } from '../invariants.js';
import type { Place } from '../place.js';
import { EarliestFinish, type PlacementPolicy } from '../placement.js';
import { type Argument, type Failure, type Listener, Phase, TaskRecord } from '../record.js';
import { type Outcomes, PlaceReport } from '../report.js';
import { NOTHING, SchedulerState } from '../state.js';
import { PhaseWatch } from './phase-watch.js';

export interface DriverOptions {
  readonly policy?: PlacementPolicy;
  /** Invariants are checked after each event; off for graphs of 100,000 tasks. */
  readonly checked?: boolean;
  /** How many the machine has. */
  readonly cores?: number;
  /** Plug-ins are still bringing processors. */
  readonly incomplete?: boolean;
  /** How functions travel is known at once, unless a test wants to say so itself. */
  readonly prepare?: (fn: FunctionRecord, implementation: string) => void;
}

// biome-ignore lint/suspicious/noExplicitAny: any function may be a task
type Fn = (...args: any[]) => unknown;
type Options = Omit<TaskOptions, 'syncdeps'> & { readonly syncdeps?: readonly TaskRecord[] };

/** Anything but `TaskRecord`s is handed on as it is. */
type Input = Argument | object;

export class Driver implements Outcomes {
  readonly state: SchedulerState;
  readonly records: TaskRecord[] = [];
  readonly events = new EventStream(1_000_000);
  /** Results that were sent for, with the processor that has them; a test lets them come by `arrive`. */
  readonly moving: { readonly record: TaskRecord; readonly from: Place }[] = [];
  readonly freed: { readonly processor: string; readonly key: number }[] = [];
  readonly values = { hold: (_record: TaskRecord, { value }: HostValue): unknown => value };
  wakeIn: number | undefined = undefined;
  private readonly functions = new Map<Fn, FunctionRecord>();
  private readonly reports = new Map<Place, PlaceReport>();
  private readonly phases = new PhaseWatch();
  private steps = 0;
  private carrying = false;

  constructor(
    processors: readonly FakeProcessor[] = [],
    private readonly options: DriverOptions = {},
  ) {
    this.state = new SchedulerState(options.policy ?? new EarliestFinish(), undefined, options.cores);
    this.state.trace = (type, record, place, bytes) =>
      this.events.emit({
        type: type as EventType,
        time: this.steps * 1000,
        task: record?.id,
        name: record?.name,
        processor: place?.processor.id,
        ...(bytes !== undefined && { bytes }),
      });
    if (options.checked === false) this.state.trace = undefined;
    for (const processor of processors) this.add(processor);
    if (!options.incomplete) this.handle({ type: 'complete' });
  }

  /** The function's record; its implementation is the function itself. */
  fn(fn: Fn, shape?: Partial<OperationShape>): FunctionRecord {
    let record = this.functions.get(fn);
    if (record === undefined) {
      const name = fn.name === '' ? 'task' : fn.name;
      record = new FunctionRecord(this.functions.size + 1, { name, implementations: { host: fn }, ...shape });
      this.functions.set(fn, record);
    }
    return record;
  }

  spawn(fn: Fn, args: readonly Input[] = [], options: Options = {}, parent?: TaskRecord): TaskRecord {
    const { syncdeps = NOTHING, ...own } = options;
    return this.begin(this.fn(fn), args as Argument[], resolveSettings([own], syncdeps), parent);
  }

  /** A task that also takes, as its last argument, the piece of a shard that is where it runs. */
  spawnOnShard(fn: Fn, args: readonly Input[], shard: PiecesArgument, options: Options = {}): TaskRecord {
    const { syncdeps = NOTHING, ...own } = options;
    const settings = { ...resolveSettings([own], syncdeps), pieces: shard.pieces.length };
    return this.begin(this.fn(fn), [...args, shard, ...shard.pieces] as Argument[], settings);
  }

  /** What the code of `parent` spawns. */
  spawnIn(parent: TaskRecord, fn: Fn, args: readonly Input[] = [], options: Options = {}): TaskRecord {
    return this.spawn(fn, args, options, parent);
  }

  /** A value that a test gives later by `give`. */
  promise(): TaskRecord {
    return this.begin(GIVEN, NOTHING, resolveSettings([{ name: 'given' }], NOTHING));
  }

  give(record: TaskRecord, value: unknown, bytes = 8): void {
    this.handle({ type: 'finished', record, value, codecs: undefined, buffers: undefined, bytes, micros: 0 });
  }

  add(processor: FakeProcessor): FakeProcessor {
    this.handle({ type: 'processorUp', processor });
    const place = this.place(processor);
    processor.onLost((loss: Loss) => {
      this.handle({ type: 'processorLost', place, loss });
      this.carryOut();
    });
    this.carryOut();
    return processor;
  }

  back(processor: FakeProcessor): void {
    this.handle({ type: 'processorUp', processor });
  }

  place(processor: FakeProcessor): Place {
    return this.state.places.find((place) => place.processor === processor) as Place;
  }

  cancel(record: TaskRecord, force = false): void {
    this.handle({ type: 'cancel', record, error: new CancelledError('by the test'), force });
  }

  /** Someone waits for the value. Gives what it came to, once it has. */
  fetch(record: TaskRecord): { value?: unknown; failure?: Failure } {
    const outcome: { value?: unknown; failure?: Failure } = {};
    const listener: Listener = {
      settled: () => {
        if (record.phase > Phase.Finished) outcome.failure = record.value as Failure;
        else if (record.hosted) outcome.value = record.read();
        else if (record.inPlace && record.residence !== undefined)
          outcome.value = (record.residence.processor as FakeProcessor).space.take(record.id);
        else {
          listen(record, listener);
          this.handle({ type: 'needed', record });
        }
      },
    };
    if (record.terminal) listener.settled(record);
    else listen(record, listener);
    return outcome;
  }

  /** The user's handle is gone. */
  drop(record: TaskRecord): void {
    record.handle = undefined;
    if (record.handles > 0) this.handle({ type: 'released', record });
  }

  /** Lets the oldest result that is on its way come to the host, or not. */
  arrive(index = 0, error?: unknown): void {
    const { record, from } = this.moving.splice(index, 1)[0] as { record: TaskRecord; from: Place };
    const { space } = from.processor as FakeProcessor;
    if (error === undefined && space.values.has(record.id)) {
      this.handle({
        type: 'moved',
        record,
        value: space.take(record.id),
        codecs: undefined,
        buffers: undefined,
      });
    } else this.handle({ type: 'unmoved', record, from, error: error ?? new Error('the value is gone') });
  }

  handle(event: SchedulerEvent): void {
    this.steps++;
    try {
      this.state.handle(event);
      if (this.options.checked !== false) {
        this.phases.settle();
        checkInvariants(this.state, this.records);
      }
    } catch (error) {
      throw new Error(`after ${describeEvent(event)}: ${(error as Error).message}\n${this.story(event)}`, {
        cause: error,
      });
    }
    this.carryOut();
  }

  /** What happened to the tasks that are not settled, or to one. */
  story(about?: SchedulerEvent | TaskRecord): string {
    const record =
      about instanceof TaskRecord ? about : (about as { record?: TaskRecord } | undefined)?.record;
    const records = record === undefined ? this.records.filter(({ terminal }) => !terminal) : [record];
    return records.map(({ id }) => this.events.story(id)).join('\n\n');
  }

  // --- the shell's part --------------------------------------------------------------------------------------

  started(): void {}
  finishLocally(record: TaskRecord, value: unknown, micros: number): void {
    this.handle({ type: 'finished', record, value, codecs: undefined, buffers: undefined, bytes: 8, micros });
  }
  flushSoon(): void {
    // `handle` of the state was called without the driver: by a report.
    if (this.options.checked !== false) {
      this.phases.settle();
      checkInvariants(this.state, this.records);
    }
    this.carryOut();
  }

  private begin(
    fn: FunctionRecord,
    args: readonly Argument[],
    settings: TaskRecord['settings'],
    parent?: TaskRecord,
  ): TaskRecord {
    const record = this.register(fn, args, settings);
    this.handle({ type: 'spawn', record, parent });
    return record;
  }

  /** A task of which the scheduler has not heard. */
  make(fn: Fn, args: readonly Input[]): TaskRecord {
    return this.register(this.fn(fn), args as Argument[], resolveSettings([], NOTHING));
  }

  private register(
    fn: FunctionRecord,
    args: readonly Argument[],
    settings: TaskRecord['settings'],
  ): TaskRecord {
    const record = new TaskRecord(this.records.length + 1, fn, args, settings);
    record.handle = { finished() {} };
    this.records.push(record);
    if (this.options.checked !== false) this.phases.watch(record);
    return record;
  }

  private carryOut(): void {
    if (this.carrying) return;
    this.carrying = true;
    const { instructions } = this.state;
    try {
      while (instructions.pending) {
        instructions.pending = false;
        for (const { fn, implementation } of instructions.prepare.splice(0)) this.prepare(fn, implementation);
        for (const { record, place } of instructions.race.splice(0)) this.race(record, place);
        for (const { record, processors } of instructions.plan.splice(0)) this.cut(record, processors);
        for (const record of instructions.assemble.splice(0)) this.assemble(record);
        for (const { place, records } of instructions.revoke.splice(0)) this.revoke(place, records);
        for (const { record, reason, force } of instructions.abort.splice(0)) {
          record.place?.processor.abort?.([record], reason, force);
        }
        for (const place of instructions.run.splice(0)) this.run(place);
        for (const record of instructions.move.splice(0)) {
          if (record.residence !== undefined) this.moving.push({ record, from: record.residence });
        }
        for (const { place, key } of instructions.free.splice(0)) this.free(place, key);
        for (const record of instructions.settle.splice(0)) settled(record);
        this.wakeIn ??= instructions.wakeIn;
        instructions.wakeIn = undefined;
      }
    } finally {
      this.carrying = false;
    }
  }

  private prepare(fn: FunctionRecord, implementation: string): void {
    if (this.options.prepare !== undefined) {
      this.options.prepare(fn, implementation);
      return;
    }
    fn.setTravel(implementation, {
      state: 'ready',
      encoded: { kind: 'source', name: fn.name, source: '', imports: [] },
    });
    this.handle({ type: 'prepared', fn });
  }

  private race(record: TaskRecord, place: Place): void {
    const settings = settingsOfPart(record.settings, { name: `twin of ${record.name}`, retries: 0 });
    const twin = new TaskRecord(this.records.length + 1, record.fn, record.args, settings);
    this.records.push(twin);
    if (this.options.checked !== false) this.phases.watch(twin);
    this.handle({ type: 'race', record, twin, place });
  }

  private cut(record: TaskRecord, processors: number): void {
    const plan = record.fn.shape.plan?.(record.values(), processors);
    const blocks = (plan?.blocks ?? []).map(({ fn, args }) => {
      const block = this.begin(this.fn(fn as Fn), args as Argument[], {
        ...record.settings,
        name: 'block',
        syncdeps: NOTHING,
      });
      block.handle = undefined;
      return block;
    });
    if (plan !== undefined) record.plan = { blocks, finish: plan.finish, processors };
    this.handle({ type: 'planned', record, blocks });
  }

  private assemble(record: TaskRecord): void {
    const { plan } = record;
    if (plan === undefined) return;
    for (const block of plan.blocks) {
      if (block.hosted) continue;
      if (block.phase > Phase.Finished) {
        this.handle({ type: 'cancel', record, error: (block.value as Failure).error, force: false });
        return;
      }
      // Looks again when this one has come.
      listen(block, { settled: () => this.assemble(record) });
      this.handle({ type: 'needed', record: block });
      return;
    }
    if (!record.terminal)
      this.finishLocally(record, plan.finish(plan.blocks.map((block) => block.read())), 0);
  }

  private run(place: Place): void {
    const batch = place.outbox.filter((record) => record.phase === Phase.Sent && record.place === place);
    place.outbox = [];
    if (batch.length === 0) return;
    let report = this.reports.get(place);
    if (report === undefined) {
      report = new PlaceReport(this, place);
      this.reports.set(place, report);
    }
    place.processor.run(batch, report);
  }

  private revoke(place: Place, records: readonly TaskRecord[]): void {
    const unsent = records.filter((record) => place.outbox.includes(record));
    const sent = records.filter((record) => !unsent.includes(record));
    place.outbox = place.outbox.filter((record) => !unsent.includes(record));
    for (const record of unsent) this.handle({ type: 'revoked', record });
    if (sent.length > 0) place.processor.revoke?.(sent);
  }

  private free(place: Place, key: number): void {
    this.freed.push({ processor: place.processor.id, key });
    place.processor.space.free?.([key]);
  }
}

/** What `Shell` does with a task whose holders are to be told. */
function settled(record: TaskRecord): void {
  if (record.handle !== undefined && record.terminal) {
    record.handle = undefined;
    if (record.phase === Phase.Finished && record.residence !== undefined) record.handles++;
  }
  const { listeners } = record;
  record.listeners = undefined;
  if (Array.isArray(listeners)) for (const listener of listeners) listener.settled(record);
  else listeners?.settled(record);
}

function listen(record: TaskRecord, listener: Listener): void {
  const { listeners } = record;
  if (listeners === undefined) record.listeners = listener;
  else if (Array.isArray(listeners)) listeners.push(listener);
  else record.listeners = [listeners, listener];
}

function describeEvent(event: SchedulerEvent): string {
  const record = 'record' in event ? ` of #${event.record.id}` : '';
  return `'${event.type}'${record}`;
}

/** Fake processors for the state machine: `count` of one sort, with ids `kind:0` and so on. */
export function processors(count: number, traits: Partial<FakeTraits> = {}): FakeProcessor[] {
  const { kind = 'fake' } = traits;
  return Array.from({ length: count }, (_, i) => new FakeProcessor({ ...traits, kind, id: `${kind}:${i}` }));
}
