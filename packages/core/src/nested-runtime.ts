/** @file Tasks that tasks on other threads spawn become ordinary tasks here (S9). */
import type { Captured } from './functions/closure.js';
import type { FunctionRecord, FunctionRegistry } from './functions/registry.js';
import { inPlace, type TaskOptions, withStaying } from './options.js';
import { checkOptions } from './options-check.js';
import type {
  Call,
  HostValue,
  NestedArgument,
  NestedFunction,
  NestedHost,
  NestedOutcome,
  NestedSpawn,
  NestedTask,
} from './processor.js';
import { CapturedArgument, SnapshotArgument } from './scheduler/arguments.js';
import { dagOf } from './scheduler/dag.js';
import { type Argument, hostValue, type TaskRecord } from './scheduler/record.js';
import { needsSeat, settingsOfShared } from './scheduler/seats.js';
import type { Shell } from './scheduler/shell.js';
import { NOTHING } from './scheduler/state.js';
import { resolveSettings, type TaskSettings } from './settings.js';
import { describe } from './values/snapshot.js';

export class NestedRuntime implements NestedHost {
  /** By content, so that a function which several workers spawn has one record, and one memory of its run times. */
  private readonly functions = new Map<string, FunctionRecord>();
  /** Of tasks of which nothing is said. */
  private readonly plain: TaskSettings;
  /** Those by what a lane has for them. */
  private readonly known = new WeakMap<NestedFunction, FunctionRecord>();

  constructor(
    private readonly shell: Shell,
    private readonly registry: FunctionRegistry,
    readonly defaults: TaskOptions,
  ) {
    this.plain = resolveSettings([defaults], NOTHING);
  }

  spawn(request: NestedSpawn): NestedTask {
    const fn = this.functionOf(request.fn);
    const own = request.options && checkOptions(request.options, `spawn ${fn.name}`);
    const given = request.inPlace === undefined ? own : { ...own, [inPlace]: request.inPlace };
    const syncdeps = request.syncdeps.map((task) => (task as HostedTask).record);
    const around = withStaying((request.parent as TaskRecord | undefined)?.around, request.around);
    const isPlain = given === undefined && around === undefined && fn.defaults === undefined;
    const settings =
      isPlain && syncdeps.length === 0
        ? this.plain
        : resolveSettings([given, around, this.defaults, fn.defaults], syncdeps, around);
    const args = request.args.map(argumentOf);
    if (fn.captures) args[0] = capturedOf(args[0] as SnapshotArgument);
    const parent = request.parent as TaskRecord | undefined;
    const { kept } = this.shell;
    const key = kept.key(fn, args, settings);
    const known = kept.find(key);
    if (needsSeat(settings, key, known)) {
      const shared = known ?? this.shell.make(fn, args, settingsOfShared(settings));
      if (known === undefined) this.begin(shared, parent, key);
      else this.shell.wanted(known, parent);
      const seat = this.shell.seats.make(shared, settings, known === undefined, request.id);
      return this.begin(seat, parent, undefined);
    }
    if (known === undefined) return this.begin(this.shell.make(fn, args, settings, request.id), parent, key);
    const task = new HostedTask(this.shell, known);
    this.shell.share(known, task, parent, settings.persist);
    return task;
  }

  /** `key`: what the cache knows the call by. */
  private begin(record: TaskRecord, parent: TaskRecord | undefined, key: string | undefined): NestedTask {
    const task = new HostedTask(this.shell, record);
    record.handle = task;
    this.shell.begin(record, parent);
    if (record.settings.kept) this.shell.kept.add(record, key);
    return task;
  }

  range(): number {
    return this.shell.ids.range();
  }

  handle(call: Call): NestedTask {
    const record = call as TaskRecord;
    const task = new HostedTask(this.shell, record);
    this.shell.retain(record, task);
    return task;
  }

  dag(): Map<number, Set<number>> {
    return dagOf(this.shell.state);
  }

  halt(by: Call | undefined, reason: unknown): void {
    this.shell.halt(by, reason);
  }

  expect(coming: boolean): void {
    this.shell.expect(coming);
  }

  private functionOf(given: NestedFunction): FunctionRecord {
    let record = this.known.get(given);
    if (record === undefined) {
      const key = JSON.stringify([given.implementations, given.options]);
      record = this.functions.get(key) ?? this.registry.create(given);
      this.functions.set(key, record);
      this.known.set(given, record);
    }
    return record;
  }
}

class HostedTask implements NestedTask {
  constructor(
    private readonly shell: Shell,
    readonly record: TaskRecord,
  ) {}

  get id(): number {
    return this.record.id;
  }
  get name(): string {
    return this.record.name;
  }

  /** It holds nothing but the result. */
  finished(): void {}

  describe(): ReturnType<NestedTask['describe']> {
    const { record } = this;
    const type = record.hosted
      ? describe(hostValue(record), this.shell.ports.valueCodecs)
      : { kind: 'object' };
    return { type, bytes: record.bytes, space: record.residence?.processor.space.id ?? 'host' };
  }

  settled(listener: (outcome: NestedOutcome) => void): void {
    const { record } = this;
    const failed = (error: unknown): void => listener({ ok: false, error });
    const look = (_: number, given: unknown): void => {
      try {
        listener({ ok: true, ...(record.inPlace ? this.encode(given) : encodedValue(record)) });
      } catch (error) {
        failed(error);
      }
    };
    this.shell.fetchInto(record, { value: look, error: failed }, 0);
  }

  /** A copy of what is changed in place. */
  private encode(value: unknown): HostValue {
    const arg = this.shell.values.argument(value, () => `the value of ${this.name} (#${this.id})`);
    return arg instanceof SnapshotArgument ? arg : { value: arg };
  }

  awaitedBy(by: Call | undefined): Error | undefined {
    const waiter = by as TaskRecord | undefined;
    this.shell.wanted(this.record, waiter);
    return waiter && this.shell.waits(waiter, this.record);
  }

  cancel(reason: unknown, force: boolean): void {
    this.shell.cancel(this.record, reason, force);
  }

  release(): void {
    this.shell.kept.release(this.record);
  }

  drop(): void {
    this.shell.giveUp(this.record, this);
  }
}

function encodedValue(record: TaskRecord): HostValue {
  return { value: record.read(), codecs: record.codecs, buffers: record.buffers };
}

function argumentOf(arg: NestedArgument): Argument {
  if (arg.kind === 'task') return (arg.task as HostedTask).record;
  const { value, codecs, buffers } = arg;
  if (typeof value !== 'object' || value === null) return value as Argument;
  return new SnapshotArgument(value, codecs, buffers, 0);
}

function capturedOf({ value, codecs, buffers, bytes }: SnapshotArgument): Argument {
  return new CapturedArgument(value as Captured, codecs, buffers, bytes);
}
