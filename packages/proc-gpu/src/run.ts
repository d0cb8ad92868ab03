/** @file One call on its way through a device. */
import type { Call, Report } from '@poniard/core';
import { PoniardError } from '@poniard/core';
import type { Arguments } from './arguments.js';
import type { CallTimes, Section } from './call-times.js';
import type { GpuDevice } from './device.js';
import { GpuRefusal } from './errors.js';
import { describeOnDevice, eachArray, GpuArray } from './gpu-array.js';
import { asSingle } from './host-arrays.js';
import type { GpuImplementation, GpuTraits } from './port.js';
import { CallRecording } from './recording.js';
import type { Results } from './results.js';
import type { Upload, Uploads } from './uploads.js';

/** What a call needs of the device that it runs on. */
export interface RunSite {
  readonly gpu: GpuDevice;
  readonly traits: GpuTraits;
  readonly args: Arguments;
  readonly uploads: Uploads;
  readonly results: Results;
  readonly times: CallTimes;
  /** The run that makes a result which is not there yet. */
  running(call: number): Run | undefined;
}

/** An input failed, or nobody waits for it: the call is the scheduler's again, which knows. */
export const SKIPPED: unique symbol = Symbol('skipped');

export class Run {
  /** Has begun on the device. */
  begun = false;
  /** All of it has been recorded; `value` is what it gives. */
  recorded = false;
  value: unknown = undefined;
  /** Of the arrays in `value`. */
  bytes = 0;
  /** Whether `value` holds arrays. */
  resident = false;
  /** Runs alone, so that it is known whose fault an error is. */
  careful = false;
  /** How often the device had been short of memory when it began. */
  shortages = 0;
  /** What it has uploaded: the time, in µs, is the host's part. */
  readonly moves: { readonly bytes: number; readonly micros: number }[] = [];
  /** Its function and the size of its inputs: calls of one sort take about the same time. */
  sort = '';
  /** Where it is timed by itself. */
  section: Section | undefined = undefined;
  /** Called when it is recorded or has failed. */
  whenRecorded: (() => void)[] = [];
  private single = false;
  private abandoned = false;
  private recording: CallRecording | undefined = undefined;
  private readonly uploads: Upload[] = [];
  private readonly guarded: Upload[] = [];
  private readonly pinned: GpuArray[] = [];

  constructor(
    readonly call: Call,
    readonly report: Report,
  ) {}

  /**
   * Runs the implementation, which records its commands.
   *
   * @returns a Promise where it has to wait first, for what it must be called again after; {@link SKIPPED} where an input
   * failed; else nothing: `outcome` then gives its end.
   */
  begin(site: RunSite): Promise<unknown> | typeof SKIPPED | undefined {
    const { call } = this;
    if (this.abandoned) return SKIPPED;
    const fn = call.fn.local(call.implementation) as GpuImplementation;
    this.single = site.args.single(call, fn);
    const args = new Array<unknown>(call.arity);
    let wasUnknown = false;
    for (let i = 0; i < args.length; i++) {
      const argument = call.argument(i);
      if (argument.kind === 'handle')
        throw new PoniardError(`${call.name} (#${call.id}) got a handle; please report this`);
      if (argument.kind === 'value') {
        const { value } = argument;
        args[i] = typeof value === 'object' && value !== null ? this.host(site, i, argument, value) : value;
        continue;
      }
      wasUnknown = true;
      const { id } = argument.call;
      const result = site.results.get(id);
      if (result === undefined) {
        const maker = site.running(id);
        if (maker === undefined || (maker.recorded && maker.resident)) {
          this.undo(site);
          return SKIPPED;
        }
        if (!maker.recorded) {
          this.undo(site);
          return new Promise<void>((resolve) => maker.whenRecorded.push(resolve));
        }
        args[i] = maker.value;
        continue;
      }
      const wait = site.results.use(id, result);
      if (wait !== undefined) {
        this.undo(site);
        return wait;
      }
      args[i] = result.value;
      this.pin(result.value);
    }
    // When the call was placed, nobody knew the types of results that were yet to be made.
    const accepted = (wasUnknown && fn.accepts?.(args.map(describeOnDevice), site.traits)) || true;
    if (accepted !== true) throw new GpuRefusal(accepted.reason);
    this.begun = true;
    this.shortages = site.gpu.memory.shortages;
    if (call.watched) this.report.started(call);
    this.recording = new CallRecording(site.gpu, site.traits, `${call.name} (#${call.id})`);
    this.sort = `${call.fn.id} ${sizeOfArguments(args)}`;
    const { recorder } = site.gpu;
    this.section = site.times.wants(this.sort) ? recorder.beginSection() : undefined;
    try {
      this.value = fn(this.recording, ...args);
    } finally {
      recorder.endSection();
    }
    // What it records later would not be seen.
    if (this.goesOn !== undefined) this.section = undefined;
    return undefined;
  }

