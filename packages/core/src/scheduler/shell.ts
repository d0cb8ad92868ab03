/**
 * @file The shell around the pure scheduler: it carries instructions out and feeds events back. All Promises,
 * timers and messages are here; all decisions are in `state.ts`.
 */
import { CancelledError, DeadlockError, type TaskSummary, TimeoutError } from '../errors.js';
import type { FunctionCodec } from '../functions/encoded.js';
import type { FunctionRegistry } from '../functions/registry.js';
import type { Clock, EventSink, Host, KeepAlive, Store } from '../ports.js';
import type { Processor } from '../processor.js';
import { settingsOfPart, type TaskSettings } from '../settings.js';
import type { ValueSink } from '../task.js';
import type { ValueCodec } from '../values/codec.js';
import { Failures, taskFailedError } from './failures.js';
import { Fetch } from './fetch.js';
import { HostValues } from './host-values.js';
import { Insistence } from './insistence.js';
import { Kept } from './kept.js';
import { Moves } from './moves.js';
import type { Place } from './place.js';
import type { PlacementPolicy } from './placement.js';
import { Plans } from './plans.js';
import { prepareFunction } from './prepare.js';
import {
  type Argument,
  type Failure,
  hostValue,
  type Listener,
  Phase,
  SnapshotArgument,
  TaskRecord,
} from './record.js';
import { type Outcomes, PlaceReport } from './report.js';
import { sampleRecord, samples } from './samples.js';
import { NOTHING, SchedulerState } from './state.js';
import { Tracing } from './tracing.js';
import { cancelled, Watches } from './watches.js';

/** Spawns in one synchronous stretch of the caller after which lanes get what is ready and reports are looked at. */
const STRETCH = 256;

export interface ShellPorts {
  readonly clock: Clock;
  readonly keepAlive: KeepAlive;
  readonly host: Host;
  readonly sink: EventSink;
  readonly store: Store;
  readonly policy: PlacementPolicy;
  readonly functionCodec: FunctionCodec;
  readonly valueCodecs: readonly ValueCodec[];
  readonly registry: FunctionRegistry;
}

export class Shell implements Outcomes {
  readonly state: SchedulerState;
  private readonly failures: Failures;
  readonly values: HostValues;
  readonly tracing: Tracing;
  readonly kept: Kept;
  private readonly watches: Watches;
  private readonly insistence: Insistence;
  private readonly plans: Plans;
  readonly moves = new Moves(this);
  private readonly reports = new Map<Place, PlaceReport>();
  private readonly handles = new FinalizationRegistry<TaskRecord>((record) => this.release(record));
  private idleListeners: (() => void)[] = [];
  private nextId = 1;
  private stretch = 0;
  private flushQueued = false;
  private flushing = false;
  private held = false;
  /** The program has been interrupted. */
  private silent = false;
  private whenAtRest: (() => void) | undefined = undefined;
  private stopTick: (() => void) | undefined = undefined;
  /** Values on their way to someone who awaits them. */
  private awaited = 0;

  /** Kept, not used: see `samples.ts`. */
  readonly sample = sampleRecord();
  readonly samples: readonly object[] = [
    this.sample,
    new Fetch(this, { value() {}, error() {} }, 0),
    ...samples(),
  ];

  constructor(
    readonly ports: ShellPorts,
    cacheLimit: number,
  ) {
    this.kept = new Kept(this, cacheLimit);
    this.state = new SchedulerState(ports.policy);
    this.failures = new Failures(ports.host);
    this.values = new HostValues(ports.store, ports.valueCodecs);
    this.watches = new Watches(ports.clock, (record, error) => {
      this.end(record, error);
      if (error instanceof TimeoutError && record.cancelling) this.insistence.ifBlocking(record, error);
    });
    this.insistence = new Insistence(ports.clock, (record, reason) => this.abort(record, reason, true));
    this.plans = new Plans(this, ports.registry, this.values);
    this.tracing = new Tracing(this.state, ports);
    this.tracing.whileActive();
  }

  /** Makes a task and starts it as soon as it can be. */
  spawn(fn: TaskRecord['fn'], args: readonly Argument[], settings: TaskSettings): TaskRecord {
    return this.begin(this.make(fn, args, settings));
  }

  /** A task that `begin` starts: in between its maker gives it a handle. */
  make(fn: TaskRecord['fn'], args: readonly Argument[], settings: TaskSettings): TaskRecord {
    return new TaskRecord(this.nextId++, fn, args, settings);
  }

