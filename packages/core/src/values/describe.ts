/** @file What a handle tells of a value, and how large it is, without copying it. */
import { type ChunkType, type ValueCodec, valueCodec } from './codec.js';
import { className, kindOf, ownConstructor } from './kinds.js';

const DTYPES: Readonly<Record<string, string>> = {
  Int8Array: 'i8',
  Uint8Array: 'u8',
  Uint8ClampedArray: 'u8',
  Int16Array: 'i16',
  Uint16Array: 'u16',
  Int32Array: 'i32',
  Uint32Array: 'u32',
  Float16Array: 'f16',
  Float32Array: 'f32',
  Float64Array: 'f64',
  BigInt64Array: 'i64',
  BigUint64Array: 'u64',
};

/**
 * The type of a value: `{ kind: 'number' }`, `{ kind: 'array', shape: [3] }`, `{ kind: 'Float64Array', dtype: 'f64',
 * shape: [100] }`, `{ kind: 'Map' }`, or what its codec says. Dagger's counterpart is `chunktype`.
 */
export function describe(value: unknown, codecs: readonly ValueCodec[]): ChunkType {
  if (value === null) return { kind: 'null' };
  if (typeof value !== 'object') return { kind: typeof value };
  const kind = kindOf(value);
  if (kind === 'object') return { kind };
  if (kind === 'array') return { kind, shape: [(value as unknown[]).length] };
  const codec = codecFor(value, codecs);
  if (codec !== undefined) return codec.describe?.(value) ?? { kind: codec.tag };
  const name = className(value) || 'object';
  if (kind !== 'view') return { kind: name };
  const dtype = DTYPES[name];
  return dtype === undefined ? { kind: name } : { kind: name, dtype, shape: [(value as Uint8Array).length] };
}

/** The codec that carries an instance of a class: the class's own, else the first of `codecs` that takes it. */
export function codecFor(value: object, codecs: readonly ValueCodec[]): ValueCodec | undefined {
  const prototype = Object.getPrototypeOf(value) as object | null;
  const ctor = prototype === null ? undefined : ownConstructor(prototype);
  // Its own field only: by an inherited one, an instance of a subclass would come back as the base class.
  if (ctor !== undefined && Object.hasOwn(ctor, valueCodec)) {
    const own = (ctor as { [valueCodec]?: ValueCodec })[valueCodec];
    if (own?.test(value)) return own;
  }
  return codecs.find((codec) => codec.test(value));
}

/** Rough costs in bytes of an object and of a place in one. */
export const NODE = 16;
export const SLOT = 8;

/** Parts that are looked at: enough for a fair estimate at a bounded cost. */
const SAMPLES = 256;
const MAX_DEPTH = 32;

/**
 * About how many bytes a value takes, for placement. Bytes of arrays count in full, on shared memory or not; of
 * large structures a sample is taken. Never throws.
 */
export function sizeOf(value: unknown, codecs: readonly ValueCodec[]): number {
  try {
    return new Meter(codecs).size(value, SAMPLES, 0);
  } catch {
    // A getter or a codec threw; whoever moves the value will say so.
    return NODE;
  }
}

class Meter {
  private readonly seen = new Set<object>();

  constructor(private readonly codecs: readonly ValueCodec[]) {}

  /** `samples` is shared out among the parts that are looked at. */
  size(value: unknown, samples: number, depth: number): number {
    if (typeof value === 'string') return SLOT + value.length;
    if (typeof value !== 'object' || value === null || depth > MAX_DEPTH || this.seen.has(value)) return SLOT;
    this.seen.add(value);
    switch (kindOf(value)) {
      case 'object': {
        const keys = Object.keys(value);
        return this.parts(keys.length, samples, depth, (index) => (value as Plain)[keys[index] as string]);
      }
      case 'array':
        return this.parts(
          (value as unknown[]).length,
          samples,
          depth,
          (index) => (value as unknown[])[index],
        );
      case 'map': {
        const entries = firstOf(value as Map<unknown, unknown>, samples);
        return this.parts(
          (value as Map<unknown, unknown>).size,
          samples,
          depth,
          (_, count) => entries[count],
        );
      }
      case 'set': {
        const values = firstOf(value as Set<unknown>, samples);
        return this.parts((value as Set<unknown>).size, samples, depth, (_, count) => values[count]);
      }
      case 'view':
      case 'buffer':
      case 'shared':
        return NODE + (value as ArrayBufferView).byteLength;
      default:
        return this.instance(value, samples, depth);
    }
  }

  /** Looks at evenly spaced parts and takes them for all. */
  private parts(
    length: number,
    samples: number,
    depth: number,
    part: (index: number, count: number) => unknown,
  ): number {
    const looked = Math.min(length, samples);
    if (looked === 0) return NODE;
    const each = Math.max(1, Math.floor(samples / looked));
    let bytes = 0;
    for (let i = 0; i < looked; i++) {
      bytes += this.size(part(Math.floor((i * length) / looked), i), each, depth + 1);
    }
    return NODE + Math.round((bytes * length) / looked);
  }

  private instance(value: object, samples: number, depth: number): number {
    const codec = codecFor(value, this.codecs);
    if (codec === undefined) return NODE + ((value as { byteLength?: number }).byteLength ?? 0);
    return codec.bytes?.(value) ?? NODE + this.size(codec.encode(value), samples, depth + 1);
  }
}

type Plain = Readonly<Record<string, unknown>>;

function firstOf(items: Iterable<unknown>, count: number): unknown[] {
  const first: unknown[] = [];
  for (const item of items) {
    if (first.length === count) break;
    first.push(item);
  }
  return first;
}
