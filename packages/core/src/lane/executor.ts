/**
 * @file The worker's end of a lane: does the work in the order in which it came, keeps results that nobody else has
 * asked for, and reports by time. No Node: what carries messages comes through a port.
 */
import { decodeFunction, decodeSource, type ImportModule } from '../functions/decode.js';
import type { AnyFunction, EncodedFunction } from '../functions/encoded.js';
import type { TaskOptions } from '../options.js';
import { encodeError } from '../values/errors.js';
import {
  type CrossingBuffer,
  type NumberedBuffer,
  RestoredNumbers,
  sharedBuffers,
} from '../values/shared-buffers.js';
import { describe, isPrimitive, restore, sizeOf, snapshot } from '../values/snapshot.js';
import { Claims } from './claims.js';
import { CodecBook, codecReference } from './codec-book.js';
import type { LaneRuntime } from './lane-runtime.js';
import type { LentHandle } from './nested-tasks.js';
import { Answer, Arg, type Control, Flag, firstArgument, type LaneSetup, WORK, Work } from './protocol.js';
import type { TaskScope, TaskScopes } from './task-scopes.js';

/** In bytes. A larger result stays here until someone elsewhere needs it; arrays on shared memory count nothing. */
const KEEP_ABOVE = 16 * 1024;
/** In ms. How long results may wait for the others of their batch. */
const REPORT_EVERY = 1;
/** Elements. A message stays well below the size from which its buffer is mapped anew (see `client.ts`). */
const REPORT_ABOVE = 8192;
/** In ms. How long the event loop may wait while tasks follow one another. */
const YIELD_EVERY = 10;

export interface LanePort {
  post(message: unknown): void;
  /** A message that has arrived, without leaving the current turn. */
  poll(): unknown | undefined;
  /** Calls back in a later turn of the event loop. */
  later(callback: () => void): void;
}

/** In a slot: the call there failed, and so do those that wait for it. */
const FAILED = Symbol('failed');
/** Kind of an argument that was taken from its slot while the call stood aside. */
const TAKEN = -1;

/** A call that stands aside: its part of the work message, and how many results it waits for. */
interface Aside {
  readonly work: unknown[];
  missing: number;
}

interface Running {
  readonly slot: number;
  readonly word: number;
  readonly id: number;
  readonly occupancy: number;
  readonly began: number;
  waits: number;
  controller: AbortController | undefined;
  /** Numbers of the shared buffers in its arguments: the host holds them until it has the answer. */
  buffers: Set<number> | undefined;
}

export class LaneExecutor {
  private readonly claims: Claims;
  private readonly results: unknown[] = [];
  private readonly kept = new Map<number, unknown>();
  private readonly functions = new Map<number, AnyFunction | { readonly error: unknown }>();
  private readonly names = new Map<number, string>();
  private readonly codecs: CodecBook;
  private readonly buffers = new Map<number, SharedArrayBuffer>();
  /** Restores shared memory in the arguments of one call, and notes which. */
  private readonly inputs = new RestoredNumbers(sharedBuffers);
  /** Numbers of the shared buffers in the results of slots. */
  private readonly slotBuffers = new Map<number, ReadonlySet<number>>();
  private readonly runtime: LaneRuntime;
  /** Tasks that have begun and not ended, by slot. */
  private readonly running = new Map<number, Running>();
  private occupied = 0;
  private readonly batches: (readonly unknown[])[] = [];
  private cursor = 1;
  private out: unknown[] = [];
  private lastReport = 0;
  private lastYield = 0;
  private pumping = false;
  /** Calls by the slot of an earlier one that goes on asynchronously, and whose result they need. */
  private readonly aside = new Map<number, Aside[]>();
  private readonly asideSlots = new Set<unknown>();
  /** Calls that stood aside, and have all results now. */
  private readonly resumed: unknown[][] = [];
  /** A function or codec is being imported: what follows in the queue waits. */
  private importing = false;

