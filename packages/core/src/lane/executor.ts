/**
 * @file The worker's end of a lane: does the work in the order in which it came, keeps results that nobody else has
 * asked for, and reports by time. No Node: what carries messages comes through a port.
 */

import type { EncodedFunction } from '../functions/encoded.js';
import type { ImportModule } from '../functions/evaluate.js';
import type { TaskOptions } from '../options.js';
import { decodeError, encodeError } from '../values/errors.js';
import type { CrossingBuffer, NumberedBuffer } from '../values/shared-buffers.js';
import { isPrimitive } from '../values/snapshot.js';
import { Aside } from './aside.js';
import { Claims } from './claims.js';
import type { CodecBook } from './codec-book.js';
import { LaneFunctions } from './lane-functions.js';
import type { LaneRuntime } from './lane-runtime.js';
import { FAILED, LaneValues } from './lane-values.js';
import type { LentHandle } from './nested-tasks.js';
import {
  Answer,
  Arg,
  type Control,
  type ControlsMessage,
  Flag,
  type LaneSetup,
  WORK,
  Work,
} from './protocol.js';
import { LaneScope, type Places, type Running } from './running.js';
import type { TaskScope, TaskScopes } from './task-scopes.js';

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

export class LaneExecutor implements Places {
  private readonly claims: Claims;
  private readonly values: LaneValues;
  private readonly functions: LaneFunctions;
  private readonly aside: Aside;
  private readonly runtime: LaneRuntime;
  /** Tasks that have begun and not ended, by slot. */
  private readonly running = new Map<number, Running>();
  private occupied = 0;
  private readonly batches: (readonly unknown[])[] = [];
  private cursor = 1;
  private out: unknown[] = [];
  private lastReport = 0;
  private lastYield = 0;
  private readonly borrow = (lent: LentHandle): unknown => this.runtime.borrow(lent);
  private pumping = false;
  private reporting = false;
  /** A function or codec is being imported: what follows in the queue waits. */
  private importing = false;

  constructor(
    private readonly setup: LaneSetup,
    private readonly port: LanePort,
    private readonly scopes: TaskScopes,
    importModule: ImportModule,
    makeRuntime: (lane: LaneExecutor, codecs: CodecBook) => LaneRuntime,
  ) {
    this.claims = new Claims(setup.claims);
    this.values = new LaneValues(setup, importModule);
    this.functions = new LaneFunctions(importModule);
    this.aside = new Aside(
      (slot) => this.values.result(slot),
      (slot, word) => this.claims.isOffered(slot, word),
    );
    this.runtime = makeRuntime(this, this.values.codecs);
  }

  /** A message from the host. */
  receive(message: unknown): void {
    this.accept(message);
    this.pump();
  }

  private accept(message: unknown): void {
    if ((message as readonly unknown[])[0] === WORK) this.batches.push(message as readonly unknown[]);
    else {
      const [, spawns, values, others, work] = message as ControlsMessage;
      for (let i = 0; i < spawns.length; i += 2)
        this.runtime.spawned(spawns[i] as number, spawns[i + 1] as number);
      for (let i = 0; i < values.length; i += 2) this.runtime.finished(values[i] as number, values[i + 1]);
      for (const control of others) this.control(control);
      if (work !== undefined) this.batches.push(work);
    }
  }

