/**
 * @file Host arrays that are on a device, so that one which several calls read moves once (C2).
 *
 * When may a copy serve again? The object that a value was encoded as stands for one state of it: always. A shared buffer
 * that comes in another argument may have been written meanwhile, but not while tasks read it, which is from their spawn
 * to their end (S4). So a copy serves every call that was spawned before the last of its readers was settled, which for one
 * that is cancelled is before it ends; calls are numbered in the order of their spawns.
 */
import type { GpuDevice } from './device.js';
import { GpuArray } from './gpu-array.js';
import { copyToMapped, type HostArray } from './host-arrays.js';
import type { Allocation } from './memory.js';

/** The share of the memory limit that copies which no running call reads may take. */
const IDLE_SHARE = 1 / 8;

/** A copy on the device. */
export interface Upload {
  readonly allocation: Allocation;
  readonly dtype: GpuArray['dtype'];
  /** Which elements of its buffer. */
  readonly geometry: string;
  /** Running calls that read it. */
  readers: number;
  /** Those of them that somebody waits for: until they end, nobody writes the host's elements. */
  guards: number;
  /** The last call, by number, for which the host's elements are known to be the same. */
  through: number;
  freed: boolean;
}

/** A copy as a call gets it. */
export interface Acquired {
  readonly upload: Upload;
  readonly value: GpuArray;
  /** It has been made for this call. */
  readonly isNew: boolean;
}

export class Uploads {
  /** What has been uploaded so far. */
  count = 0;
  bytes = 0;
  /** From the one that was used longest ago. */
  private readonly all = new Set<Upload>();
  private readonly byValue = new WeakMap<object, Upload>();
  private readonly byBuffer = new WeakMap<object, Upload[]>();
  private idleBytes = 0;
  private readonly collected = new FinalizationRegistry<Upload>((upload) => {
    if (upload.readers === 0) this.free(upload);
  });

  constructor(private readonly gpu: GpuDevice) {}

  /** Bytes of copies that no running call reads. */
  get idle(): number {
    return this.idleBytes;
  }

  /**
   * The copy for a call, which reads it until `release`.
   *
   * @param encoded the argument as it came.
   */
  acquire(encoded: object, array: HostArray, callId: number): Acquired {
    const known = this.known(encoded, array, callId);
    const upload = known ?? this.make(encoded, array);
    if (upload.readers++ === 0) this.idleBytes -= upload.allocation.capacity;
    upload.guards++;
    upload.through = Math.max(upload.through, callId);
    this.all.delete(upload);
    this.all.add(upload);
    const value = new GpuArray(upload.allocation, upload.dtype, array.shape);
    return { upload, value, isNew: known === undefined };
  }

  /** Nobody waits any more for a call that reads it, which may go on. `latest`: the last call that was spawned. */
  unguard(upload: Upload, latest: number): void {
    upload.guards--;
    upload.through = Math.max(upload.through, latest);
  }

  /** A call that reads it has ended; it was unguarded before. */
  release(upload: Upload): void {
    if (--upload.readers > 0 || upload.freed) return;
    this.idleBytes += upload.allocation.capacity;
    const most = this.gpu.memory.limit * IDLE_SHARE;
    for (const candidate of this.all) {
      if (this.idleBytes <= most) break;
      if (candidate.readers === 0) this.free(candidate);
    }
  }

  /** Frees the copy that was used longest ago; the host has its elements. Returns whether there was one. */
  evict(): boolean {
    for (const upload of this.all) {
      if (upload.readers > 0 || upload.allocation.pins > 0) continue;
      this.free(upload);
      return true;
    }
    return false;
  }

  /** The copy that serves a call, if there is one. */
  known(encoded: object, array: HostArray, callId: number): Upload | undefined {
    const same = this.byValue.get(encoded);
    if (same !== undefined && !same.freed) return same;
    const candidates = this.byBuffer.get(array.data.buffer);
    if (candidates === undefined) return undefined;
    const geometry = geometryOf(array);
    return candidates.find(
      (upload) =>
        !upload.freed && upload.geometry === geometry && (upload.guards > 0 || callId <= upload.through),
    );
  }

  private make(encoded: object, array: HostArray): Upload {
    const { memory } = this.gpu;
    const allocation = memory.allocateMapped(array.bytes, (mapped) => copyToMapped(array, mapped));
    this.count++;
    this.bytes += array.bytes;
    const dtype = array.dtype as GpuArray['dtype'];
    const upload: Upload = {
      allocation,
      dtype,
      geometry: geometryOf(array),
      readers: 0,
      guards: 0,
      through: 0,
      freed: false,
    };
    this.idleBytes += allocation.capacity;
    this.all.add(upload);
    this.byValue.set(encoded, upload);
    const { buffer } = array.data;
    if (typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer) {
      const others = this.byBuffer.get(buffer)?.filter(({ freed }) => !freed) ?? [];
      this.byBuffer.set(buffer, [...others, upload]);
      this.collected.register(buffer, upload, upload);
    } else this.collected.register(encoded, upload, upload);
    return upload;
  }

  private free(upload: Upload): void {
    if (upload.freed) return;
    upload.freed = true;
    if (upload.readers === 0) this.idleBytes -= upload.allocation.capacity;
    this.all.delete(upload);
    this.collected.unregister(upload);
    if (!this.gpu.gone) this.gpu.memory.release(upload.allocation);
  }
}

function geometryOf({ data, dtype, offset, size, strides, shape }: HostArray): string {
  const first = `${dtype} ${data.byteOffset} ${offset} ${size}`;
  return strides === undefined ? first : `${first} ${strides.join()} ${shape.join()}`;
}
