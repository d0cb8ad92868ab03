/**
 * @file Results that live on a device: by the number of the call that made them, until nobody needs them. When the
 * device's memory is full, those that the host has too are dropped; then the one that was used longest ago goes to the
 * host, and comes back when it is needed.
 */
import { type Call, PoniardError } from '@poniard/core';
import type { GpuDevice } from './device.js';
import type { HostData } from './dtype.js';
import { eachArray, GpuArray, mapArrays } from './gpu-array.js';
import { copyFromMapped, type HomeArrays } from './host-arrays.js';

/** Elements that were moved to the host to make room, as they are on the device. */
type Away = Map<GpuArray, Uint8Array<ArrayBuffer>>;

export class Result {
  /** The host has the value too, and gives it to calls. */
  isHome = false;
  /** On the host, or on the way there. */
  away: Away | Promise<Away> | undefined = undefined;

  constructor(
    readonly call: Call,
    /** Arrays, alone or in plain lists and objects; the result holds their buffers. */
    public value: unknown,
    readonly bytes: number,
  ) {}
}

export class Results {
  /** From the one that was used longest ago. */
  private readonly byCall = new Map<number, Result>();
  /** By what came home, the call that made it: its number, since what the host keeps must not hold the call's record. */
  private readonly byEncoded = new WeakMap<object, number>();
  /** Bytes of results on the device. */
  bytes = 0;

  constructor(
    private readonly gpu: GpuDevice,
    private readonly home: HomeArrays,
    /** Hears of what goes to the host to make room. */
    private readonly onAway: (call: Call, bytes: number, micros: number) => void,
  ) {}

  get size(): number {
    return this.byCall.size;
  }

  /** Keeps a value, whose buffers the caller has retained for it. */
  add(call: Call, value: unknown, bytes: number): void {
    this.byCall.set(call.id, new Result(call, value, bytes));
    this.bytes += bytes;
  }

  get(call: number): Result | undefined {
    return this.byCall.get(call);
  }

  /** The result that came home as this encoded value, where it is still on the device. */
  ofEncoded(encoded: object): Result | undefined {
    const call = this.byEncoded.get(encoded);
    const result = call === undefined ? undefined : this.byCall.get(call);
    return result?.isHome && result.away === undefined ? result : undefined;
  }

  /** The value for a call that runs now; a Promise where it has to come back first: ask again then. */
  use(call: number, result: Result): Promise<unknown> | undefined {
    this.byCall.delete(call);
    this.byCall.set(call, result);
    const { away } = result;
    if (away === undefined) return undefined;
    if (away instanceof Promise) return away;
    this.bringBack(result, away);
    return undefined;
  }

  free(call: number): void {
    const result = this.byCall.get(call);
    if (result === undefined) return;
    this.byCall.delete(call);
    if (result.away !== undefined) return;
    this.bytes -= result.bytes;
    eachArray(result.value, ({ allocation }) => this.gpu.memory.release(allocation));
  }

  /** Drops a result that the host has too, or sends the one that was used longest ago there. Whether there was one. */
  evict(): boolean {
    for (const result of this.byCall.values()) {
      if (!result.isHome || !isMovable(result.value)) continue;
      this.free(result.call.id);
      return true;
    }
    for (const result of this.byCall.values()) {
      if (result.away !== undefined || result.bytes === 0 || !isMovable(result.value)) continue;
      this.sendAway(result);
      return true;
    }
    return false;
  }

  /** The value as it is on the host, with its arrays in new shared memory. */
  async bringHome(call: number): Promise<{ readonly value: unknown; readonly micros: number | undefined }> {
    const result = this.byCall.get(call);
    if (result === undefined)
      throw new PoniardError(`the result of #${call} is not on this device; please report this`);
    await this.home.find();
    while (result.away instanceof Promise) await result.away;
    const { value, away } = result;
    const homes = new Map<GpuArray, unknown>();
    const coming: Promise<void>[] = [];
    let micros: number | undefined;
    const took = (spent: number): void => {
      micros = Math.max(micros ?? 0, spent);
    };
    eachArray(value, (array) => {
      const { dtype, size, shape, bytes, allocation } = array;
      const arrived = (data: HostData): void => void homes.set(array, this.home.make(data, dtype, shape));
      const kept = away?.get(array);
      if (kept !== undefined) arrived(copyFromMapped(kept.buffer, dtype, size));
      else {
        const take = (mapped: ArrayBuffer): HostData => copyFromMapped(mapped, dtype, size);
        coming.push(this.gpu.readBack.read(allocation, bytes, take, took).then(arrived));
      }
    });
    await Promise.all(coming);
    return { value: mapArrays(value, (array) => homes.get(array)), micros };
  }

  /** The result has come home as `encoded`: calls that get this may use what is on the device. */
  cameHome(call: number, encoded: unknown): void {
    const result = this.byCall.get(call);
    if (result === undefined || typeof encoded !== 'object' || encoded === null) return;
    result.isHome = true;
    // Else the host would have it twice.
    if (result.away !== undefined) this.free(call);
    else this.byEncoded.set(encoded, call);
  }

  private sendAway(result: Result): void {
    const { value } = result;
    const away: Away = new Map();
    const coming: Promise<void>[] = [];
    let micros = 0;
    const took = (spent: number): void => {
      micros = Math.max(micros, spent);
    };
    eachArray(value, (array) => {
      const take = (mapped: ArrayBuffer): void => void away.set(array, new Uint8Array(mapped.slice(0)));
      coming.push(this.gpu.readBack.read(array.allocation, array.bytes, take, took));
    });
    // The copies have been recorded: what is recorded later may use the buffers.
    eachArray(value, ({ allocation }) => this.gpu.memory.release(allocation));
    this.bytes -= result.bytes;
    const arrived = Promise.all(coming).then(() => {
      result.away = away;
      this.onAway(result.call, result.bytes, micros);
      return away;
    });
    // A loss of the device is reported by its owner.
    arrived.catch(() => {});
    result.away = arrived;
  }

  private bringBack(result: Result, away: Away): void {
    const { memory } = this.gpu;
    const made: GpuArray[] = [];
    try {
      result.value = mapArrays(result.value, (array) => {
        const bytes = away.get(array) as Uint8Array<ArrayBuffer>;
        const fill = (mapped: ArrayBuffer): void => new Uint8Array(mapped).set(bytes);
        const back = new GpuArray(memory.allocateMapped(bytes.length, fill), array.dtype, array.shape);
        made.push(back);
        return back;
      });
    } catch (error) {
      for (const { allocation } of made) memory.release(allocation);
      throw error;
    }
    result.away = undefined;
    this.bytes += result.bytes;
  }
}

/** No running call needs it here, and its buffers are its own, so that they become free. */
function isMovable(value: unknown): boolean {
  let movable = true;
  eachArray(value, ({ allocation }) => {
    if (allocation.pins > 0 || allocation.refs > 1) movable = false;
  });
  return movable;
}