  /** Works until the queue is empty, a task waits that fills the lane, or the event loop has waited long enough. */
  private pump(): void {
    if (this.pumping) return;
    this.pumping = true;
    this.lastYield = performance.now();
    let now = this.lastYield;
    try {
      while (!this.importing) {
        const resumed = this.aside.next;
        if (resumed !== undefined) {
          if (!this.hasRoom(resumed[6] as number)) break;
          now = this.beginResumed(this.aside.take(), now);
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
        if ((this.running.size > 0 || !this.aside.empty) && this.putAside(batch)) continue;
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

  /** Whether the call at the cursor had to stand aside. */
  private putAside(batch: readonly unknown[]): boolean {
    const end = this.aside.put(batch, this.cursor, (slot) => this.running.get(slot)?.word);
    if (end !== undefined) this.cursor = end;
    return end !== undefined;
  }

  private beginResumed(work: readonly unknown[], now: number): number {
    const { cursor } = this;
    this.cursor = 0;
    const ended = this.begin(work, now);
    this.cursor = cursor;
    return ended;
  }

  private hasRoom(occupancy: number): boolean {
    return this.occupied === 0 || this.occupied + occupancy <= 1;
  }

  private learn(batch: readonly unknown[]): void {
    const at = this.cursor;
    switch (batch[at]) {
      case Work.Function:
        this.cursor += 5;
        this.waitFor(
          this.functions.learn(
            batch[at + 1] as number,
            batch[at + 2] as string,
            batch[at + 3] as EncodedFunction,
            batch[at + 4] as TaskOptions | undefined,
          ),
        );
        break;
      case Work.Codec: {
        this.cursor += 4;
        const [tag, module, exportName] = batch.slice(at + 1, at + 4) as [string, string, string];
        this.waitFor(this.values.learn({ tag, module, exportName }));
        break;
      }
      case Work.Buffer:
        this.take([[batch[at + 1] as number, batch[at + 2] as SharedArrayBuffer]]);
        this.cursor += 3;
        break;
      default:
        this.values.clear(batch[at + 1] as number);
        this.cursor += 2;
    }
  }

  private waitFor(work: Promise<unknown> | undefined): void {
    if (work === undefined) return;
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
      this.aside.ended(slot, word);
      this.giveBack(batch, at);
      return now;
    }
    const run: Running = {
      slot,
      word,
      id,
      occupancy,
      began: now,
      ended: undefined,
      waits: 0,
      controller: undefined,
      buffers: undefined,
      getResult: (flags & Flag.GetResult) !== 0,
      inPlace: (flags & Flag.InPlace) !== 0,
    };
    if (flags & Flag.Watched) {
      this.out.push(Answer.Started, slot);
      this.report(now);
    }
    let scope: TaskScope | undefined;
    try {
      const args = this.values.arguments(batch, at, arity, this.borrow);
      run.buffers = this.values.takeInputs();
      if (args === undefined) return this.skip(run, now);
      const fn = this.functions.get(key);
      if (this.running.size > 0) this.scopes.follow();
      scope = this.scope(run, name ?? this.functions.name(key), flags >> Flag.AttemptShift, around);
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

  /** Handles that were lent to a call that was taken back: nobody here will ever hold them. */
  private giveBack(batch: readonly unknown[], from: number): void {
    for (let at = from; at < this.cursor; at += 2) {
      if (batch[at] === Arg.Handle) this.out.push(Answer.Drop, [(batch[at + 1] as LentHandle).task]);
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
      settlingOnce(result).then(
        (value) => after(() => this.finish(run, value, performance.now())),
        (error) => after(() => this.fail(run, error, performance.now())),
      ),
    );
  }

  private finish(run: Running, result: unknown, ended: number): void {
    const micros = (ended - run.began) * 1000;
    this.values.setResult(run.slot, result);
    if (isPrimitive(result)) this.out.push(Answer.Done, run.slot, micros, result);
    else this.out.push(...this.values.answer(run, result, micros));
    this.ended(run, 'well');
  }

  private fail(run: Running, error: unknown, ended: number): void {
    this.values.setResult(run.slot, FAILED);
    this.out.push(Answer.Failed, run.slot, (ended - run.began) * 1000, encodeError(error));
    this.ended(run, 'badly');
  }

  private skip(run: Running, now: number): number {
    this.values.setResult(run.slot, FAILED);
    this.out.push(Answer.Skipped, run.slot);
    this.ended(run, 'badly');
    return now;
  }

  private ended(run: Running, how: 'well' | 'badly'): void {
    run.ended = how;
    if (how === 'badly') this.runtime.callOff(run);
    this.claims.end(run.slot, run.word);
    this.aside.ended(run.slot, run.word);
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
        this.values.forget(message.buffers);
        break;
      case 'free':
        this.values.free(message.keys);
        break;
      case 'get':
        this.send(...this.values.give(message.request, message.key));
        break;
      case 'abort': {
        const run = this.running.get(message.slot);
        if (run?.word !== message.word) break;
        // A task that asks for its signal later finds it aborted.
        run.controller ??= new AbortController();
        if (run.controller.signal.aborted) break;
        // Nobody waits for it: it goes on, or not, without a place.
        this.suspend(run);
        run.controller.abort(decodeError(message.reason));
        this.runtime.callOff(run);
        break;
      }
      default:
        this.runtime.receive(message);
    }
  }

  /** Shared buffers that the host names by number. */
  take(numbered: readonly NumberedBuffer[] | undefined): void {
    this.values.take(numbered);
  }

  /** Shared buffers that the host is to name by number. */
  lend(buffers: readonly SharedArrayBuffer[] | undefined): CrossingBuffer[] | undefined {
    return this.values.lend(buffers, undefined);
  }
}

/** A thenable of the user's may call back twice, which would answer twice for the call. */
function settlingOnce(result: PromiseLike<unknown>): PromiseLike<unknown> {
  if (result instanceof Promise) return result;
  return new Promise((resolve, reject) => void result.then(resolve, reject));
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