  constructor(
    private readonly setup: LaneSetup,
    private readonly port: LanePort,
    private readonly scopes: TaskScopes,
    private readonly importModule: ImportModule,
    makeRuntime: (lane: LaneExecutor, codecs: CodecBook) => LaneRuntime,
  ) {
    this.claims = new Claims(setup.claims);
    sharedBuffers.usePrefix(setup.bufferPrefix);
    this.codecs = new CodecBook([], importModule);
    this.runtime = makeRuntime(this, this.codecs);
    for (const reference of setup.codecs) void this.codecs.learn(reference).catch(() => {});
  }

  /** A message from the host. */
  receive(message: unknown): void {
    this.accept(message);
    this.pump();
  }

  private accept(message: unknown): void {
    if (Array.isArray(message) && message[0] === WORK) this.batches.push(message);
    else this.control(message as Control);
  }

  /** Works until the queue is empty, a task waits that fills the lane, or the event loop has waited long enough. */
  private pump(): void {
    if (this.pumping) return;
    this.pumping = true;
    this.lastYield = performance.now();
    let now = this.lastYield;
    try {
      while (!this.importing) {
        if (this.resumed.length > 0) {
          if (!this.hasRoom(this.resumed[0]?.[6] as number)) break;
          now = this.beginResumed(this.resumed.shift() as unknown[], now);
          continue;
        }
        const batch = this.batches[0];
        if (batch === undefined) {
          const message = this.port.poll();
          if (message === undefined) break;
          this.accept(message);
          continue;
        }
        if (this.cursor >= batch.length) {
          this.batches.shift();
          this.cursor = 1;
          continue;
        }
        if (batch[this.cursor] !== Work.Run) {
          this.learn(batch);
          continue;
        }
        if (!this.hasRoom(batch[this.cursor + 6] as number)) break;
        if ((this.running.size > 0 || this.asideSlots.size > 0) && this.putAside(batch)) continue;
        now = this.begin(batch, now);
        if (now - this.lastReport > REPORT_EVERY || this.out.length > REPORT_ABOVE) {
          this.report(now);
          for (let message = this.port.poll(); message !== undefined; message = this.port.poll())
            this.accept(message);
          if (this.running.size > 0 || now - this.lastYield > YIELD_EVERY) {
            this.port.later(() => this.pump());
            break;
          }
        }
      }
    } finally {
      this.pumping = false;
    }
    this.report(now);
  }

  /**
   * A call that needs the result of one that goes on asynchronously stands aside, and what follows it goes first: the
   * one that it waits for may itself wait for a task that stands behind it. Whether the call at the cursor did.
   */
  private putAside(batch: readonly unknown[]): boolean {
    const from = this.cursor;
    const first = from + firstArgument(batch[from + 5] as number);
    const end = first + 2 * (batch[from + 7] as number);
    const missing = new Set<number>();
    for (let at = first; at < end; at += 2) {
      const slot = batch[at + 1] as number;
      if (batch[at] === Arg.Slot && (this.running.has(slot) || this.asideSlots.has(slot))) missing.add(slot);
    }
    if (missing.size === 0) return false;
    this.cursor = end;
    const call: Aside = { work: batch.slice(from, end), missing: missing.size };
    // Slots may be used anew before the call begins.
    for (let at = first; at < end; at += 2) {
      const slot = batch[at + 1] as number;
      if (batch[at] === Arg.Slot && !missing.has(slot)) this.takeInput(call.work, slot);
    }
    for (const slot of missing) {
      const waiting = this.aside.get(slot);
      if (waiting === undefined) this.aside.set(slot, [call]);
      else waiting.push(call);
    }
    this.asideSlots.add(batch[from + 1]);
    return true;
  }

  private takeInput(work: unknown[], slot: number): void {
    for (let at = firstArgument(work[5] as number); at < work.length; at += 2) {
      if (work[at] !== Arg.Slot || work[at + 1] !== slot) continue;
      work[at] = TAKEN;
      work[at + 1] = this.results[slot];
    }
  }

  private beginResumed(work: unknown[], now: number): number {
    this.asideSlots.delete(work[1]);
    const { cursor } = this;
    this.cursor = 0;
    const ended = this.begin(work, now);
    this.cursor = cursor;
    return ended;
  }

  /** The call in `slot` has ended: those that stood aside for it go on. */
  private goOnAside(slot: number): void {
    const waiting = this.aside.get(slot);
    if (waiting === undefined) return;
    this.aside.delete(slot);
    for (const call of waiting) {
      this.takeInput(call.work, slot);
      if (--call.missing === 0) this.resumed.push(call.work);
    }
  }

