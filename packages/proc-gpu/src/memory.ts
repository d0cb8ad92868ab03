/**
 * @file The memory of one device: every buffer is made, counted, used again and destroyed here. A limit holds for the
 * sum of all; over it, first what waits to be used again goes, then what the host has too, then results go to the host.
 *
 * Buffers are used again because making one takes Dawn 6 to 15 µs, as long as everything else about a small dispatch.
 */
import { GpuMemoryError } from './errors.js';
import type { WebGpu } from './web-gpu.js';

/** A buffer and who holds it. */
export interface Allocation {
  readonly id: number;
  readonly buffer: WebGpu<'GPUBuffer'>;
  /** The buffer's size in bytes. */
  readonly capacity: number;
  /** Holders; at 0 it is used again. */
  refs: number;
  /** Holders that need it to stay on the device. */
  pins: number;
  /** The last submission that names it, by number; or that the host wrote it, or that it is new, and so all zeros. */
  usedIn: number | 'host' | 'new';
  /** The device did not have the memory: commands that name it are refused. */
  missing: boolean;
}

/** Makes room when the limit is reached, cheapest first. Returns whether it freed anything. */
export type Evictor = (bytes: number) => boolean;

/** What all arrays' buffers are used for: STORAGE, COPY_SRC and COPY_DST, by their numbers, which every implementation shares. */
const USAGE = 0x80 | 0x04 | 0x08;

/** From this size on a device is asked whether it really has the memory: asking takes a few µs. */
const ASK_FROM = 1024 * 1024;

/** The share of the limit that buffers which wait to be used again may take. */
const POOL_SHARE = 1 / 8;
/** And at most so many of a size: uploads bring new ones all the time, and only results take them from there. */
const POOL_COUNT = 1024;

export class DeviceMemory {
  /** Bytes of all buffers that exist. */
  bytes = 0;
  /** Bytes that wait to be used again. */
  pooled = 0;
  /** How often the device has turned out to have less than its limit. */
  shortages = 0;
  private readonly existing = new Set<GPUBuffer>();
  private readonly pool = new Map<number, Allocation[]>();
  /** Still named by commands that have not been submitted. */
  private doomed: GPUBuffer[] = [];
  private readonly evictors: Evictor[] = [];
  private nextId = 1;

  constructor(
    private readonly device: WebGpu<'GPUDevice'>,
    /** In bytes; less once the device has turned out to have less. */
    public limit: number,
  ) {}

  /** How many buffers exist. */
  get buffers(): number {
    return this.existing.size;
  }

  /** Registers who can make room; asked in this order. */
  onPressure(evictor: Evictor): void {
    this.evictors.push(evictor);
  }

  /**
   * A buffer of at least so many bytes, held once. Its contents are what it had before.
   *
   * @throws GpuMemoryError when the limit leaves no room for it.
   */
  allocate(bytes: number): Allocation {
    const capacity = capacityFor(bytes);
    const free = this.pool.get(capacity);
    const known = free?.pop();
    if (known !== undefined) {
      this.pooled -= capacity;
      known.refs = 1;
      return known;
    }
    this.reserve(capacity);
    const create = (): Allocation =>
      this.count(this.device.createBuffer({ size: capacity, usage: USAGE }), capacity, 'new');
    if (capacity < ASK_FROM) return create();
    this.device.pushErrorScope('out-of-memory');
    const allocation = create();
    this.device.popErrorScope().then(
      (error) => {
        if (error !== null) this.ranOut(allocation);
      },
      () => {},
    );
    return allocation;
  }

  /** A new buffer that `fill` writes before any command can see it. */
  allocateMapped(bytes: number, fill: (mapped: ArrayBuffer) => void): Allocation {
    const capacity = capacityFor(bytes);
    this.reserve(capacity);
    const buffer = this.createMapped(capacity);
    fill(buffer.getMappedRange());
    buffer.unmap();
    return this.count(buffer, capacity, 'host');
  }

  retain(allocation: Allocation): void {
    allocation.refs++;
  }

  release(allocation: Allocation): void {
    if (--allocation.refs > 0) return;
    const { capacity } = allocation;
    let free = this.pool.get(capacity);
    const isFull = this.pooled + capacity > this.limit * POOL_SHARE || (free?.length ?? 0) === POOL_COUNT;
    if (allocation.missing || isFull) {
      this.doom(allocation);
      return;
    }
    if (free === undefined) {
      free = [];
      this.pool.set(capacity, free);
    }
    free.push(allocation);
    this.pooled += capacity;
  }

  /** All commands that were recorded have been submitted: buffers that they name may go. */
  submitted(): void {
    if (this.doomed.length === 0) return;
    for (const buffer of this.doomed) buffer.destroy();
    this.doomed = [];
  }

  /** Whether it would fit if everything that can go went. */
  couldHold(bytes: number): boolean {
    return capacityFor(bytes) <= this.limit;
  }

  /** Destroys what waits to be used again. */
  trim(): boolean {
    if (this.pooled === 0) return false;
    for (const list of this.pool.values()) for (const allocation of list) this.doom(allocation);
    this.pool.clear();
    this.pooled = 0;
    return true;
  }

  /** Destroys every buffer. */
  close(): void {
    this.submitted();
    for (const buffer of this.existing) buffer.destroy();
    this.existing.clear();
    this.pool.clear();
    this.bytes = 0;
    this.pooled = 0;
  }

  /** Where the device has no memory left, what can go goes, as if this were the limit. */
  private createMapped(capacity: number): GPUBuffer {
    const create = (): GPUBuffer =>
      this.device.createBuffer({ size: capacity, usage: USAGE, mappedAtCreation: true });
    try {
      return create();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.lower(this.bytes);
      this.reserve(capacity);
      return create();
    }
  }

  /** The device had no memory for a buffer; what it was for is refused, and tried again within the new limit. */
  private ranOut(allocation: Allocation): void {
    allocation.missing = true;
    this.shortages++;
    this.lower(this.bytes - allocation.capacity);
  }

  private lower(limit: number): void {
    this.limit = Math.max(0, Math.min(this.limit, limit));
  }

  private reserve(capacity: number): void {
    if (this.bytes + capacity <= this.limit) return;
    this.trim();
    for (const evict of this.evictors) {
      while (this.bytes + capacity > this.limit) {
        if (!evict(this.bytes + capacity - this.limit)) break;
        this.trim();
      }
    }
    if (this.bytes + capacity > this.limit) throw new GpuMemoryError(capacity, this.bytes, this.limit);
  }

  private count(buffer: GPUBuffer, capacity: number, usedIn: 'host' | 'new'): Allocation {
    this.bytes += capacity;
    this.existing.add(buffer);
    return { id: this.nextId++, buffer, capacity, refs: 1, pins: 0, usedIn, missing: false };
  }

  private doom({ buffer, capacity }: Allocation): void {
    this.bytes -= capacity;
    this.existing.delete(buffer);
    this.doomed.push(buffer);
  }
}

/**
 * Sizes are rounded up so that arrays of about the same size share buffers: to 256 bytes, and from 4 KiB on to an
 * eighth of the next lower power of two.
 */
export function capacityFor(bytes: number): number {
  const step = bytes <= 4096 ? 256 : 2 ** (Math.floor(Math.log2(bytes - 1)) - 3);
  return Math.max(256, Math.ceil(bytes / step) * step);
}
