/** @file A runtime: one scheduler with its processors, wired from ports by a container of its own. */
import { anyScope, constrain, defaultScope, includes, type Scope } from '@poniard/scopes';
import type { DependencyContainer } from 'tsyringe';
import { ambient } from './ambient.js';
import { BringUp } from './bring-up.js';
import type { Chunk } from './chunk.js';
import { CancelledError, FunctionTransferError, PoniardError } from './errors.js';
import type { EventListener, EventStream } from './events.js';
import { explainTask, type PlacementReport } from './explain.js';
import type { AnyFunction } from './functions/encoded.js';
import { type FunctionRecord, type FunctionRegistry, GIVEN } from './functions/registry.js';
import { checkFunction, handleNoun } from './handles.js';
import { makeShard } from './in-place/make.js';
import type { Shard, ShardOptions } from './in-place/shard.js';
import { InlineProcessor } from './inline-processor.js';
import { Inputs, Refused } from './inputs.js';
import type { TaskScope } from './lane/task-scopes.js';
import { LocalChunk, LocalTask } from './local-handles.js';
import { NestedRuntime } from './nested-runtime.js';
import type { SchedulerOptions, TaskOptions } from './options.js';
import { checkShared } from './options-check.js';
import type { Plugin } from './plugin.js';
import type { Processor, ProcessorHost } from './processor.js';
import { RuntimeBase } from './runtime-base.js';
import { runtimeCodec } from './runtime-codec.js';
import { CapturedArgument } from './scheduler/arguments.js';
import { dagOf } from './scheduler/dag.js';
import { interruption } from './scheduler/interruption.js';
import type { Argument, TaskRecord } from './scheduler/record.js';
import { needsSeat, settingsOfShared } from './scheduler/seats.js';
import { Shell } from './scheduler/shell.js';
import { NOTHING } from './scheduler/state.js';
import { resolveSettings, type TaskSettings } from './settings.js';
import { framesOf } from './stacks.js';
import { collectStats, type RuntimeStats } from './stats.js';
import { SettingsOfTasks } from './task-settings.js';
import { valueCodec } from './values/codec.js';
import type { Wiring } from './wiring.js';

/** What `createRuntime` takes; its task options hold for all tasks of the runtime (O1). */
export interface RuntimeOptions extends SchedulerOptions {
  readonly plugins?: readonly Plugin[] | undefined;
  /** The parent of the runtime's own container (tsyringe). Default: tsyringe's root, the `container` that it exports. */
  readonly container?: DependencyContainer | undefined;
  /**
   * Whether Ctrl-C (SIGINT) names what is running, tells it to end, and ends the program at most 0.3 s later. A program
   * that listens for SIGINT itself is left alone. Default: only the default runtime does.
   */
  readonly handleInterrupt?: boolean | undefined;
  /** Records every task's story, which `explain` and errors then tell. Costs about 1 µs an event. */
  readonly debug?: boolean | undefined;
  /** How many calls `cache` remembers; the one that was used longest ago goes first. Default 1,000. */
  readonly cacheLimit?: number | undefined;
}

/** Options of a runtime itself, besides those of its tasks. */
const OWN_OPTIONS = ['plugins', 'container', 'debug', 'handleInterrupt', 'cacheLimit'];

/** What a runtime itself is made with, besides options of its tasks. */
interface RuntimeSetup {
  readonly handleInterrupt: boolean;
  readonly cacheLimit: number;
}

export interface CloseOptions {
  /** In ms: how long to wait for what was spawned. Then it is cancelled. Default: as long as it takes. */
  readonly timeout?: number;
  /** Cancels what was spawned and stops what is running. */
  readonly force?: boolean;
}

/**
 * A scheduler with its processors. Dagger: a `Context` and its eager scheduler.
 *
 * @example
 * ```ts
 * import { createRuntime } from '@poniard/core';
 *
 * await using runtime = createRuntime();
 * console.log(await runtime.spawn((a: number, b: number) => a + b, 1, 2)); // 3
 * ```
 */
export class Runtime extends RuntimeBase implements AsyncDisposable {
  /** A task that was given it finds the runtime that runs the task. */
  static readonly [valueCodec] = runtimeCodec;
  private readonly shell: Shell;
  /** See `scheduler/samples.ts`. */
  readonly sampleTask: LocalTask<unknown>;
  private readonly functions: FunctionRegistry;
  private readonly events: EventStream;
  private readonly settings: SettingsOfTasks;
  private readonly inputs: Inputs;
  private readonly bringUp: BringUp;
  private readonly inline: InlineProcessor;
  private state: 'open' | 'closing' | 'closed' = 'open';
  private closing: Promise<void> | undefined = undefined;
  private readonly stopListening: (() => void) | undefined;