  private hasRoom(occupancy: number): boolean {
    return this.occupied === 0 || this.occupied + occupancy <= 1;
  }

  private learn(batch: readonly unknown[]): void {
    const at = this.cursor;
    switch (batch[at]) {
      case Work.Function:
        this.cursor += 4;
        this.learnFunction(
          batch[at + 1] as number,
          batch[at + 2] as string,
          batch[at + 3] as EncodedFunction,
        );
        break;
      case Work.Codec: {
        this.cursor += 4;
        const [tag, module, exportName] = batch.slice(at + 1, at + 4) as [string, string, string];
        if (this.codecs.get(tag) === undefined) this.waitFor(this.codecs.learn({ tag, module, exportName }));
        break;
      }
      case Work.Buffer:
        this.take([[batch[at + 1] as number, batch[at + 2] as SharedArrayBuffer]]);
        this.cursor += 3;
        break;
      default:
        this.results[batch[at + 1] as number] = undefined;
        this.slotBuffers.delete(batch[at + 1] as number);
        this.cursor += 2;
    }
  }

  private learnFunction(key: number, name: string, encoded: EncodedFunction): void {
    this.names.set(key, name);
    const failed = (error: unknown): void => void this.functions.set(key, { error });
    if (encoded.kind === 'source' && encoded.imports.length === 0) {
      try {
        this.functions.set(key, decodeSource(encoded));
      } catch (error) {
        failed(error);
      }
      return;
    }
    this.waitFor(
      decodeFunction(encoded, this.importModule).then((fn) => void this.functions.set(key, fn), failed),
    );
  }

  private waitFor(work: Promise<unknown>): void {
    this.importing = true;
    const goOn = (): void => {
      this.importing = false;
      this.pump();
    };
    work.then(goOn, goOn);
  }

  /** Begins the call at the cursor; gives the time afterwards. */
  private begin(batch: readonly unknown[], now: number): number {
    let at = this.cursor + 1;
    const slot = batch[at++] as number;
    const word = batch[at++] as number;
    const key = batch[at++] as number;
    const id = batch[at++] as number;
    const flags = batch[at++] as number;
    const occupancy = batch[at++] as number;
    const arity = batch[at++] as number;
    const name = flags & Flag.Named ? (batch[at++] as string) : undefined;
    const around = flags & Flag.Around ? (batch[at++] as TaskOptions) : undefined;
    this.cursor = at + 2 * arity;
    if (!this.claims.begin(slot, word)) {
      if (this.aside.size > 0) this.goOnAside(slot);
      return now;
    }
    const run: Running = {
      slot,
      word,
      id,
      occupancy,
      began: now,
      waits: 0,
      controller: undefined,
      buffers: undefined,
    };
    if (flags & Flag.Watched) {
      this.out.push(Answer.Started, slot);
      this.report(now);
    }
    let scope: TaskScope | undefined;
    try {
      const args = this.arguments(batch, at, arity);
      run.buffers = this.inputs.take();
      if (args === undefined) return this.skip(run, now);
      const fn = this.functions.get(key);
      if (typeof fn !== 'function')
        throw fn === undefined ? new TypeError(`function ${key} is not known`) : fn.error;
      if (this.running.size > 0) this.scopes.follow();
      scope = this.scope(run, name ?? (this.names.get(key) as string), flags >> Flag.AttemptShift, around);
      const result = this.scopes.run(scope, () => Reflect.apply(fn, undefined, args) as unknown);
      if (isThenable(result)) {
        this.goOn(run, scope, result);
        return performance.now();
      }
      const ended = performance.now();
      this.finish(run, result, ended);
      return ended;
    } catch (error) {
      const ended = performance.now();
      this.fail(run, error, ended);
      return ended;
    }
  }

