/** @file What a lane holds: results by slot, results that stay here, codecs, shared buffers; and how they come and go. */
import type { ImportModule } from '../functions/evaluate.js';
import { handleNoun } from '../handles.js';
import type { ValueCodec } from '../values/codec.js';
import { encodeError } from '../values/errors.js';
import { restoreView } from '../values/restore.js';
import {
  type CrossingBuffer,
  type NumberedBuffer,
  RestoredNumbers,
  type SharedView,
  sharedBuffers,
  viewIn,
} from '../values/shared-buffers.js';
import {
  describe,
  isPrimitive,
  restore,
  type SnapshotOptions,
  sizeOf,
  snapshot,
} from '../values/snapshot.js';
import { CodecBook, codecReference } from './codec-book.js';
import type { LentHandle } from './nested-tasks.js';
import { Answer, Arg, type CodecReference, type LaneSetup } from './protocol.js';
import type { Running } from './running.js';

/** In bytes. A larger result stays here until someone elsewhere needs it; arrays on shared memory count nothing. */
const KEEP_ABOVE = 16 * 1024;

/** In a slot: the call there failed, and so do those that wait for it. */
export const FAILED = Symbol('failed');

export class LaneValues {
  readonly codecs: CodecBook;
  private readonly results: unknown[] = [];
  private readonly kept = new Map<number, unknown>();
  private readonly buffers = new Map<number, SharedArrayBuffer>();
  /** Restores shared memory in the arguments of one call, and notes which. */
  private readonly inputs = new RestoredNumbers(sharedBuffers);
  /** Numbers of the shared buffers in the results of slots. */
  private readonly slotBuffers: (readonly number[] | undefined)[] = [];
  /** Tags of the codecs that the host has. */
  private readonly hostCodecs = new Set<string>();

  constructor(setup: LaneSetup, importModule: ImportModule) {
    sharedBuffers.usePrefix(setup.bufferPrefix);
    this.codecs = new CodecBook([], importModule);
    for (const reference of setup.codecs) void this.learn(reference)?.catch(() => {});
  }

  /** A codec that the host has; a Promise where it has to be imported. */
  learn(reference: CodecReference): Promise<unknown> | undefined {
    this.hostCodecs.add(reference.tag);
    return this.codecs.get(reference.tag) === undefined ? this.codecs.learn(reference) : undefined;
  }

  result(slot: number): unknown {
    return this.results[slot];
  }
  setResult(slot: number, result: unknown): void {
    this.results[slot] = result;
  }
  /** The host asks for the slot's result no more. */
  clear(slot: number): void {
    this.results[slot] = undefined;
    this.slotBuffers[slot] = undefined;
  }
  free(keys: readonly number[]): void {
    for (const key of keys) this.kept.delete(key);
  }

  /** Shared buffers that the host names by number: held until it says that it has no use for them. */
  take(numbered: readonly NumberedBuffer[] | undefined): void {
    for (const [id, buffer] of numbered ?? []) this.buffers.set(id, sharedBuffers.adopt(id, buffer));
  }
  forget(ids: readonly number[]): void {
    for (const id of ids) this.buffers.delete(id);
  }

  /** The arguments of a call, whose kinds and values begin at `from`; `undefined`: an input failed on this lane. */
  arguments(
    work: readonly unknown[],
    from: number,
    arity: number,
    borrow: (lent: LentHandle) => unknown,
  ): unknown[] | undefined {
    const args = new Array<unknown>(arity);
    for (let i = 0, at = from; i < arity; i++, at += 2) {
      const value = work[at + 1];
      switch (work[at]) {
        case Arg.Value:
          args[i] = value;
          break;
        case Arg.Slot:
          args[i] = this.results[value as number];
          if (args[i] === FAILED) return undefined;
          if (!isPrimitive(args[i]))
            for (const id of this.slotBuffers[value as number] ?? []) this.inputs.restored(id);
          break;
        case Arg.Taken:
          if (value === FAILED) return undefined;
          args[i] = value;
          break;
        case Arg.Kept:
          args[i] = this.kept.get(value as number);
          break;
        case Arg.Marked:
          args[i] = restore(value, this.codec, this.inputs);
          break;
        case Arg.View:
          args[i] = restoreView(value as SharedView, this.codec, this.inputs);
          break;
        default:
          args[i] = borrow(value as LentHandle);
      }
    }
    return args;
  }

