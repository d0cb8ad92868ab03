/** @file The handles of the host's runtime: on tasks and on values. */
import type { Scope } from '@poniard/scopes';
import { ambient } from './ambient.js';
import { ChunkHandle } from './chunk.js';
import { PoniardError } from './errors.js';
import type { AnyFunction } from './functions/encoded.js';
import type { MemorySpace, Processor } from './processor.js';
import { hostValue, Phase, type TaskRecord } from './scheduler/record.js';
import type { Shell } from './scheduler/shell.js';
import { TaskHandle, type TaskState, type ValueSink } from './task.js';
import type { ChunkType } from './values/codec.js';
import { describe } from './values/snapshot.js';

export class LocalTask<T> extends TaskHandle<T> {
  /** `fn`: kept while somebody waits; records hold functions weakly, since these may hold handles in turn. */
  constructor(
    readonly shell: Shell,
    readonly record: TaskRecord,
    readonly fn: AnyFunction,
  ) {
    super();
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
    this.want();
    const promise = this.shell.fetch(this.record) as Promise<T>;
    this.giveWay(promise);
    return promise;
  }

  override fetchInto(sink: ValueSink, index: number): void {
    if (ambient.scopes.get() === undefined) {
      this.want();
      this.shell.fetchInto(this.record, sink, index);
    } else super.fetchInto(sink, index);
  }

  wait(): Promise<void> {
    this.want();
    this.shell.observe(this.record);
    const promise = new Promise<void>((resolve) => this.shell.whenSettled(this.record, () => resolve()));
    this.giveWay(promise);
    return promise;
  }

  async chunk(): Promise<LocalChunk<T>> {
    this.shell.wanted(this.record, undefined);
    await this.wait();
    if (this.record.phase > Phase.Finished) throw this.shell.reject(this.record);
    return new LocalChunk<T>(this.shell, this.record, undefined);
  }

  release(): void {
    this.shell.kept.release(this.record);
  }

  cancel(reason?: unknown, options: { readonly force?: boolean } = {}): void {
    this.shell.cancel(this.record, reason, options.force ?? false);
  }

  /** Where tasks have children, it matters who wants one: its parent, or somebody else. */
  private want(): void {
    if (this.shell.state.family.empty) return;
    this.shell.wanted(this.record, ambient.scopes.get()?.call as TaskRecord | undefined);
  }

  /** A task on this thread that waits for another gives its place up meanwhile (S9). */
  private giveWay(until: Promise<unknown>): void {
    if (this.record.terminal) return;
    const scope = ambient.scopes.get();
    if (scope === undefined) return;
    scope.suspend();
    const resume = (): void => scope.resume();
    until.then(resume, resume);
  }
}

export class LocalChunk<T> extends ChunkHandle<T> {
  readonly type: ChunkType;
  readonly processor: Processor | undefined;
  readonly space: MemorySpace;
  readonly scope: Scope;
  private held: TaskRecord | undefined;

  constructor(
    readonly shell: Shell,
    record: TaskRecord,
    maker: Processor | undefined,
  ) {
    super();
    this.held = record;
    this.type = record.hosted ? describe(hostValue(record), shell.ports.valueCodecs) : { kind: 'object' };
    this.processor = maker ?? record.residence?.processor ?? record.place?.processor;
    this.space =
      record.hosted || record.residence === undefined ? { id: 'host' } : record.residence.processor.space;
    this.scope = record.settings.resultScope;
    shell.retain(record, this);
  }

  get record(): TaskRecord {
    if (this.held === undefined) throw new PoniardError('this Chunk has been released');
    return this.held;
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
    this.shell.kept.release(held);
    this.shell.giveUp(held, this);
  }
}