  /** The task's function goes on asynchronously. */
  private goOn(run: Running, scope: TaskScope, result: PromiseLike<unknown>): void {
    const ended = this.scopes.continues(scope);
    this.running.set(run.slot, run);
    this.occupied += run.occupancy;
    const after = (end: () => void): void => {
      ended();
      this.running.delete(run.slot);
      if (run.waits === 0) this.occupied -= run.occupancy;
      if (this.running.size === 0) this.occupied = 0;
      end();
      this.pump();
    };
    // Inside the scope, since the result may be a task: the one that waits for it gives its place up.
    this.scopes.run(scope, () =>
      result.then(
        (value) => after(() => this.finish(run, value, performance.now())),
        (error) => after(() => this.fail(run, error, performance.now())),
      ),
    );
  }

  private finish(run: Running, result: unknown, ended: number): void {
    const { slot, word } = run;
    const micros = (ended - run.began) * 1000;
    this.results[slot] = result;
    if (isPrimitive(result)) this.out.push(Answer.Done, slot, micros, result);
    else this.finishObject(run, result, micros);
    this.claims.end(slot, word);
    if (this.aside.size > 0) this.goOnAside(slot);
  }

  private finishObject({ slot, id, buffers: inputs }: Running, result: unknown, micros: number): void {
    let encoded: ReturnType<typeof snapshot>;
    try {
      const options = {
        codecs: this.codecs.all(),
        label: 'the result',
        copy: false,
        limit: KEEP_ABOVE,
        numbers: sharedBuffers,
      };
      encoded = snapshot(result, options);
    } catch {
      // It cannot leave this thread; tasks here can still use it. Who needs it elsewhere is told why not.
      encoded = undefined;
    }
    if (encoded === undefined) {
      this.kept.set(id, result);
      const codecs = this.codecs.all();
      this.out.push(Answer.Kept, slot, micros, sizeOf(result, codecs), describe(result, codecs).kind);
    } else {
      const codecs = encoded.codecs?.map(codecReference);
      const buffers = this.lend(encoded.buffers, inputs);
      if (buffers !== undefined) this.slotBuffers.set(slot, new Set(buffers.map(([number]) => number)));
      this.out.push(
        Answer.Encoded,
        slot,
        micros,
        encoded.value,
        encoded.bytes + encoded.shared,
        codecs,
        buffers,
      );
    }
  }

  private fail(run: Running, error: unknown, ended: number): void {
    this.results[run.slot] = FAILED;
    this.out.push(Answer.Failed, run.slot, (ended - run.began) * 1000, encodeError(error));
    this.claims.end(run.slot, run.word);
    if (this.aside.size > 0) this.goOnAside(run.slot);
  }

  private skip(run: Running, now: number): number {
    this.results[run.slot] = FAILED;
    this.out.push(Answer.Skipped, run.slot);
    this.claims.end(run.slot, run.word);
    if (this.aside.size > 0) this.goOnAside(run.slot);
    return now;
  }

  /** `undefined`: an input failed on this lane. */
  private arguments(batch: readonly unknown[], from: number, arity: number): unknown[] | undefined {
    const args = new Array<unknown>(arity);
    for (let i = 0, at = from; i < arity; i++, at += 2) {
      const value = batch[at + 1];
      switch (batch[at]) {
        case Arg.Value:
          args[i] = value;
          break;
        case Arg.Slot:
          args[i] = this.results[value as number];
          if (args[i] === FAILED) return undefined;
          for (const id of this.slotBuffers.get(value as number) ?? []) this.inputs.restored(id);
          break;
        case TAKEN:
          if (value === FAILED) return undefined;
          args[i] = value;
          break;
        case Arg.Kept:
          args[i] = this.kept.get(value as number);
          break;
        case Arg.Marked:
          args[i] = restore(value, (tag) => this.codec(tag), this.inputs);
          break;
        default:
          args[i] = this.runtime.borrow(value as LentHandle);
      }
    }
    return args;
  }

  private codec(tag: string): NonNullable<ReturnType<CodecBook['get']>> {
    const codec = this.codecs.get(tag);
    if (codec === undefined) throw new TypeError(`the ValueCodec ${tag} could not be imported here`);
    return codec;
  }

  private scope(run: Running, name: string, attempt: number, around: TaskOptions | undefined): TaskScope {
    return new LaneScope(this, run, name, attempt, this.setup, this.runtime, around);
  }

