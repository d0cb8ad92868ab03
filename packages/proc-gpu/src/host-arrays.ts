/**
 * @file Arrays in the host's memory, as they come to a GPU and as they come home. Arrays are known by their shape, not by
 * their class: `NDArray` of `@poniard/linalg`, a scijs `ndarray`, a typed array.
 */
import type { ValueCodec } from '@poniard/core';
import { decodeHalf, type GpuDType, gpuTypeOf, type HostData, hostTypeOf, kindOfView } from './dtype.js';
import { sizeOf } from './gpu-array.js';

/** An array in the host's memory. */
export interface HostArray {
  readonly data: ArrayBufferView;
  /** Of the elements; `undefined`: WebGPU has no type that holds them. */
  readonly dtype: GpuDType | undefined;
  /** As the host calls it: `'float64'`. */
  readonly hostType: string;
  readonly shape: readonly number[];
  /** In elements; `undefined` where they lie one behind the other. */
  readonly strides: readonly number[] | undefined;
  /** In elements. */
  readonly offset: number;
  readonly size: number;
  /** The bytes of the shown elements. */
  readonly bytes: number;
}

/** What `NDArray`'s codec makes of an array: the elements, the offset, the extents, the strides. */
export type EncodedArray = readonly [data: ArrayBufferView, offset: number, ...geometry: number[]];

/** The codec that makes arrays on the host, once it is known. */
export type ArrayCodec = ValueCodec<unknown, EncodedArray>;

/** From this size on, memory begins on a page: direct disk access and huge pages need that. */
const LARGE = 1024 * 1024;

/** The array that a value is, or `undefined`. */
export function hostArray(value: unknown): HostArray | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (ArrayBuffer.isView(value)) {
    if (value instanceof DataView) return undefined;
    const { length } = value as unknown as HostData;
    return arrayOf(value, [length], undefined, 0);
  }
  const { data, shape, strides, stride, offset } = value as {
    data?: unknown;
    shape?: unknown;
    strides?: readonly number[];
    stride?: readonly number[];
    offset?: number;
  };
  if (!ArrayBuffer.isView(data) || data instanceof DataView || !Array.isArray(shape)) return undefined;
  const steps = strides ?? stride;
  return arrayOf(
    data,
    shape as number[],
    steps === undefined || isDense(shape, steps) ? undefined : steps,
    offset ?? 0,
  );
}

function arrayOf(
  data: ArrayBufferView,
  shape: readonly number[],
  strides: readonly number[] | undefined,
  offset: number,
): HostArray {
  const size = sizeOf(shape);
  const { BYTES_PER_ELEMENT } = data as unknown as HostData;
  const kind = kindOfView(data);
  const hostType = kind.slice(0, -'Array'.length).toLowerCase();
  return {
    data,
    dtype: gpuTypeOf(data),
    hostType,
    shape,
    strides,
    offset,
    size,
    bytes: size * BYTES_PER_ELEMENT,
  };
}

/** The array as it is uploaded where types that WebGPU lacks become float32. */
export function asSingle(array: HostArray): HostArray {
  if (array.dtype !== undefined) return array;
  return { ...array, dtype: 'float32', hostType: 'float32', bytes: 4 * array.size };
}

function isDense(shape: readonly number[], strides: readonly number[]): boolean {
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = shape[axis] as number;
    if (extent !== 1 && strides[axis] !== step) return false;
    step *= extent;
  }
  return true;
}

/**
 * Copies an array's elements into mapped memory of a device. **The only place where host memory goes to a device**: the
 * copy is made here, by the host, because Dawn must never see shared memory (`queue.writeBuffer` with a view on a
 * SharedArrayBuffer ends the process with a segmentation fault).
 */
export function copyToMapped(array: HostArray, mapped: ArrayBuffer): void {
  const { data, offset, size, strides, shape } = array;
  const source = data as unknown as HostData;
  const given = source.constructor as ArrayKind;
  const target = new (array.hostType === 'float32' ? Float32Array : given)(mapped, 0, size);
  if (kindOfView(data).startsWith('Big')) {
    const numbers = Float64Array.from(data as unknown as BigInt64Array, Number);
    copyToMapped({ ...array, data: numbers }, mapped);
    return;
  }
  if (strides === undefined) target.set(source.subarray(offset, offset + size));
  else gather(target, source, shape, strides, offset);
}

