/**
 * @file The shell around the pure scheduler: it carries instructions out and feeds events back. All Promises,
 * timers and messages are here; all decisions are in `state.ts`.
 */
import { CancelledError, DeadlockError, type TaskSummary, TimeoutError } from '../errors.js';
import type { FunctionCodec } from '../functions/encoded.js';
import type { FunctionRegistry } from '../functions/registry.js';
import type { Clock, EventSink, Host, KeepAlive, Store } from '../ports.js';
import type { Processor } from '../processor.js';
import type { TaskSettings } from '../settings.js';
import type { ValueSink } from '../task.js';
import { TaskIds } from '../task-ids.js';
import type { ValueCodec } from '../values/codec.js';
import { Busy } from './busy.js';
import { abort, Carrier } from './carrier.js';
import { Failures, taskFailedError } from './failures.js';
import { Fetch } from './fetch.js';
import { HostValues } from './host-values.js';
import { Insistence } from './insistence.js';
import { Kept } from './kept.js';
import { Moves } from './moves.js';
import type { Place } from './place.js';
import type { PlacementPolicy } from './placement.js';
import { Plans } from './plans.js';
import { type Argument, type Failure, hostValue, type Listener, Phase, TaskRecord } from './record.js';
import type { Outcomes } from './report.js';
import { sampleRecord, samples } from './samples.js';
import { Seats } from './seats.js';
import { SchedulerState } from './state.js';
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
  readonly seats: Seats;
  private readonly watches: Watches;
  private readonly insistence: Insistence;
  private readonly carrier: Carrier;
  readonly busy: Busy;
  readonly moves = new Moves(this);
  private readonly handles = new FinalizationRegistry<TaskRecord>((record) => this.release(record));
  readonly ids = new TaskIds();
  private stretch = 0;
  private flushQueued = false;
  private flushing = false;
  /** The program has been interrupted. */
  private silent = false;
  private whenAtRest: (() => void) | undefined = undefined;

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
    this.state = new SchedulerState(ports.policy, undefined, ports.host.cores);
    this.failures = new Failures(ports.host);
    this.values = new HostValues(ports.store, ports.valueCodecs);
    const end = (record: TaskRecord, error: unknown): void => {
      this.end(record, error);
      if (error instanceof TimeoutError && record.cancelling) this.insistence.ifBlocking(record, error);
    };
    this.watches = new Watches(ports.clock, end);
    this.seats = new Seats(
      this,
      (seat) => this.watches.started(seat),
      (shared, error) => {
        // Who had the last seat is told of it.
        this.observe(shared);
        end(shared, error);
      },
    );
    this.insistence = new Insistence(ports.clock, (record, reason) => abort(record, reason, true));
    const plans = new Plans(this, ports.registry, this.values);
    this.carrier = new Carrier(this, plans, this.insistence);
    this.busy = new Busy(this.state, ports.keepAlive, ports.clock, () => ports.registry.rest());
    this.tracing = new Tracing(this.state, ports);
    this.tracing.whileActive();
  }

  /** Makes a task and starts it as soon as it can be. */
  spawn(fn: TaskRecord['fn'], args: readonly Argument[], settings: TaskSettings): TaskRecord {
    return this.begin(this.make(fn, args, settings));
  }

  /** A task that `begin` starts: in between its maker gives it a handle. */
  make(
    fn: TaskRecord['fn'],
    args: readonly Argument[],
    settings: TaskSettings,
    id = this.ids.next(),
  ): TaskRecord {
    return new TaskRecord(id, fn, args, settings);
  }

  begin(record: TaskRecord, parent?: TaskRecord): TaskRecord {
    const { settings } = record;
    if (settings.allowErrors) this.observeInputs(record);
    this.state.handle({ type: 'spawn', record, parent });
    if (settings.signal !== undefined) this.watches.listen(settings.signal, record);
    this.busy.begin();
    this.stretch++;
    if (this.stretch >= STRETCH) {
      this.stretch = 0;
      for (const { processor } of this.state.places) processor.poll?.();
      this.flush();
    } else if (this.state.instructions.pending) this.flushSoon();
    return record;
  }

  /** Settles a record that no task makes: a chunk's, or a promise's. */
  provide(record: TaskRecord, arg: Argument): void {
    this.state.handle({ type: 'finished', record, ...this.values.given(record, arg), micros: 0 });
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
    this.busy.expect();
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
    this.busy.came();
  }

  /** Tasks are about to be spawned from elsewhere, or not any more. */
  expect(coming: boolean): void {
    if (coming) {
      this.busy.expect();
      this.busy.look();
    } else {
      this.busy.came();
      this.flushSoon();
    }
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
  share(record: TaskRecord, handle: object, by: TaskRecord | undefined, persist: boolean): void {
    this.wanted(record, by);
    this.seats.wantedPlainly(record);
    if (persist) this.kept.persist(record);
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
    this.carrier.add(place);
    processor.onLost((loss) => {
      this.state.handle({ type: 'processorLost', place, loss });
      if (loss.restarts) this.state.handle({ type: 'processorUp', processor });
      this.flushSoon();
    });
    this.flushSoon();
  }

  /** A plug-in has brought no processor of a kind. `implementation`: of what it would have run; undefined: who knows. */
  absent(kind: string, reason: string, implementation: string | undefined): void {
    this.state.absent.add(kind, reason, implementation);
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
    return this.busy.rest(timeout);
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
    this.carrier.stop();
    this.watches.stopAll();
    this.insistence.stopAll();
    this.busy.letGo();
  }

  started(record: TaskRecord): void {
    if (this.ports.sink.active) this.tracing.emit('task:start', record, record.place);
    this.watches.started(record);
    this.seats.started(record);
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

  flush(): void {
    if (this.flushing) return;
    this.flushing = true;
    try {
      while (this.state.instructions.pending) this.carrier.carryOut();
    } finally {
      this.flushing = false;
    }
    if (this.silent && this.state.places.every(({ oldest }) => oldest === undefined)) this.whenAtRest?.();
    this.busy.look();
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

  /** Tells those who wait for a task, or hold it. */
  settled(record: TaskRecord): void {
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
}

/** Its reactions run in the microtask queue; Node's `queueMicrotask` wraps each callback, for about 1 µs. */
const SETTLED = Promise.resolve();