  begin(record: TaskRecord, parent?: TaskRecord): TaskRecord {
    const { settings } = record;
    if (settings.allowErrors) this.observeInputs(record);
    this.state.handle({ type: 'spawn', record, parent });
    if (settings.signal !== undefined) this.watches.listen(settings.signal, record);
    if (!this.held) this.holdOrRelease();
    this.stretch++;
    if (this.stretch >= STRETCH) {
      this.stretch = 0;
      for (const { processor } of this.state.places) processor.poll?.();
      this.flush();
    } else if (this.state.instructions.pending) this.flushSoon();
    return record;
  }

  /** The id that the next task gets: errors about its arguments name it. */
  get upcomingId(): number {
    return this.nextId;
  }

  /** Settles a record that no task makes: a chunk's, or a promise's. */
  provide(record: TaskRecord, arg: Argument): void {
    if (arg instanceof SnapshotArgument) {
      const { codecs, buffers, bytes } = arg;
      this.state.handle({
        type: 'finished',
        record,
        value: this.values.hold(record, arg.value, bytes),
        codecs,
        buffers,
        bytes,
        micros: 0,
      });
    } else
      this.state.handle({
        type: 'finished',
        record,
        value: arg,
        codecs: undefined,
        buffers: undefined,
        bytes: 8,
        micros: 0,
      });
    this.flushSoon();
  }

  /** Ends a task with an error. */
  end(record: TaskRecord, error: unknown, force = false): void {
    this.state.handle({ type: 'cancel', record, error, force });
    this.flushSoon();
  }

  cancel(record: TaskRecord, reason: unknown, force: boolean): void {
    this.end(record, cancelled(record, reason), force);
  }

  /** `by` wants the task: its parent, another task, or (undefined) code outside any. */
  wanted(record: TaskRecord, by: TaskRecord | undefined): void {
    if (this.state.family.empty) return;
    const parent = this.state.family.parentOf(record);
    if (parent !== undefined && parent !== by) this.state.handle({ type: 'handedOut', record });
  }

  /** Code of the running task `by` waits for another, unless that would never end. */
  waits(by: TaskRecord, record: TaskRecord): DeadlockError | undefined {
    const cycle = this.state.waits.begin(by, record);
    return cycle && new DeadlockError(cycle.map(({ summary }) => summary));
  }

  /** The value of a task in the host's memory; rejects with `TaskFailedError`. */
  fetch(record: TaskRecord): Promise<unknown> {
    if (record.phase > Phase.Finished) return Promise.reject(this.reject(record));
    if (record.hosted && !record.inPlace) return Promise.resolve(hostValue(record));
    return new Promise((resolve, reject) => {
      this.fetchInto(record, { value: (_, value) => resolve(value), error: reject }, 0);
    });
  }

  /** Like `fetch`; no Promise is made for it. */
  fetchInto(record: TaskRecord, sink: ValueSink, index: number): void {
    this.awaited++;
    new Fetch(this, sink, index).settled(record);
  }

  /** Someone waits for the value; it comes to the host, or is made again first. */
  await(record: TaskRecord, listener: Listener): void {
    this.listen(record, listener);
    if (record.phase === Phase.Finished) {
      this.state.handle({ type: 'needed', record });
      this.flushSoon();
    }
  }

  /** A `Fetch` has come to its end. */
  fetched(): void {
    this.awaited--;
  }

  /** Tasks are about to be spawned from elsewhere, or not any more. */
  expect(coming: boolean): void {
    this.awaited += coming ? 1 : -1;
    if (coming) this.holdOrRelease();
    else this.flushSoon();
  }

  /** Calls back when the task is settled, at once if it is. */
  whenSettled(record: TaskRecord, listener: () => void): void {
    if (record.terminal) listener();
    else this.listen(record, { settled: listener });
  }

  /** The error of a failed task, which has now been looked at. */
  reject(record: TaskRecord): unknown {
    const failure = record.value as Failure;
    this.failures.observe(failure);
    return taskFailedError(record, failure);
  }

  /** The task receives the errors of its inputs: so someone looks at them. */
  private observeInputs({ args }: TaskRecord): void {
    for (const arg of args) if (arg instanceof TaskRecord && arg.phase > Phase.Finished) this.observe(arg);
  }

  observe(record: TaskRecord): void {
    if (record.phase > Phase.Finished) this.failures.observe(record.value as Failure);
    else record.observed = true;
  }

  /** Counts a handle on a value (C4). */
  retain(record: TaskRecord, handle: object): void {
    record.handles++;
    this.handles.register(handle, record, handle);
  }