type ArrayKind = new (buffer: ArrayBuffer, offset: number, length: number) => HostData;

/** Copies the elements of a view in row-major order. */
function gather(
  target: HostData,
  source: HostData,
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
): void {
  const last = shape.length - 1;
  const inner = last < 0 ? 1 : (shape[last] as number);
  const step = last < 0 ? 1 : (strides[last] as number);
  const index = new Array<number>(Math.max(0, last)).fill(0);
  let row = offset;
  for (let at = 0; at < target.length; ) {
    for (let i = 0, from = row; i < inner; i++, from += step) target[at++] = source[from] as number;
    for (let axis = last - 1; axis >= 0; axis--) {
      row += strides[axis] as number;
      if (++(index[axis] as number) < (shape[axis] as number)) break;
      row -= (shape[axis] as number) * (strides[axis] as number);
      index[axis] = 0;
    }
  }
}

/** Copies elements out of mapped memory, into new shared memory, as a type that hosts have. */
export function copyFromMapped(mapped: ArrayBuffer, dtype: GpuDType, size: number): HostData {
  switch (dtype) {
    case 'float32':
      return filled(new Float32Array(sharedBuffer(4 * size), 0, size), new Float32Array(mapped, 0, size));
    case 'int32':
      return filled(new Int32Array(sharedBuffer(4 * size), 0, size), new Int32Array(mapped, 0, size));
    case 'uint32':
      return filled(new Float64Array(sharedBuffer(8 * size), 0, size), new Uint32Array(mapped, 0, size));
    case 'float16': {
      const values = new Float32Array(sharedBuffer(4 * size), 0, size);
      const bits = new Uint16Array(mapped, 0, size);
      for (let i = 0; i < size; i++) values[i] = decodeHalf(bits[i] as number);
      return values;
    }
  }
}

function filled<T extends HostData>(target: T, source: HostData): T {
  target.set(source);
  return target;
}

/** Memory that threads share, where there is such. */
export function sharedBuffer(bytes: number): ArrayBuffer {
  if (typeof SharedArrayBuffer === 'undefined') return new ArrayBuffer(bytes);
  const Shared = SharedArrayBuffer as unknown as new (bytes: number, options?: object) => ArrayBuffer;
  return bytes < LARGE ? new Shared(bytes) : new Shared(bytes, { maxByteLength: bytes });
}

/**
 * Makes the arrays that results come home as: `NDArray`, whose class this package does not import. It is given to
 * `webgpu()`, or met in an argument, or found installed.
 */
export class HomeArrays {
  private looked: Promise<void> | undefined = undefined;

  constructor(private codec: ArrayCodec | undefined) {}

  /** Whether the class is known. */
  get known(): boolean {
    return this.codec !== undefined;
  }

  /** An argument came with these codecs. */
  meet(codecs: readonly ValueCodec[]): void {
    this.codec ??= codecs.find(({ tag }) => tag === 'NDArray') as ArrayCodec | undefined;
  }

  /** Looks for the class where no argument has brought it. */
  async find(): Promise<void> {
    if (this.codec !== undefined) return;
    this.looked ??= importCodec().then((codec) => {
      this.codec ??= codec;
    });
    await this.looked;
  }

  /** An `NDArray`; where that class is nowhere, a plain object of the same fields. */
  make(data: HostData, dtype: GpuDType, shape: readonly number[]): unknown {
    const strides = rowMajor(shape);
    if (this.codec !== undefined) return this.codec.decode([data, 0, ...shape, ...strides]);
    return { dtype: hostTypeOf(dtype), shape, strides, offset: 0, data, size: data.length };
  }
}

/** The codec that a class carries. */
export function codecOf(arrayClass: object): ArrayCodec | undefined {
  return (arrayClass as Record<symbol, ArrayCodec | undefined>)[Symbol.for('poniard.valueCodec')];
}

async function importCodec(): Promise<ArrayCodec | undefined> {
  // Not a literal: the package is optional, and depends on this one.
  const name = '@poniard/linalg';
  try {
    const { NDArray } = (await import(name)) as { NDArray: object };
    return codecOf(NDArray);
  } catch {
    return undefined;
  }
}

function rowMajor(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis] as number;
  }
  return strides;
}
