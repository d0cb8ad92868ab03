/**
 * @file How long submissions, and parts of them, keep a device busy, by its own clock. The host's clock also sees the way
 * there and back, which for a small submission is most of it.
 */
import type { Section } from './call-times.js';

/** GPUBufferUsage.QUERY_RESOLVE and COPY_SRC; MAP_READ and COPY_DST. */
const RESOLVE_USAGE = 0x200 | 0x04;
const STAGING_USAGE = 0x01 | 0x08;
/** Parts of a submission that are timed by themselves; the first slot is for all else. */
const SLOTS = 16;
/** Two counters of 64 bits for each: when its first pass began, and when its last ended. */
const COUNTERS = 2 * SLOTS;
const BYTES = 8 * COUNTERS;

/** The counters of one submission. */
export interface Stopwatch {
  readonly queries: GPUQuerySet;
  readonly resolved: GPUBuffer;
  readonly staging: GPUBuffer;
  /** The slots in which a pass has begun. */
  readonly begun: Set<number>;
  /** What is timed by itself, by slot. */
  sections: Section[];
}

const ELSE: Section = { micros: undefined };

export class Timestamps {
  private readonly free: Stopwatch[] = [];
  private readonly all: Stopwatch[] = [];

  constructor(private readonly device: GPUDevice) {}

  /** Where the device has no counters, nothing is timed. */
  static of(device: GPUDevice): Timestamps | undefined {
    return device.features.has('timestamp-query') ? new Timestamps(device) : undefined;
  }

  take(): Stopwatch {
    const watch = this.free.pop() ?? this.make();
    watch.begun.clear();
    watch.sections = [ELSE];
    return watch;
  }

  /** It was not used. */
  giveBack(watch: Stopwatch): void {
    this.free.push(watch);
  }

  /** A slot for a part that is timed by itself; undefined where all are taken. */
  section(watch: Stopwatch): number | undefined {
    const slot = watch.sections.length;
    if (slot === SLOTS) return undefined;
    watch.sections.push({ micros: undefined });
    return slot;
  }

  /** What a pass is begun with. */
  pass({ queries: querySet, begun }: Stopwatch, slot: number): GPUComputePassTimestampWrites {
    const endOfPassWriteIndex = 2 * slot + 1;
    if (begun.has(slot)) return { querySet, endOfPassWriteIndex };
    begun.add(slot);
    return { querySet, beginningOfPassWriteIndex: 2 * slot, endOfPassWriteIndex };
  }

  /** Records the reading; the last that is recorded. */
  resolve({ queries, resolved, staging, sections }: Stopwatch, encoder: GPUCommandEncoder): void {
    const count = 2 * sections.length;
    encoder.resolveQuerySet(queries, 0, count, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, 8 * count);
  }

  /**
   * In µs, when the submission has been carried out, from the first pass to the last; the sections then have their own
   * times. Rejects when the device is lost.
   */
  async read(watch: Stopwatch): Promise<number> {
    const { staging, sections, begun } = watch;
    await staging.mapAsync(1);
    const counters = new BigUint64Array(staging.getMappedRange());
    let first: bigint | undefined;
    let last = 0n;
    for (const slot of begun) {
      const [began, ended] = [counters[2 * slot] as bigint, counters[2 * slot + 1] as bigint];
      if (slot > 0) (sections[slot] as Section).micros = micros(began, ended);
      if (first === undefined || began < first) first = began;
      if (ended > last) last = ended;
    }
    staging.unmap();
    this.free.push(watch);
    return first === undefined ? 0 : micros(first, last);
  }

  close(): void {
    for (const { queries, resolved, staging } of this.all) {
      queries.destroy();
      resolved.destroy();
      staging.destroy();
    }
    this.all.length = 0;
    this.free.length = 0;
  }

  private make(): Stopwatch {
    const { device } = this;
    const watch = {
      queries: device.createQuerySet({ type: 'timestamp', count: COUNTERS }),
      resolved: device.createBuffer({ size: BYTES, usage: RESOLVE_USAGE }),
      staging: device.createBuffer({ size: BYTES, usage: STAGING_USAGE }),
      begun: new Set<number>(),
      sections: [],
    };
    this.all.push(watch);
    return watch;
  }
}

function micros(began: bigint, ended: bigint): number {
  return Math.max(0, Number(ended - began) / 1000);
}