  /** Made by `createRuntime`. */
  constructor(wiring: Wiring, defaults: TaskOptions, { handleInterrupt, cacheLimit }: RuntimeSetup) {
    const { ports, providers, movers, events } = wiring;
    super(
      ports.host,
      () => ambient.scopes,
      checkShared(defaults, 'createRuntime', ['name', 'signal', 'syncdeps'], OWN_OPTIONS),
    );
    this.functions = ports.registry;
    this.events = events;
    this.shell = new Shell(ports, cacheLimit);
    this.inputs = new Inputs(this.shell);
    this.settings = new SettingsOfTasks(this.defaults, this.optionsContext, this.inputs);
    this.sampleTask = new LocalTask(this.shell, this.shell.sample, () => {});
    this.inline = new InlineProcessor(providers.length === 0, ports.clock, ambient.scopes, this, (call) => {
      return new LocalChunk(this.shell, call as TaskRecord, undefined);
    });
    this.shell.addProcessor(this.inline);
    for (const mover of movers) this.shell.moves.add(mover);
    if (handleInterrupt) this.stopListening = ports.host.onInterrupt?.(() => interruption(this.shell));
    this.bringUp = new BringUp(providers, this.shell, this.processorHost());
    this.functions.onOperation((implementations) => this.bringUp.needed(implementations));
    this.bringUp.start();
  }

  /**
   * Resolves when all plug-ins are up, those too whose processors nothing has needed yet, such as a GPU; rejects with a
   * `PoniardError` that names one that failed.
   */
  ready(): Promise<void> {
    return this.bringUp.ready();
  }

  /** The processors that `scope` admits; all where none is given. */
  processors(scope: Scope = anyScope): readonly Processor[] {
    return this.shell.state.places
      .filter(({ gone }) => !gone)
      .map(({ processor }) => processor)
      .filter((p) => includes(scope, p));
  }

  /**
   * P5: for every processor what the task costs there now, term by term, or why it is refused. Of a runtime that was made with
   * `debug`: what it was when the task was placed.
   */
  explain(task: PromiseLike<unknown>): PlacementReport {
    const record = this.inputs.recordOf(task, 'explain');
    const { events } = this;
    return explainTask(this.shell.state, record, events.story(record.id), events.placement(record.id));
  }

  /** What `JSON.stringify` writes. */
  toJSON(): { readonly state: 'open' | 'closing' | 'closed'; readonly processors: readonly string[] } {
    return { state: this.state, processors: this.processors().map(({ id }) => id) };
  }
  override toString(): string {
    return `Runtime (${this.state})`;
  }

  stats(): RuntimeStats {
    return collectStats(this.shell.state, this.shell.ports.store, this.shell.kept);
  }

  /** Calls back for every event from now on; returns what ends it. */
  subscribe(listener: EventListener): () => void {
    const stop = this.events.subscribe(listener);
    this.shell.tracing.whileActive();
    return () => {
      stop();
      this.shell.tracing.whileActive();
    };
  }

  spawnTask(fn: AnyFunction, args: unknown[], options: TaskOptions | undefined): LocalTask<unknown> {
    this.checkOpen('spawned');
    checkFunction(fn);
    const record = this.functions.record(fn);
    const settings = this.settings.of(record, options);
    if (record.captures) return this.spawnClosure(fn, record, args, settings);
    return this.spawnWith(fn, record, NOTHING, args, settings);
  }

  /** `captured` goes in front of the arguments, as if it were some. */
  private spawnWith(
    fn: AnyFunction,
    record: FunctionRecord,
    captured: readonly Argument[],
    args: unknown[],
    stated: TaskSettings,
  ): LocalTask<unknown> {
    let settings = stated;
    const given = args.length;
    const own = this.inputs.of(args, settings.name ?? record.name);
    if (own instanceof Refused) return this.refusedTask(fn, settings, own.error);
    if (own.length > given) settings = { ...settings, pieces: own.length - given };
    const inputs = captured.length === 0 ? own : [...captured, ...own];
    if (settings.kept) return this.spawnKept(fn, record, inputs, settings);
    return this.begin(fn, this.shell.make(record, inputs, settings));
  }

  /** A task whose result is kept, or the one of an equal call. */
  private spawnKept(
    fn: AnyFunction,
    record: FunctionRecord,
    inputs: readonly Argument[],
    settings: TaskSettings,
  ): LocalTask<unknown> {
    const { kept } = this.shell;
    const key = kept.key(record, inputs, settings);
    const known = kept.find(key);
    if (needsSeat(settings, key, known)) {
      const shared =
        known ?? this.begin(fn, this.shell.make(record, inputs, settingsOfShared(settings))).record;
      if (known === undefined) kept.add(shared, key);
      else this.shell.wanted(known, this.scopeHere()?.call as TaskRecord | undefined);
      const task = this.begin(fn, this.shell.seats.make(shared, settings, known === undefined));
      kept.add(task.record, undefined);
      return task;
    }
    if (known === undefined) {
      const task = this.begin(fn, this.shell.make(record, inputs, settings));
      kept.add(task.record, key);
      return task;
    }
    const task = new LocalTask(this.shell, known, fn);
    this.shell.share(known, task, this.scopeHere()?.call as TaskRecord | undefined, settings.persist);
    return task;
  }

