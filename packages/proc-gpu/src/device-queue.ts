/**
 * @file The calls of one device: those that wait, and those on their way through it. Calls that come together are recorded
 * together and submitted once; a call whose inputs other calls make is recorded right behind them, and nothing waits for
 * the device in between.
 */
import type { Call, Loss, MovedValue, Report } from '@poniard/core';
import { snapshot } from '@poniard/core';
import type { Arguments } from './arguments.js';
import { CallTimes } from './call-times.js';
import type { GpuDevice } from './device.js';
import { GpuError, GpuMemoryError, GpuRefusal } from './errors.js';
import { asSingle, type HomeArrays } from './host-arrays.js';
import type { GpuImplementation, GpuTraits } from './port.js';
import type { Outcome, Submission } from './recorder.js';
import { Results } from './results.js';
import { isThenable, Run, type RunSite, SKIPPED } from './run.js';
import { traitsOf } from './traits.js';
import { Uploads } from './uploads.js';

/** Submissions on the device at a time: enough that it never waits for the host; what is behind can still be taken back. */
const AHEAD = 4;
/**
 * A submission ends at so many commands, or when it should keep the device busy for so many µs: the host hears of its end
 * and sends more while the device is at the next.
 */
const COMMANDS = 512;
const STRETCH = 2000;

/** In bytes: up to here, what a move takes is the latency of the way. */
const SMALL = 16 * 1024;

interface Batch {
  readonly runs: Run[];
  readonly began: number;
  /** Its calls have been taken back. */
  void: boolean;
}

/** What the calls of a device need of its processor. */
export interface QueueOwner {
  readonly args: Arguments;
  readonly home: HomeArrays;
  /** The last call that is known to have been spawned. */
  readonly latest: number;
  /** The device has no room for a call; says whether this is the first time. */
  refuse(call: Call, reason: string): boolean;
  /** Bytes have gone to the device, or from it to the host to make room. */
  moved(call: Call, direction: 'in' | 'out', bytes: number, micros: number): void;
  /** A call has ended well. */
  progress(call: Call): void;
}

export class DeviceQueue implements RunSite {
  readonly args: Arguments;
  readonly traits: GpuTraits;
  readonly uploads: Uploads;
  readonly results: Results;
  readonly times = new CallTimes();
  private queue: Run[] = [];
  private head = 0;
  /** Calls that wait for an input, or for their own end, and those on the device. */
  private readonly runs = new Map<number, Run>();
  /** Recorded and not submitted. */
  private recorded: Run[] = [];
  private readonly inFlight: Batch[] = [];
  private lastDone = 0;
  /** What a call has taken lately, in µs. */
  private usual = STRETCH;
  private pumping = false;
  private soon = false;
  /** The next call waits until something on the device has ended, and freed its memory. */
  private stalled = false;
  private stopped = false;

  constructor(
    readonly gpu: GpuDevice,
    private readonly owner: QueueOwner,
  ) {
    this.args = owner.args;
    this.traits = traitsOf(gpu);
    this.uploads = new Uploads(gpu);
    this.results = new Results(gpu, owner.home, (call, bytes, micros) =>
      owner.moved(call, 'out', bytes, micros),
    );
    gpu.memory.onPressure(() => this.uploads.evict());
    gpu.memory.onPressure(() => this.results.evict());
    gpu.recorder.onSubmit((submission) => this.submitted(submission));
  }

  /** Whether it has nothing to do. */
  get isIdle(): boolean {
    return this.runs.size === 0 && this.queue.length === 0 && !this.stopped;
  }

  push(calls: readonly Call[], report: Report): void {
    for (const call of calls) this.queue.push(new Run(call, report));
    this.pump();
  }

  /** Takes back those of `calls` that have not begun. */
  revoke(calls: readonly Call[]): void {
    const wanted = new Set(calls);
    const kept: Run[] = [];
    for (let i = this.head; i < this.queue.length; i++) {
      const run = this.queue[i] as Run;
      if (wanted.has(run.call)) run.report.revoked(run.call);
      else kept.push(run);
    }
    this.queue = kept;
    this.head = 0;
  }

  /** Nobody waits for these any more; what has begun goes on. */
  abandon(calls: readonly Call[]): void {
    for (const { id } of calls) this.runs.get(id)?.abandon(this, this.owner.latest);
  }