  /** The device turned out to have no memory for what it gives. */
  get lacksMemory(): boolean {
    let lacks = false;
    eachArray(this.value, ({ allocation }) => {
      lacks ||= allocation.missing;
    });
    return lacks;
  }

  /** A Promise where the call goes on: for its value, or for a kernel that is being compiled. */
  get goesOn(): Promise<unknown> | undefined {
    const { value, recording } = this;
    if (isThenable(value)) return Promise.resolve(value);
    return recording?.blocked ? recording.drained() : undefined;
  }

  /** Those that wait for this one may look again. */
  tell(): void {
    if (this.whenRecorded.length > 0) for (const listener of this.whenRecorded.splice(0)) listener();
  }

  /** All has been recorded: keeps the result's arrays, frees what else it allocated. Throws what the call failed with. */
  settle(site: RunSite): void {
    const recording = this.recording as CallRecording;
    if (recording.failure !== undefined) throw recording.failure;
    const { memory } = site.gpu;
    const { value } = this;
    if (value instanceof GpuArray) {
      memory.retain(value.allocation);
      this.bytes = value.bytes;
      this.resident = true;
    } else if (typeof value === 'object' && value !== null) {
      const arrays = new Set<GpuArray>();
      eachArray(value, (array) => {
        memory.retain(array.allocation);
        arrays.add(array);
      });
      for (const { bytes } of arrays) this.bytes += bytes;
      this.resident = arrays.size > 0;
    }
    this.unpin();
    recording.end();
    this.recorded = true;
    if (this.resident) site.results.add(this.call, this.value, this.bytes);
  }

  /** The call has ended, one way or the other. `latest`: see {@link Uploads.release}. */
  end(site: RunSite, latest: number): void {
    this.unpin();
    this.recording?.end();
    this.unguard(site, latest);
    for (const upload of this.uploads.splice(0)) site.uploads.release(upload);
  }

  /** Nobody waits for the call any more. */
  abandon(site: RunSite, latest: number): void {
    this.abandoned = true;
    this.unguard(site, latest);
  }

  private unguard(site: RunSite, latest: number): void {
    for (const upload of this.guarded.splice(0)) site.uploads.unguard(upload, latest);
  }

  /** As if it had not begun. */
  undo(site: RunSite): void {
    this.end(site, this.call.id);
    if (this.recorded && this.resident) site.results.free(this.call.id);
    this.begun = false;
    this.recorded = false;
    this.resident = false;
    this.bytes = 0;
    this.value = undefined;
    this.recording = undefined;
  }

  private host(site: RunSite, index: number, argument: HostArgument, encoded: object): unknown {
    const resident = site.results.ofEncoded(encoded);
    if (resident !== undefined) {
      this.pin(resident.value);
      return resident.value;
    }
    const { value, array: given } = site.args.decode(this.call, index, argument);
    if (given === undefined) return value;
    const array = this.single ? asSingle(given) : given;
    if (array.dtype === undefined)
      throw new TypeError(
        `${this.call.name}: argument ${index + 1} is ${array.hostType}, which WebGPU does not have`,
      );
    const began = performance.now();
    const { upload, value: onDevice, isNew } = site.uploads.acquire(encoded, array, this.call.id);
    if (isNew) this.moves.push({ bytes: array.bytes, micros: (performance.now() - began) * 1000 });
    this.uploads.push(upload);
    this.guarded.push(upload);
    return onDevice;
  }

  private pin(value: unknown): void {
    eachArray(value, (array) => {
      array.allocation.pins++;
      this.pinned.push(array);
    });
  }

  private unpin(): void {
    for (const { allocation } of this.pinned) allocation.pins--;
    this.pinned.length = 0;
  }
}

/** In powers of two of bytes. */
function sizeOfArguments(args: readonly unknown[]): number {
  let bytes = 1;
  for (const arg of args) {
    if (arg instanceof GpuArray) bytes += arg.bytes;
    else if (typeof arg === 'object')
      eachArray(arg, (array) => {
        bytes += array.bytes;
      });
  }
  return Math.round(Math.log2(bytes));
}

type HostArgument = Extract<ReturnType<Call['argument']>, { kind: 'value' }>;

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}
