/**
 * @file The host's end of a lane: encodes calls, decodes answers, knows which slot belongs to which call. What
 * carries the messages (a worker thread's port) and who ends the thread are the plug-in's.
 */
import { PoniardError } from '../errors.js';
import { travelling } from '../options.js';
import type { Call, HostValue, Loss, NestedHost, Report } from '../processor.js';
import { decodeError, encodeError } from '../values/errors.js';
import {
  type CrossingBuffer,
  markView,
  type SharedView,
  sharedBuffers,
  viewIn,
} from '../values/shared-buffers.js';
import { Claims } from './claims.js';
import type { CodecBook } from './codec-book.js';
import { Controls } from './controls.js';
import { Draft } from './draft.js';
import { NestedTasks } from './nested-tasks.js';
import {
  Answer,
  Arg,
  type CodecReference,
  type Control,
  Flag,
  type LaneSetup,
  NOBODY,
  WORK,
  Work,
} from './protocol.js';
import { Taught } from './taught.js';
import { ValueRequests } from './value-requests.js';

/** The most calls that a lane holds. */
const WINDOW = 8192;
/** Twice as many, since tasks that wait for tasks of their own keep their slots. */
const SLOTS = 2 * WINDOW;

/**
 * The most calls in one message: above about 128 KiB the serialiser's buffer is mapped anew for each message, which
 * cost 0.5 µs an element instead of 0.04.
 */
const MESSAGE_CALLS = 512;

const NO_CODECS: readonly CodecReference[] = [];

/** How a {@link LaneClient} reaches its lane. */
export interface LaneTransport {
  post(message: unknown): void;
}

/** For plug-ins that put lanes on threads of their own: the host's end of one, which hands calls over and hears of their ends. */
export class LaneClient {
  readonly window = WINDOW;
  /** Calls that the lane has, begun or not. */
  size = 0;
  private claims = Claims.create(SLOTS);
  private readonly calls: (Call | undefined)[] = [];
  private readonly words = new Int32Array(SLOTS);
  /** A stack of the slots that calls had and left; those from `calls.length` on were never used. */
  private readonly free = new Int32Array(SLOTS);
  private freeCount = 0;
  private generation = 0;
  private taught: Taught;
  private readonly stopListening: () => void;
  /** Slots whose results the lane may drop. */
  private clear: number[] = [];
  private readonly requests: ValueRequests;
  private nested: NestedTasks;
  private readonly controls: Controls;
  private readonly draft = new Draft();
  private report: Report | undefined = undefined;

  constructor(
    private readonly id: string,
    private readonly kind: string,
    transport: LaneTransport,
    private readonly nestedHost: NestedHost,
    private readonly codecs: CodecBook,
  ) {
    this.controls = new Controls((message) => transport.post(message));
    this.taught = new Taught(codecs);
    this.requests = new ValueRequests(codecs);
    this.nested = this.newNested();
    this.stopListening = sharedBuffers.onGone((id) => {
      if (this.taught.gone(id)) this.control({ type: 'forget', buffers: [id] });
    });
  }

  /** No worker will be there any more. */
  close(): void {
    this.stopListening();
    this.nested.drop();
  }

  /** What the worker's end is begun with. */
  setup(): LaneSetup {
    return {
      id: this.id,
      kind: this.kind,
      claims: this.claims.words,
      codecs: this.codecs.references(),
      bufferPrefix: sharedBuffers.newPrefix(),
      firstTask: this.nestedHost.range(),
      defaults: travelling(this.nestedHost.defaults) ?? {},
    };
  }

  /** Encodes calls and posts them, functions and codecs first where the lane does not know them. */
  run(batch: readonly Call[], report: Report): void {
    this.report = report;
    for (let from = 0; from < batch.length; from += MESSAGE_CALLS) {
      this.runPart(batch, from, Math.min(batch.length, from + MESSAGE_CALLS), report);
    }
  }

  private runPart(batch: readonly Call[], from: number, to: number, report: Report): void {
    const lessons: unknown[] = [];
    for (let slot = this.clear.pop(); slot !== undefined; slot = this.clear.pop())
      lessons.push(Work.Clear, slot);
    const { draft } = this;
    draft.add(WORK);
    for (let i = from; i < to; i++) {
      const call = batch[i] as Call;
      const { length } = draft;
      const { lent } = this.nested;
      try {
        this.encode(call, draft, lessons);
      } catch (error) {
        // One that cannot be sent fails alone; the rest of the batch goes.
        draft.cut(length);
        this.nested.forgetLentAfter(lent);
        if (this.has(call)) this.ended(call.ticket);
        report.failed(call, error, 0);
      }
    }
    const message = draft.take();
    // A message of their own would wake the lane twice.
    if (lessons.length > 0) message.splice(1, 0, ...lessons);
    if (message.length > 1) this.controls.post(message);
  }