  running(call: number): Run | undefined {
    return this.runs.get(call);
  }

  /** Whether an argument that is on the host is on the device too. */
  holds(call: Call, index: number): boolean {
    const argument = call.argument(index);
    if (argument.kind !== 'value' || typeof argument.value !== 'object' || argument.value === null)
      return argument.kind === 'local';
    if (this.results.ofEncoded(argument.value) !== undefined) return true;
    const fn = call.fn.local('webgpu') as GpuImplementation | undefined;
    const { array: given } = this.args.decode(call, index, argument);
    if (given === undefined) return true;
    const array = fn?.single === true ? asSingle(given) : given;
    return this.uploads.known(argument.value, array, call.id) !== undefined;
  }

  /** Brings a kept result to the host, in the form in which values cross threads. */
  async move(call: Call): Promise<MovedValue> {
    try {
      const { value, micros } = await this.results.bringHome(call.id);
      const label = `the result of ${call.name} (#${call.id})`;
      const encoded = snapshot(value, { codecs: [], label, copy: false });
      const { codecs, buffers } = encoded ?? {};
      this.results.cameHome(call.id, encoded?.value);
      return { value: encoded?.value, codecs, buffers, micros };
    } catch (error) {
      // Where the device was lost, that is reported first, and the value is made again.
      await Promise.race([this.gpu.device.lost, new Promise((resolve) => setTimeout(resolve, 100))]);
      throw error;
    }
  }

  /** Ends all at once, without answers: which calls had begun, and which the device was at. */
  stop(): Required<Pick<Loss, 'started' | 'running'>> {
    this.stopped = true;
    const begun = [...this.runs.values()].filter((run) => run.begun);
    const oldest = this.inFlight.find(({ runs }) => runs.length > 0)?.runs ?? begun;
    this.runs.clear();
    this.queue = [];
    this.head = 0;
    this.gpu.close();
    return { started: begun.map(({ call }) => call), running: oldest.map(({ call }) => call) };
  }

  /** Records what is queued while the device does not have enough to do. */
  private pump(): void {
    if (this.pumping || this.stopped) return;
    this.pumping = true;
    const { recorder } = this.gpu;
    try {
      while (this.head < this.queue.length && this.inFlight.length < AHEAD && !this.stalled) {
        const run = this.queue[this.head] as Run;
        if (run.careful && this.inFlight.length + this.recorded.length > 0) break;
        this.head++;
        this.runs.set(run.call.id, run);
        this.begin(run);
        const enough = this.recorded.length * this.usual >= STRETCH || recorder.pending >= COMMANDS;
        if (run.careful || enough) recorder.submit();
      }
      if (this.head === this.queue.length) {
        this.queue = [];
        this.head = 0;
      }
      recorder.submit();
    } finally {
      this.pumping = false;
    }
  }

  /** At the end of the current turn, together with what else comes until then. */
  private pumpSoon(): void {
    if (this.pumping || this.soon) return;
    this.soon = true;
    queueMicrotask(() => {
      this.soon = false;
      this.pump();
    });
  }

  private begin(run: Run): void {
    try {
      const waits = run.begin(this);
      if (waits === SKIPPED) {
        this.runs.delete(run.call.id);
        run.tell();
        run.report.revoked(run.call);
      } else if (waits === undefined) this.follow(run);
      else {
        const retry = (): void => this.goOn(run, () => this.begin(run));
        waits.then(retry, retry);
      }
    } catch (error) {
      this.fail(run, error);
    }
  }

  /** The implementation has been called: it may go on, else all is recorded. */
  private follow(run: Run): void {
    const { goesOn, value } = run;
    if (goesOn === undefined) {
      run.settle(this);
      this.recorded.push(run);
      run.tell();
      // Nothing is left to be submitted: its commands have gone already, or there were none.
      if (this.gpu.recorder.pending === 0) this.attachToLast();
      return;
    }
    // What it has recorded until now may be what it waits for.
    this.pumpSoon();
    goesOn.then(
      (result) =>
        this.goOn(run, () => {
          if (isThenable(value)) run.value = result;
          this.follow(run);
        }),
      (error: unknown) => this.goOn(run, () => this.fail(run, error)),
    );
  }

