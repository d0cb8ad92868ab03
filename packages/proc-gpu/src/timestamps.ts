/// <reference types="@webgpu/types" preserve="true" />
/**
 * @file How long submissions keep a device busy, by its own clock. The host's clock also sees the way there and back, which
 * for a small submission is most of it.
 */

/** GPUBufferUsage.QUERY_RESOLVE and COPY_SRC; MAP_READ and COPY_DST. */
const RESOLVE_USAGE = 0x200 | 0x04;
const STAGING_USAGE = 0x01 | 0x08;
/** Two counters of 64 bits: when the first pass began, and when the last ended. */
const BYTES = 16;

/** The counters of one submission. */
export interface Stopwatch {
  readonly queries: GPUQuerySet;
  readonly resolved: GPUBuffer;
  readonly staging: GPUBuffer;
  /** Whether a pass has begun. */
  begun: boolean;
}

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
    watch.begun = false;
    return watch;
  }

  /** What a pass is begun with. */
  pass(watch: Stopwatch): GPUComputePassTimestampWrites {
    const { queries: querySet, begun } = watch;
    watch.begun = true;
    return begun
      ? { querySet, endOfPassWriteIndex: 1 }
      : { querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 };
  }

  /** Records the reading; the last that is recorded. */
  resolve(watch: Stopwatch, encoder: GPUCommandEncoder): void {
    encoder.resolveQuerySet(watch.queries, 0, 2, watch.resolved, 0);
    encoder.copyBufferToBuffer(watch.resolved, 0, watch.staging, 0, BYTES);
  }

  /** In µs, when the submission has been carried out. Rejects when the device is lost. */
  async read(watch: Stopwatch): Promise<number> {
    await watch.staging.mapAsync(1);
    const [began = 0n, ended = 0n] = new BigUint64Array(watch.staging.getMappedRange());
    watch.staging.unmap();
    this.free.push(watch);
    return Math.max(0, Number(ended - began) / 1000);
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
      queries: device.createQuerySet({ type: 'timestamp', count: 2 }),
      resolved: device.createBuffer({ size: BYTES, usage: RESOLVE_USAGE }),
      staging: device.createBuffer({ size: BYTES, usage: STAGING_USAGE }),
      begun: false,
    };
    this.all.push(watch);
    return watch;
  }
}
