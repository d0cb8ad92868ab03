/** @file Values on the host: taken from callers, made by tasks on this thread, kept in the store. */
import { PoniardError } from '../errors.js';
import type { Store, Stored } from '../ports.js';
import type { HostValue } from '../processor.js';
import type { ValueCodec } from '../values/codec.js';
import { sharedBuffers, viewIn } from '../values/shared-buffers.js';
import { sizeOf, snapshot } from '../values/snapshot.js';
import { SnapshotArgument, StoredValue, Unsendable } from './arguments.js';
import type { Argument, TaskRecord } from './record.js';
import { NOTHING } from './state.js';

/** In bytes. Smaller values stay in their task's record. */
const STORE_FROM = 64 * 1024;

/** A result in the form in which values cross threads. */
export interface HostResult extends Required<HostValue> {
  readonly bytes: number;
}

export class HostValues {
  private readonly stored = new FinalizationRegistry<Stored>((stored) => stored.drop());
  /** Shared buffers that results show. */
  private readonly counted = new WeakSet<SharedArrayBuffer>();

  constructor(
    private readonly store: Store,
    private readonly codecs: readonly ValueCodec[],
  ) {}

  /** An ordinary argument, as it is now (S4). */
  argument(value: unknown, label: () => string, isHandle?: (value: object) => string | undefined): Argument {
    if (
      typeof value === 'object' ? value === null : typeof value !== 'function' && typeof value !== 'symbol'
    ) {
      return value as Argument;
    }
    const encoded = snapshot(value, {
      codecs: this.codecs,
      label,
      copy: true,
      numbers: sharedBuffers,
      ...(isHandle && { isHandle }),
    });
    if (encoded === undefined) throw new PoniardError(`${label()} could not be taken`);
    return SnapshotArgument.from(encoded);
  }

  /** An argument as the value of a record that no task makes. */
  given(record: TaskRecord, arg: Argument): HostResult {
    if (!(arg instanceof SnapshotArgument))
      return { value: arg, codecs: undefined, buffers: undefined, bytes: 8 };
    const { value, codecs, buffers, bytes } = arg;
    return { value: this.hold(record, { value }, bytes), codecs, buffers, bytes };
  }

  /** A result that was made on this thread. Where it cannot be encoded, only this thread can use it. */
  result(record: TaskRecord, value: unknown): HostResult {
    try {
      const label = (): string => `the result of ${record.name} (#${record.id})`;
      const encoded = snapshot(value, { codecs: this.codecs, label, copy: false, numbers: sharedBuffers });
      if (encoded === undefined) throw new PoniardError(`${label()} could not be taken`);
      const bytes = encoded.bytes + encoded.shared;
      const { codecs, buffers } = encoded;
      return { value: this.hold(record, encoded, bytes), codecs, buffers, bytes };
    } catch (error) {
      return { value: new Unsendable(error), codecs: NOTHING, buffers: undefined, bytes: 0 };
    }
  }

  /** A value that is changed in place, on this thread: holders on it get the value itself. */
  inPlace(record: TaskRecord, value: unknown): HostResult {
    const error = new PoniardError(`${record.name} (#${record.id}) is changed in place on this thread`);
    const bytes = sizeOf(value, this.codecs);
    return { value: new Unsendable(error), codecs: NOTHING, buffers: undefined, bytes };
  }

  /** Large values go to the store; they leave it with their record. A view on shared memory stays: see `count`. */
  hold(record: TaskRecord, { value, buffers }: HostValue, bytes: number): unknown {
    if (bytes < STORE_FROM) return value;
    if (buffers !== undefined && viewIn(value) !== undefined) {
      for (const buffer of buffers) this.count(buffer);
      return value;
    }
    const stored = this.store.keep(value, bytes);
    this.stored.register(record, stored, record);
    return new StoredValue(stored);
  }

  /** Shared memory cannot be put elsewhere, since threads have it: the store counts it, once, as long as this thread has it. */
  private count(buffer: SharedArrayBuffer): void {
    if (this.counted.has(buffer)) return;
    this.counted.add(buffer);
    this.stored.register(buffer, this.store.keep(undefined, buffer.byteLength));
  }

  /** A chunk that was given up explicitly does not wait for the garbage collector. */
  drop(record: TaskRecord): void {
    const { value } = record;
    if (!(value instanceof StoredValue)) return;
    this.stored.unregister(record);
    value.stored.drop();
    const what = `the value of ${record.name} (#${record.id}) has been released`;
    record.value = new Unsendable(
      new PoniardError(`${what}, and a result that was lost is to be made again from it`),
    );
  }
}