  /** Numbers of the shared buffers in the arguments that were made last. */
  takeInputs(): Set<number> | undefined {
    return this.inputs.take();
  }

  /** The answer with a result that is no primitive: encoded, or the news that it stays here. */
  answer(
    { slot, id, buffers: inputs, getResult, inPlace }: Running,
    result: unknown,
    micros: number,
  ): unknown[] {
    const limit = getResult ? Number.POSITIVE_INFINITY : KEEP_ABOVE;
    const encoded = inPlace ? undefined : this.encode(result, limit);
    if (encoded === undefined) {
      this.kept.set(id, result);
      const codecs = this.codecs.all();
      return [Answer.Kept, slot, micros, sizeOf(result, codecs), describe(result, codecs).kind];
    }
    const { value, bytes, shared } = encoded;
    const view = viewIn(value);
    if (view !== undefined) {
      const [id] = view;
      const [codec] = encoded.codecs ?? [];
      this.slotBuffers[slot] = [id];
      const news = codec === undefined || this.hostCodecs.has(codec.tag) ? undefined : codecReference(codec);
      const buffer = inputs?.has(id) ? undefined : this.lent(id, encoded.buffers?.[0] as SharedArrayBuffer);
      return [Answer.View, slot, micros, view, bytes + shared, news, buffer];
    }
    const codecs = encoded.codecs?.map(codecReference);
    const buffers = this.lend(encoded.buffers, inputs);
    if (buffers !== undefined) this.slotBuffers[slot] = buffers.map(([number]) => number);
    return [Answer.Encoded, slot, micros, value, bytes + shared, codecs, buffers];
  }

  /** The answer that brings a kept result to the host. */
  give(request: number, key: number): unknown[] {
    try {
      const encoded = snapshot(this.kept.get(key), this.options(Number.POSITIVE_INFINITY));
      const buffers = this.lend(encoded?.buffers, undefined);
      return [Answer.Value, request, true, encoded?.value, encoded?.codecs?.map(codecReference), buffers];
    } catch (error) {
      return [Answer.Value, request, false, encodeError(error), undefined, undefined];
    }
  }

  /** `undefined`: too large, or it cannot leave this thread. Tasks here can use it; who needs it elsewhere is told why not. */
  private encode(result: unknown, limit: number): ReturnType<typeof snapshot> {
    try {
      return snapshot(result, this.options(limit));
    } catch {
      return undefined;
    }
  }

  private options(limit: number): SnapshotOptions {
    return {
      limit,
      codecs: this.codecs.all(),
      label: 'the result',
      copy: false,
      numbers: sharedBuffers,
      isHandle: handleNoun,
      isResult: true,
    };
  }

  /** Buffers that go to the host, which from then on may name them by number. */
  lend(
    buffers: readonly SharedArrayBuffer[] | undefined,
    inputs: ReadonlySet<number> | undefined,
  ): CrossingBuffer[] | undefined {
    return sharedBuffers.numbered(buffers)?.map(([id, buffer]) => {
      // What came with the arguments the host has: only its number goes back.
      return inputs?.has(id) ? [id, undefined] : [id, this.lent(id, buffer)];
    });
  }

  private lent(id: number, buffer: SharedArrayBuffer): SharedArrayBuffer {
    this.buffers.set(id, buffer);
    return buffer;
  }

  private readonly codec = (tag: string): ValueCodec => {
    const codec = this.codecs.get(tag);
    if (codec === undefined) throw new TypeError(`the ValueCodec ${tag} could not be imported here`);
    return codec;
  };
}