  /** Takes back calls that have not begun; the claim words decide at once. */
  revoke(calls: readonly Call[]): void {
    for (const call of calls) {
      if (!this.has(call) || !this.claims.revoke(call.ticket, this.words[call.ticket] as number)) continue;
      this.ended(call.ticket);
      this.report?.revoked(call);
    }
  }

  abort(calls: readonly Call[], reason: unknown): void {
    for (const call of calls) {
      if (!this.has(call)) continue;
      const word = this.words[call.ticket] as number;
      this.control({ type: 'abort', slot: call.ticket, word, reason: encodeError(reason) });
    }
  }

  hasStarted(call: Call): boolean {
    return this.has(call) && this.claims.hasBegun(call.ticket, this.words[call.ticket] as number);
  }

  /** Whether any of its calls has begun. */
  hasBegun(): boolean {
    return this.calls.some((call) => call !== undefined && this.hasStarted(call));
  }

  freeKept(keys: readonly number[]): void {
    this.control({ type: 'free', keys });
  }

  /** Brings a kept result to the host. */
  move(call: Call): Promise<HostValue> {
    return this.requests.make((request) => this.control({ type: 'get', request, key: call.id }));
  }

  /** A message from the lane. */
  receive(message: readonly unknown[]): void {
    for (let at = 0; at < message.length; ) at = this.answer(message, at);
  }

  /**
   * The worker is gone: which calls had begun. The lane is then empty, and ready for the next worker, which
   * knows nothing yet.
   */
  lost(): Required<Pick<Loss, 'started' | 'running'>> {
    const started = this.calls.filter((call): call is Call => call !== undefined && this.hasStarted(call));
    const running = started.filter(({ ticket }) =>
      this.claims.isRunning(ticket, this.words[ticket] as number),
    );
    this.calls.length = 0;
    this.size = 0;
    this.freeCount = 0;
    this.claims = Claims.create(SLOTS);
    this.taught = new Taught(this.codecs);
    this.clear = [];
    this.requests.lost(this.id);
    this.controls.drop();
    this.nested.drop();
    this.nested = this.newNested();
    return { started, running };
  }

  private newNested(): NestedTasks {
    return new NestedTasks(
      this.nestedHost,
      this.controls,
      this.codecs,
      (numbered) => this.taught.adopt(numbered),
      (buffers) => this.taught.unknown(buffers),
    );
  }

  private control(message: Control): void {
    this.controls.add(message);
  }

  private encode(call: Call, draft: Draft, lessons: unknown[]): void {
    const { fn, arity, attempt } = call;
    const key = this.taught.function(fn, call.implementation, lessons);
    const slot = this.freeCount > 0 ? (this.free[--this.freeCount] as number) : this.calls.length;
    if (slot === SLOTS) throw new PoniardError(`${this.id} has no slot left; please report this`);
    const word = this.claims.offer(slot, this.generation++);
    this.words[slot] = word;
    this.calls[slot] = call;
    this.size++;
    call.ticket = slot;
    const { name, around } = call;
    const named = name !== fn.name;
    const flags =
      (call.watched ? Flag.Watched : 0) |
      (named ? Flag.Named : 0) |
      (around === undefined ? 0 : Flag.Around) |
      (call.getResult ? Flag.GetResult : 0) |
      (call.inPlace ? Flag.InPlace : 0) |
      (attempt << Flag.AttemptShift);
    draft.add(Work.Run);
    draft.add(slot);
    draft.add(word);
    draft.add(key);
    draft.add(call.id);
    draft.add(flags);
    draft.add(call.occupancy);
    draft.add(arity);
    if (named) draft.add(name);
    if (around !== undefined) draft.add(travelling(around) ?? {});
    for (let i = 0; i < arity; i++) {
      const argument = call.argument(i);
      if (argument.kind === 'value') {
        if (argument.codecs !== undefined) this.taught.value(argument.codecs, argument.buffers, lessons);
        const view = argument.codecs === undefined ? undefined : viewIn(argument.value);
        draft.add(argument.codecs === undefined ? Arg.Value : view === undefined ? Arg.Marked : Arg.View);
        draft.add(view ?? argument.value);
      } else if (argument.kind === 'handle') {
        draft.add(Arg.Handle);
        draft.add(this.nested.lend(argument.call));
      } else {
        const isThere = this.has(argument.call);
        draft.add(isThere ? Arg.Slot : Arg.Kept);
        draft.add(isThere ? argument.call.ticket : argument.call.id);
      }
    }
  }

