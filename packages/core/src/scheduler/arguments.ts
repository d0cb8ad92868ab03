/** @file What stands in a record for values that are no primitives, and how they are taken out. */
import { type Captured, countHandles } from '../functions/closure.js';
import type { Stored } from '../ports.js';
import type { ValueCodec } from '../values/codec.js';
import { restoreView } from '../values/restore.js';
import { sharedBuffers, viewIn } from '../values/shared-buffers.js';
import { type Encoded, isPrimitive, restore } from '../values/snapshot.js';

/** A value that is in the {@link Store} of the runtime. */
export class StoredValue {
  constructor(readonly stored: Stored) {}
}

/** An ordinary argument, taken as it was at `spawn`. */
export class SnapshotArgument {
  constructor(
    readonly value: unknown,
    readonly codecs: readonly ValueCodec[] | undefined,
    readonly buffers: readonly SharedArrayBuffer[] | undefined,
    readonly bytes: number,
  ) {}
  static from({ value, codecs, buffers, bytes, shared }: Encoded): SnapshotArgument {
    return new SnapshotArgument(value, codecs, buffers, bytes + shared);
  }
}

/** What a function captures: the first argument of its task, which handles among the captured values follow. */
export class CapturedArgument extends SnapshotArgument {
  /** How many they are. */
  readonly handles: number;

  constructor(
    value: Captured,
    codecs: readonly ValueCodec[] | undefined,
    buffers: readonly SharedArrayBuffer[] | undefined,
    bytes: number,
  ) {
    super(value, codecs, buffers, bytes);
    this.handles = countHandles(value);
  }

  static override from({ value, codecs, buffers, bytes, shared }: Encoded): CapturedArgument {
    return new CapturedArgument(value as Captured, codecs, buffers, bytes + shared);
  }
}

/** In place of a value that cannot leave the thread that made it. */
export class Unsendable {
  constructor(readonly error: unknown) {}
}

/** A copy of an encoded value that its receiver may change; arrays on shared memory stay shared. */
export function privateCopy(value: unknown, codecs: readonly ValueCodec[] | undefined): unknown {
  if (isPrimitive(value)) return value;
  if (codecs === undefined) return structuredClone(value);
  const find = (tag: string): ValueCodec => findCodec(codecs, tag);
  const view = viewIn(value);
  return view !== undefined
    ? restoreView(view, find, sharedBuffers)
    : restore(structuredClone(value), find, sharedBuffers);
}

export function findCodec(codecs: readonly ValueCodec[], tag: string): ValueCodec {
  const codec = codecs.find((candidate) => candidate.tag === tag);
  if (codec === undefined) throw new TypeError(`no ValueCodec with the tag ${JSON.stringify(tag)}`);
  return codec;
}
