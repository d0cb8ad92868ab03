/** @file The way from a device to the host: through mapped staging buffers, which are used again. */
import { GpuError } from './errors.js';
import { type Allocation, capacityFor } from './memory.js';
import type { Recorder } from './recorder.js';

/** GPUBufferUsage.MAP_READ and COPY_DST. */
const STAGING_USAGE = 0x01 | 0x08;
/** Bytes of staging buffers that are kept for the next time. */
const KEEP = 64 * 1024 * 1024;
/** GPUMapMode.READ. */
const READ = 1;

/** What a copy came to. */
interface Copied<T> {
  readonly problem: string | undefined;
  readonly value: T | undefined;
}

export class ReadBack {
  /** What has been read so far. */
  reads = 0;
  readBytes = 0;
  private readonly free = new Map<number, GPUBuffer[]>();
  private freeBytes = 0;
  private readonly existing = new Set<GPUBuffer>();

  constructor(
    private readonly device: GPUDevice,
    private readonly recorder: Recorder,
  ) {}

  /** How many staging buffers exist. */
  get buffers(): number {
    return this.existing.size;
  }

  /**
   * Reads the first `bytes` bytes of a buffer as the commands that are recorded until now leave it. `take` copies them
   * out; `took` hears how many µs it took since the device had done what was submitted before. Reads of one turn go in
   * one submission. Rejects when the device is lost.
   */
  read<T>(
    allocation: Allocation,
    bytes: number,
    take: (mapped: ArrayBuffer) => T,
    took?: (micros: number) => void,
  ): Promise<T> {
    const counted = (mapped: ArrayBuffer): T => {
      this.reads++;
      this.readBytes += bytes;
      return take(mapped);
    };
    return this.tryOut(allocation, bytes, counted, took);
  }

  /** The same to learn what reading costs: it is not counted. */
  tryOut<T>(
    allocation: Allocation,
    bytes: number,
    take: (mapped: ArrayBuffer) => T,
    took?: (micros: number) => void,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const attempt = (isAlone: boolean): void => {
        this.copy(allocation, bytes, take, took).then((outcome) => {
          if (outcome.problem === undefined) resolve(outcome.value as T);
          else if (isAlone) reject(new GpuError(`WebGPU refused to read a result: ${outcome.problem}`));
          else {
            // Something else in the submission was refused, and all of it with that.
            this.recorder.submit();
            attempt(true);
            this.recorder.submit();
          }
        }, reject);
      };
      attempt(false);
    });
  }

  private copy<T>(
    allocation: Allocation,
    bytes: number,
    take: (mapped: ArrayBuffer) => T,
    took: ((micros: number) => void) | undefined,
  ): Promise<Copied<T>> {
    const { recorder } = this;
    const size = Math.max(4, Math.ceil(bytes / 4) * 4);
    const staging = this.staging(size);
    recorder.uses(allocation);
    recorder.copy(allocation.buffer, staging, size);
    return new Promise((resolve, reject) => {
      recorder.whenSubmitted((submission, before) => {
        let began = performance.now();
        before?.done.then(() => {
          began = performance.now();
        });
        const mapped = recorder.patience.during(() => staging.mapAsync(READ, 0, size));
        Promise.all([submission.done, mapped]).then(([{ problem }]) => {
          try {
            const value = problem === undefined ? take(staging.getMappedRange(0, size)) : undefined;
            staging.unmap();
            this.giveBack(staging);
            if (problem === undefined) took?.((performance.now() - began) * 1000);
            resolve({ problem, value });
          } catch (error) {
            reject(error);
          }
        }, reject);
      });
      recorder.submitSoon();
    });
  }

  close(): void {
    for (const buffer of this.existing) buffer.destroy();
    this.existing.clear();
    this.free.clear();
  }

  private staging(size: number): GPUBuffer {
    const capacity = capacityFor(size);
    const known = this.free.get(capacity)?.pop();
    if (known !== undefined) {
      this.freeBytes -= capacity;
      return known;
    }
    const buffer = this.device.createBuffer({ size: capacity, usage: STAGING_USAGE });
    this.existing.add(buffer);
    return buffer;
  }

  private giveBack(buffer: GPUBuffer): void {
    const { size } = buffer;
    if (this.freeBytes + size > KEEP) {
      buffer.destroy();
      this.existing.delete(buffer);
      return;
    }
    const list = this.free.get(size);
    if (list === undefined) this.free.set(size, [buffer]);
    else list.push(buffer);
    this.freeBytes += size;
  }
}