  /** A holder of its own for a task that another call made. */
  share(record: TaskRecord, handle: object, by: TaskRecord | undefined): void {
    this.wanted(record, by);
    // What is on the host needs no counting: the handle keeps the record, and that the value.
    if (!record.hosted) this.retain(record, handle);
  }

  /** Counts somebody who holds a result without a handle; `release` ends it. */
  hold(record: TaskRecord): void {
    record.handles++;
  }

  /** Gives a handle up, which is else done when it is collected. */
  giveUp(record: TaskRecord, handle: object): void {
    if (this.handles.unregister(handle)) this.release(record);
  }

  addProcessor(processor: Processor): void {
    this.state.handle({ type: 'processorUp', processor });
    const place = this.state.places.find((candidate) => candidate.processor === processor) as Place;
    this.reports.set(place, new PlaceReport(this, place));
    processor.onLost((loss) => {
      this.state.handle({ type: 'processorLost', place, loss });
      if (loss.restarts) this.state.handle({ type: 'processorUp', processor });
      this.flushSoon();
    });
    this.flushSoon();
  }

  /** There is no processor of a kind. */
  absent(kind: string, reason: string): void {
    this.state.absent.push({ kind, reason });
    if (!this.ports.sink.active) return;
    this.ports.sink.emit({ type: 'processor:absent', time: this.ports.clock.now(), name: kind, reason });
  }

  /** All plug-ins have brought their processors. */
  complete(complete: boolean): void {
    if (complete) this.state.handle({ type: 'complete' });
    else this.state.complete = false;
    this.flushSoon();
  }

