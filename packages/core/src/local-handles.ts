/** @file The handles of the host's runtime: on tasks and on values. */
import { anyScope, type Scope } from '@poniard/scopes';
import { ambient } from './ambient.js';
import { ChunkHandle } from './chunk.js';
import { PoniardError } from './errors.js';
import type { AnyFunction } from './functions/encoded.js';
import type { TaskScope } from './lane/task-scopes.js';
import type { MemorySpace, Processor } from './processor.js';
import { scopeOfInput } from './scheduler/in-place.js';
import { hostValue, Phase, type TaskRecord } from './scheduler/record.js';
import type { Shell } from './scheduler/shell.js';
import { TaskHandle, type TaskState, type ValueSink } from './task.js';
import type { ChunkType } from './values/codec.js';
import { describe } from './values/snapshot.js';

export class LocalTask<T> extends TaskHandle<T> {
  /**
   * `fn`: kept until the task is finished; records hold functions weakly, since these may hold handles in turn. (A failed
   * task keeps it for its error, which tells places in it.)
   */
  constructor(
    readonly shell: Shell,
    readonly record: TaskRecord,
    protected fn: AnyFunction | undefined,
  ) {
    super();
  }

  finished(): void {
    this.fn = undefined;
  }

  get id(): number {
    return this.record.id;
  }
  get name(): string {
    return this.record.name;
  }

  get state(): TaskState {
    const { record } = this;
    if (record.settled && record.phase < Phase.Finished) return 'finished';
    switch (record.phase) {
      case Phase.Waiting:
        return record.plan === undefined ? 'waiting' : 'running';
      case Phase.Queued:
        return record.pending > 0 ? 'waiting' : 'ready';
      case Phase.Sent:
        return record.place?.processor.hasStarted?.(record) === false ? 'ready' : 'running';
      case Phase.Finished:
        return 'finished';
      case Phase.Failed:
        return 'failed';
      default:
        return 'cancelled';
    }
  }

  fetch(): Promise<T> {
    const { shell, record } = this;
    const scope = this.asker();
    if (scope === undefined) return perhapsGiveWay(record, shell.fetch(record) as Promise<T>);
    return refusal(shell, scope, record) ?? giveWay(scope, shell.fetch(record) as Promise<T>);
  }

  override fetchInto(sink: ValueSink, index: number): void {
    const { scopes } = ambient;
    if (scopes.get() === undefined && scopes.untracked.size === 0) {
      this.shell.wanted(this.record, undefined);
      this.shell.fetchInto(this.record, sink, index);
    } else super.fetchInto(sink, index);
  }

  wait(): Promise<void> {
    const { shell, record } = this;
    shell.observe(record);
    const scope = this.asker();
    if (scope === undefined) return perhapsGiveWay(record, settled(shell, record));
    return refusal(shell, scope, record) ?? giveWay(scope, settled(shell, record));
  }

  handOut(): void {
    this.shell.wanted(this.record, undefined);
  }

  async chunk(): Promise<LocalChunk<T>> {
    this.handOut();
    await this.wait();
    if (this.record.phase > Phase.Finished) throw this.shell.reject(this.record);
    return new LocalChunk<T>(this.shell, this.record, undefined);
  }

  release(): void {
    this.shell.kept.release(this.record);
  }

  cancel(reason?: unknown, options: { readonly force?: boolean } = {}): void {
    // Whoever cancels what has failed meanwhile has looked at it.
    this.shell.observe(this.record);
    this.shell.cancel(this.record, reason, options.force ?? false);
  }

  /** The task whose code waits for this one, if it is not over. */
  private asker(): TaskScope | undefined {
    const { record } = this;
    if (record.terminal) return undefined;
    const scope = ambient.scopes.get() ?? this.likelyAsker();
    this.shell.wanted(record, scope?.call as TaskRecord | undefined);
    return scope;
  }

  /** Where nothing follows asynchronous code: a child is most likely awaited by its parent. */
  private likelyAsker(): TaskScope | undefined {
    const { untracked } = ambient.scopes;
    if (untracked.size === 0) return undefined;
    const parent = this.shell.state.family.parentOf(this.record);
    return parent && [...untracked].find(({ call }) => call === parent);
  }
}

function settled(shell: Shell, record: TaskRecord): Promise<void> {
  return new Promise((resolve) => shell.whenSettled(record, () => resolve()));
}

/** The error of a wait that would never end. */
function refusal(shell: Shell, scope: TaskScope, record: TaskRecord): Promise<never> | undefined {
  const deadlock = scope.call && shell.waits(scope.call as TaskRecord, record);
  return deadlock && Promise.reject(deadlock);
}

/** A task on this thread that waits for another gives its place up meanwhile (S9). */
function giveWay<R>(scope: TaskScope, until: Promise<R>): Promise<R> {
  scope.suspend();
  const resume = (): void => scope.resume();
  until.then(resume, resume);
  return until;
}

/**
 * Code of no known task waits. Where nothing follows asynchronous code it may belong to any task that has gone on here, and
 * the one that it belongs to must give its place up, or both would wait for ever: so all do. That costs nothing but order,
 * since they share this thread anyway.
 */
function perhapsGiveWay<R>(record: TaskRecord, until: Promise<R>): Promise<R> {
  const { untracked } = ambient.scopes;
  if (untracked.size > 0 && !record.terminal)
    for (const scope of untracked) if (scope.call !== record) giveWay(scope, until);
  return until;
}

export class LocalChunk<T> extends ChunkHandle<T> {
  private held: TaskRecord | undefined;

  /** `maker`: who made the value, where that is no processor of its own. `task`: one of which there is no other handle. */
  constructor(
    readonly shell: Shell,
    record: TaskRecord,
    private readonly maker: Processor | undefined,
    private readonly task?: LocalTask<T>,
  ) {
    super();
    this.held = record;
    shell.retain(record, this);
  }

  protected get released(): boolean {
    return this.held === undefined;
  }
  get record(): TaskRecord {
    if (this.held === undefined) throw new PoniardError('this Chunk has been released');
    return this.held;
  }
  get type(): ChunkType {
    const { record } = this;
    return record.hosted ? describe(hostValue(record), this.shell.ports.valueCodecs) : { kind: 'object' };
  }
  get processor(): Processor | undefined {
    return this.maker ?? this.record.residence?.processor ?? this.record.place?.processor;
  }
  get space(): MemorySpace {
    const { hosted, residence } = this.record;
    return hosted || residence === undefined ? { id: 'host' } : residence.processor.space;
  }
  get scope(): Scope {
    return scopeOfInput(this.record) ?? anyScope;
  }
  get bytes(): number {
    return this.record.bytes;
  }
  fetch(): Promise<T> {
    return this.shell.fetch(this.record) as Promise<T>;
  }
  release(): void {
    const { held } = this;
    if (held === undefined) return;
    this.held = undefined;
    if (this.task !== undefined) {
      if (held.handle === this.task) held.handle = undefined;
      else this.shell.giveUp(held, this.task);
    }
    this.shell.kept.release(held);
    this.shell.giveUp(held, this);
  }
}