  suspend(run: Running): void {
    if (run.waits++ > 0) return;
    this.occupied -= run.occupancy;
    this.out.push(Answer.Suspended, run.slot);
    this.reportLater();
  }

  resume(run: Running): void {
    if (--run.waits > 0 || this.running.get(run.slot) !== run) return;
    this.occupied += run.occupancy;
    this.out.push(Answer.Resumed, run.slot);
    this.reportLater();
  }

  /** Sends something of the lane's own runtime, in order with the answers. */
  send(...answer: unknown[]): void {
    this.out.push(...answer);
    this.reportLater();
  }

  private reporting = false;

  /** Reports when the current code comes to its end; the lane may have room for others then. */
  private reportLater(): void {
    if (this.reporting) return;
    this.reporting = true;
    queueMicrotask(() => {
      this.reporting = false;
      this.report(performance.now());
      this.pump();
    });
  }

  private report(now: number): void {
    this.lastReport = now;
    if (this.out.length === 0) return;
    const { out } = this;
    this.out = [];
    try {
      this.port.post(out);
    } catch (error) {
      this.port.post(replaceUnpostable(out, error));
    }
  }

  private control(message: Control): void {
    switch (message.type) {
      case 'forget':
        for (const id of message.buffers) this.buffers.delete(id);
        break;
      case 'free':
        for (const key of message.keys) this.kept.delete(key);
        break;
      case 'get':
        this.give(message.request, message.key);
        break;
      case 'abort': {
        const run = this.running.get(message.slot);
        if (run?.word !== message.word) break;
        // A task that asks for its signal later finds it aborted.
        run.controller ??= new AbortController();
        run.controller.abort(message.reason);
        break;
      }
      default:
        this.runtime.receive(message);
    }
  }

  /** Shared buffers that the host names by number: held until it says that it has no use for them. */
  take(numbered: readonly NumberedBuffer[] | undefined): void {
    for (const [id, buffer] of numbered ?? []) this.buffers.set(id, sharedBuffers.adopt(id, buffer));
  }

  /** Buffers that go to the host, which from then on may name them by number. */
  private lend(
    buffers: readonly SharedArrayBuffer[] | undefined,
    inputs: ReadonlySet<number> | undefined,
  ): CrossingBuffer[] | undefined {
    return sharedBuffers.numbered(buffers)?.map(([id, buffer]) => {
      // What came with the arguments the host has: only its number goes back.
      if (inputs?.has(id)) return [id, undefined];
      this.buffers.set(id, buffer);
      return [id, buffer];
    });
  }

  /** Sends a kept result to the host, in the form in which values cross. */
  private give(request: number, key: number): void {
    try {
      const options = { codecs: this.codecs.all(), label: 'the result', copy: false, numbers: sharedBuffers };
      const encoded = snapshot(this.kept.get(key), options);
      const codecs = encoded?.codecs?.map(codecReference);
      this.out.push(
        Answer.Value,
        request,
        true,
        encoded?.value,
        codecs,
        this.lend(encoded?.buffers, undefined),
      );
    } catch (error) {
      this.out.push(Answer.Value, request, false, encodeError(error), undefined, undefined);
    }
    this.reportLater();
  }
}

class LaneScope implements TaskScope {
  constructor(
    private readonly lane: LaneExecutor,
    private readonly run: Running,
    readonly name: string,
    readonly attempt: number,
    readonly processor: { readonly id: string; readonly kind: string },
    readonly runtime: object,
    readonly around: TaskOptions | undefined,
  ) {}
  get id(): number {
    return this.run.id;
  }
  get slot(): number {
    return this.run.slot;
  }
  get signal(): AbortSignal {
    this.run.controller ??= new AbortController();
    return this.run.controller.signal;
  }
  suspend(): void {
    this.lane.suspend(this.run);
  }
  resume(): void {
    this.lane.resume(this.run);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}

/** Encoding has checked what is sent; should the platform refuse it all the same, each value is tried on its own. */
function replaceUnpostable(out: readonly unknown[], reason: unknown): unknown[] {
  return out.map((item) => {
    if (isPrimitive(item)) return item;
    try {
      structuredClone(item);
      return item;
    } catch {
      return encodeError(reason);
    }
  });
}