  /** Resolves when no task is unsettled, or after `timeout` ms. */
  idle(timeout: number | undefined): Promise<void> {
    if (!this.busy) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = timeout === undefined ? undefined : this.ports.clock.after(timeout * 1000, resolve);
      this.idleListeners.push(() => {
        stop?.();
        resolve();
      });
    });
  }

  get busy(): boolean {
    return this.state.unsettled > 0 || this.awaited > 0;
  }

  /** Ends everything that is unsettled. */
  stop(error: unknown, force: boolean): void {
    for (const record of this.state.live()) this.state.handle({ type: 'cancel', record, error, force });
    this.flush();
  }

  /** Ends everything that is unsettled, since `by` or code outside any task asked for it. */
  halt(by: TaskSummary | undefined, reason: unknown): void {
    const who = by === undefined ? 'halt()' : `${by.name} (#${by.id}), which called halt()`;
    this.stop(new CancelledError(`everything was cancelled by ${who}`, { cause: reason }), false);
  }

  /**
   * Tells what is running to end, and resolves when it has, or after so many µs. Meanwhile the process is held, and no
   * holder of a task hears anything, so that the program does not stumble over what was cut off.
   */
  interrupt(micros: number): Promise<void> {
    this.silent = true;
    this.expect(true);
    return new Promise((resolve) => {
      this.ports.clock.after(micros, resolve);
      this.whenAtRest = resolve;
      this.stop(new CancelledError('the program was interrupted'), false);
    });
  }

  /** Reports what failed unseen, and lets the process go. */
  dispose(): void {
    this.kept.clear();
    this.failures.report();
    this.stopTick?.();
    this.watches.stopAll();
    this.insistence.stopAll();
    this.ports.keepAlive.release();
    this.held = false;
  }

  // --- outcomes, from processors -------------------------------------------------------------------------

  started(record: TaskRecord): void {
    if (this.ports.sink.active) this.tracing.emit('task:start', record, record.place);
    this.watches.started(record);
  }

  flushSoon(): void {
    if (this.flushQueued || this.flushing) return;
    this.flushQueued = true;
    void SETTLED.then(this.flushInTurn);
  }

  private readonly flushInTurn = (): void => {
    this.flushQueued = false;
    this.stretch = 0;
    this.flush();
  };

  // --- instructions --------------------------------------------------------------------------------------

  flush(): void {
    if (this.flushing) return;
    this.flushing = true;
    try {
      while (this.state.instructions.pending) this.carryOut();
    } finally {
      this.flushing = false;
    }
    if (this.silent && this.state.places.every(({ oldest }) => oldest === undefined)) this.whenAtRest?.();
    this.holdOrRelease();
  }

  private carryOut(): void {
    const { instructions } = this.state;
    instructions.pending = false;
    for (const { fn, implementation } of take(instructions.prepare))
      prepareFunction(this, fn, implementation);
    for (const { record, place } of take(instructions.race)) {
      const twin = this.make(record.fn, record.args, settingsOfPart(record.settings, { retries: 0 }));
      this.state.handle({ type: 'race', record, twin, place });
    }
    for (const { record, processors } of take(instructions.plan)) this.plans.cut(record, processors);
    for (const record of take(instructions.assemble)) void this.plans.assemble(record);
    for (const { place, records } of take(instructions.revoke)) this.revoke(place, records);
    for (const { record, reason, force } of take(instructions.abort)) {
      this.abort(record, reason, false);
      if (force) this.insistence.always(record, reason);
    }
    for (const place of take(instructions.run)) this.run(place);
    for (const record of take(instructions.move)) void this.moves.home(record);
    for (const { place, key } of take(instructions.free)) place.processor.space.free?.([key]);
    for (const record of take(instructions.settle)) this.settled(record);
    const { wakeIn } = instructions;
    instructions.wakeIn = undefined;
    if (wakeIn !== undefined && this.stopTick === undefined) {
      this.stopTick = this.ports.clock.after(wakeIn, () => {
        this.stopTick = undefined;
        this.state.handle({ type: 'tick' });
        this.flushSoon();
      });
    }
  }

  /** `stop`: at the price of its processor. */
  private abort(record: TaskRecord, reason: unknown, stop: boolean): void {
    record.place?.processor.abort?.([record], reason, stop);
  }

  private run(place: Place): void {
    const batch = place.outbox.filter((record) => record.phase === Phase.Sent && record.place === place);
    place.outbox = [];
    if (batch.length === 0) return;
    const report = this.reports.get(place) as PlaceReport;
    if (!place.processor.queues) for (const record of batch) this.started(record);
    try {
      place.processor.run(batch, report);
    } catch (error) {
      // What it has answered for already stays answered.
      for (const record of batch) report.failed(record, error);
    }
  }

  /** What has not left the host's outbox comes back at once; for the rest the processor is asked. */
  private revoke(place: Place, records: readonly TaskRecord[]): void {
    const waiting = new Set(place.outbox);
    const sent = records.filter((record) => !waiting.has(record));
    const unsent = records.filter((record) => waiting.has(record));
    if (unsent.length > 0) {
      const gone = new Set(unsent);
      place.outbox = place.outbox.filter((record) => !gone.has(record));
      for (const record of unsent) this.state.handle({ type: 'revoked', record });
    }
    if (sent.length > 0) place.processor.revoke?.(sent);
  }

  /** A result that was made on this thread: holders here get it as it is, other threads what can be encoded. */
  finishLocally(record: TaskRecord, value: unknown, micros: number): void {
    if (record.terminal) {
      this.state.handle({ type: 'revoked', record });
      return;
    }
    const result = record.inPlace ? this.values.inPlace(record, value) : this.values.result(record, value);
    if (result.codecs !== undefined) record.restored = value;
    this.state.handle({ type: 'finished', record, ...result, micros });
  }

  private settled(record: TaskRecord): void {
    if (this.silent) return;
    if (record.settings.timeout !== undefined || record.settings.signal !== undefined)
      this.watches.stop(record);
    const { handle, listeners } = record;
    if (handle !== undefined && record.terminal) {
      record.handle = undefined;
      if (record.phase > Phase.Finished)
        this.failures.register(handle, record.value as Failure, record.observed);
      else {
        handle.finished();
        if (record.residence !== undefined) this.retain(record, handle);
      }
    }
    if (listeners !== undefined) {
      record.listeners = undefined;
      if (Array.isArray(listeners)) for (const listener of listeners) listener.settled(record);
      else listeners.settled(record);
    }
  }

  /** One holder of a result fewer. */
  release(record: TaskRecord): void {
    this.state.handle({ type: 'released', record });
    if (record.given && record.handles === 0 && record.consumers === 0) this.values.drop(record);
    this.flushSoon();
  }

  private listen(record: TaskRecord, listener: Listener): void {
    const { listeners } = record;
    if (listeners === undefined) record.listeners = listener;
    else if (Array.isArray(listeners)) listeners.push(listener);
    else record.listeners = [listeners, listener];
  }

  private holdOrRelease(): void {
    const { busy } = this;
    if (busy === this.held) return;
    this.held = busy;
    if (busy) this.ports.keepAlive.hold();
    else {
      this.ports.keepAlive.release();
      this.ports.registry.rest();
      for (const listener of this.idleListeners.splice(0)) listener();
    }
  }
}

/** Its reactions run in the microtask queue; Node's `queueMicrotask` wraps each callback, for about 1 µs. */
const SETTLED = Promise.resolve();

/** Empties a list and gives what was in it. */
function take<T>(list: T[]): readonly T[] {
  return list.length === 0 ? NOTHING : list.splice(0);
}