  /** F3: what the function captures goes with the call, in front of its arguments. */
  private spawnClosure(
    fn: AnyFunction,
    known: FunctionRecord,
    args: unknown[],
    settings: TaskSettings,
  ): LocalTask<unknown> {
    try {
      const { record, taken } = this.functions.take(fn, known);
      if (taken === undefined) return this.spawnWith(fn, record, NOTHING, args, settings);
      const handles = taken.handles.map((handle) =>
        this.inputs.recordOf(handle, `what ${record.name} captures`),
      );
      const captured = [CapturedArgument.from(taken.encoded), ...handles];
      return this.spawnWith(fn, record, captured, args, settings);
    } catch (error) {
      if (!(error instanceof FunctionTransferError)) throw error;
      return this.refusedTask(fn, settings, error);
    }
  }

  async dag(): Promise<Map<number, Set<number>>> {
    return dagOf(this.shell.state);
  }

  halt(reason?: unknown): void {
    this.shell.halt(this.scopeHere(), reason);
  }

  /** Large arrays on ordinary memory are copied to shared memory, once. */
  protected wrap<T>(value: T, resultScope: Scope): Chunk<T> {
    this.checkOpen('kept');
    const settings = resolveSettings([{ resultScope }], NOTHING);
    const arg = this.shell.values.argument(value, () => 'the value of tochunk', handleNoun);
    const record = this.shell.spawn(GIVEN, NOTHING, settings);
    this.shell.provide(record, arg);
    return new LocalChunk<T>(this.shell, record, this.inline);
  }

  shard<T>(make: () => T | PromiseLike<T>, options: ShardOptions = {}): Shard<T> {
    const { scope = defaultScope, computeScope = scope, resultScope = anyScope } = this.getOptions();
    const where = constrain(options.scope ?? computeScope, resultScope);
    return makeShard(this, where, this.processors(where), make, options);
  }

  protected chunkOf<T>(task: LocalTask<T>): LocalChunk<T> {
    return new LocalChunk(this.shell, task.record, undefined, task);
  }

  /**
   * Lets everything that was spawned finish, then frees processors and memory (S10). Safe to call twice. Inside,
   * `spawn` throws from now on.
   */
  close(options: CloseOptions = {}): Promise<void> {
    this.closing ??= this.shutDown(options);
    if (options.force) this.shell.stop(new CancelledError('the runtime was closed by force'), true);
    return this.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private begin(fn: AnyFunction, record: TaskRecord): LocalTask<unknown> {
    const handle = new LocalTask(this.shell, record, fn);
    record.handle = handle;
    if (this.events.recording) record.site = framesOf(new Error().stack).join('\n');
    const scope = this.scopeHere();
    this.shell.begin(record, scope?.call as TaskRecord | undefined);
    if (scope?.failed) this.shell.cancel(record, 'the task that spawned it had failed', false);
    return handle;
  }

  /** The task of this runtime that runs on this thread and whose code this is. */
  private scopeHere(): TaskScope | undefined {
    const scope = ambient.scopes.get();
    return scope?.runtime === this ? scope : undefined;
  }

  private checkOpen(done: string): void {
    if (this.state !== 'open')
      throw new PoniardError(`this runtime is closed: nothing can be ${done} on it any more`);
  }

  private refusedTask(fn: AnyFunction, settings: TaskSettings, error: unknown): LocalTask<unknown> {
    const gate = this.shell.spawn(GIVEN, NOTHING, this.settings.plain);
    const waiting = { ...settings, syncdeps: [...settings.syncdeps, gate] };
    const handle = this.begin(fn, this.shell.make(this.functions.record(fn), NOTHING, waiting));
    this.shell.end(handle.record, error);
    this.shell.provide(gate, undefined);
    return handle;
  }

  private processorHost(): ProcessorHost {
    return {
      add: (...processors) => {
        for (const processor of processors) this.shell.addProcessor(processor);
      },
      addMover: (mover) => this.shell.moves.add(mover),
      moved: (transfer) => this.shell.moves.happened(transfer),
      absent: (kind, reason) => this.shell.absent(kind, reason, kind),
      nested: new NestedRuntime(this.shell, this.functions, this.defaults),
    };
  }

  private async shutDown({ timeout, force }: CloseOptions): Promise<void> {
    this.state = 'closing';
    if (!force) await this.shell.idle(timeout);
    this.state = 'closed';
    this.bringUp.close();
    this.stopListening?.();
    this.shell.stop(new CancelledError('the runtime was closed before the task ended'), true);
    await Promise.all(this.shell.state.places.map(({ processor }) => processor.close()));
    this.shell.dispose();
  }
}