  private has(call: Call): boolean {
    return this.calls[call.ticket] === call;
  }

  private ended(slot: number): Call {
    const call = this.calls[slot] as Call;
    this.calls[slot] = undefined;
    this.free[this.freeCount++] = slot;
    this.size--;
    return call;
  }

  private answer(message: readonly unknown[], at: number): number {
    const report = this.report as Report;
    const slot = message[at + 1] as number;
    switch (message[at]) {
      case Answer.Done:
        report.deliveredPrimitive(this.ended(slot), message[at + 3], message[at + 2] as number);
        return at + 4;
      case Answer.Encoded: {
        this.clear.push(slot);
        const [, , micros, value, bytes, references, numbered] = message.slice(at, at + 7);
        const buffers = this.taught.adopt(numbered as readonly CrossingBuffer[] | undefined);
        const call = this.ended(slot);
        this.codecs.resolve(
          references as readonly CodecReference[] | undefined,
          (codecs) => report.delivered(call, { value, codecs, buffers }, bytes as number, micros as number),
          (error) => report.failed(call, error, micros as number),
        );
        return at + 7;
      }
      case Answer.View: {
        this.clear.push(slot);
        const [, , micros, view, bytes, reference, buffer] = message.slice(at, at + 7);
        const [id, , , , tag] = view as SharedView;
        const buffers = [this.taught.adoptOne(id, buffer as SharedArrayBuffer | undefined)];
        const call = this.ended(slot);
        this.codecs.resolve(
          tag === undefined ? NO_CODECS : [(reference ?? this.codecs.reference(tag)) as CodecReference],
          (codecs) =>
            report.delivered(
              call,
              { value: markView(view as SharedView), codecs, buffers },
              bytes as number,
              micros as number,
            ),
          (error) => report.failed(call, error, micros as number),
        );
        return at + 7;
      }
      case Answer.Kept: {
        this.clear.push(slot);
        const resident = { bytes: message[at + 3] as number, kind: message[at + 4] as string };
        report.kept(this.ended(slot), resident, message[at + 2] as number);
        return at + 5;
      }
      case Answer.Failed:
        report.failed(this.ended(slot), decodeError(message[at + 3]), message[at + 2] as number);
        return at + 4;
      case Answer.Skipped:
        report.revoked(this.ended(slot));
        return at + 2;
      case Answer.Started:
        report.started(this.calls[slot] as Call);
        return at + 2;
      case Answer.Suspended:
        report.suspended(this.calls[slot] as Call);
        return at + 2;
      case Answer.Resumed:
        report.resumed(this.calls[slot] as Call);
        return at + 2;
      case Answer.Value: {
        const [, request, ok, value, references, numbered] = message.slice(at, at + 6);
        const buffers = this.taught.adopt(numbered as readonly CrossingBuffer[] | undefined);
        this.requests.answered(
          request as number,
          ok as boolean,
          value,
          references as readonly CodecReference[] | undefined,
          buffers,
        );
        return at + 6;
      }
      case Answer.Spawn: {
        const parent = message[at + 4] as number;
        this.nested.spawn(message, at + 1, parent < 0 ? undefined : this.calls[parent]);
        return at + 10;
      }
      case Answer.Await:
        this.nested.await(message[at + 1] as number);
        this.waitsFor(message[at + 1] as number, message[at + 2] as number);
        return at + 3;
      case Answer.Want:
        this.waitsFor(message[at + 1] as number, message[at + 2] as number);
        return at + 3;
      case Answer.Dag:
        this.control({ type: 'dag', dag: this.nestedHost.dag() });
        return at + 1;
      case Answer.Halt:
        this.nestedHost.halt(this.calls[slot], decodeError(message[at + 2]));
        return at + 3;
      case Answer.Release:
        this.nested.release(message[at + 1] as number);
        return at + 2;
      case Answer.Cancel:
        this.nested.cancel(message[at + 1] as number, message[at + 2], message[at + 3] as boolean);
        return at + 4;
      case Answer.Drop:
        this.nested.forget(message[at + 1] as readonly number[]);
        return at + 2;
      case Answer.Unsent:
        this.nested.expect(message[at + 1] as boolean);
        return at + 2;
      default:
        throw new PoniardError(`${this.id} sent an unknown answer ${String(message[at])}`);
    }
  }

  private waitsFor(task: number, slot: number): void {
    if (slot !== NOBODY) this.nested.awaitedBy(task, slot < 0 ? undefined : this.calls[slot]);
  }
}