  /** A call goes on in another turn, unless it is not here any more. */
  private goOn(run: Run, step: () => void): void {
    if (this.stopped || this.runs.get(run.call.id) !== run) return;
    try {
      step();
    } catch (error) {
      this.fail(run, error);
    }
    this.pumpSoon();
  }

  private fail(run: Run, error: unknown): void {
    const { call, report } = run;
    this.tellMoves(run, 0);
    run.undo(this);
    this.runs.delete(call.id);
    if (error instanceof GpuMemoryError) {
      if ([...this.runs.values()].some(({ begun }) => begun)) {
        // What has begun frees memory when it ends.
        this.requeue([run]);
        this.stalled = true;
        return;
      }
    }
    const isRefused = error instanceof GpuMemoryError || error instanceof GpuRefusal;
    if (isRefused && this.owner.refuse(call, error.message)) {
      // Another processor may take it.
      run.tell();
      report.revoked(call);
      return;
    }
    this.stalled = false;
    run.tell();
    report.failed(call, error, 0);
  }

  private requeue(runs: readonly Run[]): void {
    this.queue = [...runs, ...this.queue.slice(this.head)];
    this.head = 0;
  }

  private attachToLast(): void {
    const runs = this.recorded;
    this.recorded = [];
    const last = this.inFlight.at(-1);
    if (last !== undefined) last.runs.push(...runs);
    else for (const run of runs) this.answer(run, 0);
  }

  private submitted({ done }: Submission): void {
    const batch: Batch = { runs: this.recorded, began: performance.now(), void: false };
    this.recorded = [];
    this.inFlight.push(batch);
    done.then((outcome) => {
      if (!this.stopped) this.completed(batch, outcome);
    });
  }

  private completed(batch: Batch, { problem, busy }: Outcome): void {
    this.inFlight.splice(this.inFlight.indexOf(batch), 1);
    const now = performance.now();
    const wall = (now - Math.max(batch.began, this.lastDone)) * 1000;
    const took = busy ?? wall;
    this.lastDone = now;
    const { runs } = batch;
    // The way there and back, which the device's own clock does not see, is a part of what its inputs cost.
    const moves = runs.reduce((sum, run) => sum + run.moves.length, 0);
    for (const run of runs) this.tellMoves(run, Math.max(0, wall - took) / moves);
    if (!batch.void && runs.length > 0) {
      if (problem !== undefined) this.takeBack(batch, problem);
      else {
        this.usual += (took / runs.length - this.usual) / 4;
        this.startAgain(runs.filter((run) => run.lacksMemory));
        const times = busy === undefined ? undefined : this.times.share(runs, busy);
        for (const [i, run] of runs.entries())
          if (run.recorded) this.answer(run, times?.[i] ?? took / runs.length);
      }
    }
    this.pump();
  }

  private tellMoves(run: Run, overhead: number): void {
    for (const { bytes, micros } of run.moves) {
      // It is a part of the latency, which small moves tell; of large ones it would be taken for a narrow way.
      const part = bytes <= SMALL ? overhead : 0;
      this.owner.moved(run.call, 'in', bytes, micros + part);
    }
    run.moves.length = 0;
  }

  private answer(run: Run, micros: number): void {
    const { call, report, value } = run;
    this.runs.delete(call.id);
    this.stalled = false;
    this.owner.progress(call);
    run.end(this, this.owner.latest);
    if (run.resident) report.kept(call, { bytes: run.bytes, kind: 'NDArray' }, micros);
    else report.finished(call, value, micros);
  }

  /**
   * WebGPU refused a submission: nothing in it was done, and it does not say for whose sake. Its calls, and those behind
   * it, which may have read what it should have made, run again one by one.
   */
  private takeBack({ runs: [first, ...others], runs }: Batch, problem: string): void {
    if (first !== undefined && others.length === 0 && first.shortages === this.gpu.memory.shortages) {
      this.fail(first, new GpuError(`WebGPU refused ${first.call.name}: ${problem}`));
      return;
    }
    const behind = this.inFlight.filter((other) => !other.void);
    const all = [...runs, ...behind.flatMap((other) => other.runs), ...this.recorded];
    for (const other of behind) other.void = true;
    this.recorded = [];
    this.stalled = false;
    this.startAgain(all);
  }

  private startAgain(runs: readonly Run[]): void {
    if (runs.length === 0) return;
    for (const run of runs) {
      run.undo(this);
      run.careful = true;
    }
    this.requeue(runs);
  }
}
