/**
 * @file Commands on their way to a device: they gather in one encoder, dispatches in one pass, until they are submitted
 * together. Uniforms gather too, and are written with one call.
 */
import type { Section } from './call-times.js';
import type { Allocation } from './memory.js';
import { Patience } from './patience.js';
import type { Pipeline } from './pipelines.js';
import { type Stopwatch, Timestamps } from './timestamps.js';

/** Bytes of uniforms that are written at once. */
const CHUNK = 64 * 1024;
/** WebGPU's largest alignment for dynamic offsets of uniforms; every device takes it. */
const ALIGNMENT = 256;
/** GPUBufferUsage.UNIFORM and COPY_DST. */
const UNIFORM_USAGE = 0x40 | 0x08;

/** Where a dispatch's uniforms are. */
export interface UniformPlace {
  readonly chunk: UniformChunk;
  readonly offset: number;
  readonly size: number;
}

interface UniformChunk {
  readonly id: number;
  readonly buffer: GPUBuffer;
  readonly bytes: Uint8Array<ArrayBuffer>;
  used: number;
}

/** Commands that were submitted together. */
export interface Submission {
  /** Resolves when the device has carried them out. Never rejects. */
  readonly done: Promise<Outcome>;
}

export interface Outcome {
  /** What WebGPU found wrong with them. */
  readonly problem: string | undefined;
  /** How long the device was busy with the kernels, in µs, where it can tell. */
  readonly busy: number | undefined;
}

/** Hears of a submission, and of the one before it. */
type AfterSubmit = (submission: Submission, before: Submission | undefined) => void;

export class Recorder {
  /** Commands that have been recorded and not submitted. */
  pending = 0;
  /** Of the next submission. */
  private number = 1;
  /** For commands that come before all others. */
  private first: GPUCommandEncoder | undefined = undefined;
  private encoder: GPUCommandEncoder | undefined = undefined;
  private pass: GPUComputePassEncoder | undefined = undefined;
  private boundPipeline: Pipeline | undefined = undefined;
  private readonly chunks: UniformChunk[] = [];
  private chunk = 0;
  private afterSubmit: AfterSubmit[] = [];
  private listener: (submission: Submission) => void = () => {};
  private soon = false;
  private closed = false;
  /** For whoever waits for the device. */
  readonly patience = new Patience();
  private readonly offsets = [0];
  private readonly timestamps: Timestamps | undefined;
  private watch: Stopwatch | undefined = undefined;
  /** Of the counters in use: 0 for what is not timed by itself. */
  private slot = 0;
  private last: Submission | undefined = undefined;

  constructor(
    private readonly device: GPUDevice,
    private readonly submitted: () => void,
  ) {
    this.timestamps = Timestamps.of(device);
  }

  /** Hears of every submission, in the same turn. */
  onSubmit(listener: (submission: Submission) => void): void {
    this.listener = listener;
  }

  /** Keeps a copy of uniforms until they are written. */
  uniforms(data: ArrayBufferView): UniformPlace {
    const { byteLength } = data;
    if (byteLength > CHUNK) throw new RangeError(`uniforms take up to ${CHUNK} bytes, not ${byteLength}`);
    let chunk = this.chunks[this.chunk];
    if (chunk === undefined || chunk.used + byteLength > CHUNK) {
      if (chunk !== undefined) this.chunk++;
      chunk = this.chunks[this.chunk] ?? this.addChunk();
    }
    const offset = chunk.used;
    chunk.bytes.set(new Uint8Array(data.buffer, data.byteOffset, byteLength), offset);
    chunk.used = offset + Math.ceil(byteLength / ALIGNMENT) * ALIGNMENT;
    return { chunk, offset, size: Math.max(16, Math.ceil(byteLength / 16) * 16) };
  }

  dispatch(
    pipeline: Pipeline,
    group: GPUBindGroup,
    uniforms: UniformPlace | undefined,
    x: number,
    y: number,
    z: number,
  ): void {
    this.pass ??= this.beginPass();
    const { pass } = this;
    if (pipeline !== this.boundPipeline) {
      pass.setPipeline(pipeline.compiled as GPUComputePipeline);
      this.boundPipeline = pipeline;
    }
    if (uniforms === undefined) pass.setBindGroup(0, group);
    else {
      this.offsets[0] = uniforms.offset;
      pass.setBindGroup(0, group, this.offsets);
    }
    pass.dispatchWorkgroups(x, y, z);
    this.pending++;
  }

  copy(from: GPUBuffer, to: GPUBuffer, bytes: number): void {
    this.outside().copyBufferToBuffer(from, 0, to, 0, bytes);
    this.pending++;
  }

  /** Says that recorded commands name it. */
  uses(allocation: Allocation): void {
    allocation.usedIn = this.number;
  }

  /** Where no command of the submission names it yet, it is cleared before all of them, so that the pass goes on. */
  clear(allocation: Allocation, bytes: number): void {
    const { usedIn, buffer } = allocation;
    if (usedIn === 'new') return;
    if (usedIn === this.number) this.outside().clearBuffer(buffer, 0, bytes);
    else {
      this.first ??= this.device.createCommandEncoder();
      this.first.clearBuffer(buffer, 0, bytes);
      this.uses(allocation);
    }
    this.pending++;
  }

  /** Times what is recorded until `endSection` by itself, where the device can and has a counter left. */
  beginSection(): Section | undefined {
    const { timestamps } = this;
    if (timestamps === undefined || this.slot !== 0) return undefined;
    this.watch ??= timestamps.take();
    const slot = timestamps.section(this.watch);
    if (slot === undefined) return undefined;
    this.endPass();
    this.slot = slot;
    return this.watch.sections[slot];
  }

  endSection(): void {
    if (this.slot === 0) return;
    this.endPass();
    this.slot = 0;
  }

  /** Calls back when what has been recorded until now has been submitted. */
  whenSubmitted(callback: AfterSubmit): void {
    this.afterSubmit.push(callback);
  }

  /** Submits at the end of the current turn, so that what others record until then goes along. */
  submitSoon(): void {
    if (this.soon) return;
    this.soon = true;
    queueMicrotask(() => {
      this.soon = false;
      this.submit();
    });
  }

  /** Submits what has been recorded, and tells how it went. */
  submitNow(): Promise<Outcome> {
    const before = this.last;
    this.submit();
    return this.last === before || this.last === undefined
      ? Promise.resolve({ problem: undefined, busy: 0 })
      : this.last.done;
  }

  /** Submits what has been recorded, if anything. */
  submit(): void {
    const { device, watch, first, encoder } = this;
    if ((encoder === undefined && first === undefined) || this.closed) return;
    this.endPass();
    // Copies alone are not timed.
    const timed = watch !== undefined && watch.begun.size > 0 ? watch : undefined;
    if (timed !== undefined && encoder !== undefined) this.timestamps?.resolve(timed, encoder);
    else if (watch !== undefined) this.timestamps?.giveBack(watch);
    this.first = undefined;
    this.encoder = undefined;
    this.number++;
    this.watch = undefined;
    this.slot = 0;
    this.pending = 0;
    this.writeUniforms();
    device.pushErrorScope('validation');
    device.queue.submit([first, encoder].flatMap((one) => (one === undefined ? [] : [one.finish()])));
    const [wrong, done] = this.patience.during(() => [
      device.popErrorScope(),
      timed === undefined
        ? device.queue.onSubmittedWorkDone().then(() => undefined)
        : this.timestamps?.read(timed),
    ]);
    this.submitted();
    const before = this.last;
    const submission = { done: outcome(wrong, done) };
    this.last = submission;
    const callbacks = this.afterSubmit;
    this.afterSubmit = [];
    for (const callback of callbacks) callback(submission, before);
    this.listener(submission);
  }

  close(): void {
    this.closed = true;
    this.first = undefined;
    this.encoder = undefined;
    this.pass = undefined;
    this.timestamps?.close();
    for (const { buffer } of this.chunks) buffer.destroy();
    this.chunks.length = 0;
  }

  private open(): GPUCommandEncoder {
    this.encoder ??= this.device.createCommandEncoder();
    return this.encoder;
  }

  private beginPass(): GPUComputePassEncoder {
    const encoder = this.open();
    if (this.timestamps === undefined) return encoder.beginComputePass();
    this.watch ??= this.timestamps.take();
    return encoder.beginComputePass({ timestampWrites: this.timestamps.pass(this.watch, this.slot) });
  }

  private outside(): GPUCommandEncoder {
    this.endPass();
    return this.open();
  }

  private endPass(): void {
    this.pass?.end();
    this.pass = undefined;
    this.boundPipeline = undefined;
  }

  /** Writes are carried out before the commands of the next submission, and after those of the one before. */
  private writeUniforms(): void {
    for (let i = 0; i <= this.chunk && i < this.chunks.length; i++) {
      const { buffer, bytes, used } = this.chunks[i] as UniformChunk;
      if (used > 0) this.device.queue.writeBuffer(buffer, 0, bytes, 0, Math.min(used, CHUNK));
      (this.chunks[i] as UniformChunk).used = 0;
    }
    this.chunk = 0;
  }

  private addChunk(): UniformChunk {
    // Longer by what the last binding is rounded up.
    const buffer = this.device.createBuffer({ size: CHUNK + ALIGNMENT, usage: UNIFORM_USAGE });
    const chunk = { id: this.chunks.length, buffer, bytes: new Uint8Array(CHUNK), used: 0 };
    this.chunks.push(chunk);
    return chunk;
  }
}

async function outcome(
  wrong: Promise<GPUError | null>,
  done: Promise<number | undefined> | undefined,
): Promise<Outcome> {
  const [refused, ended] = await Promise.allSettled([wrong, done]);
  const busy = ended.status === 'fulfilled' ? ended.value : undefined;
  if (refused.status === 'rejected') return { problem: explain(refused.reason), busy };
  if (refused.value !== null) return { problem: refused.value.message, busy };
  return { problem: ended.status === 'rejected' ? explain(ended.reason) : undefined, busy };
}

function explain(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
