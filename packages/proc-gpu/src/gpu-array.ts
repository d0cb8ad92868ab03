/** @file An array in a GPU's memory, as the implementations of operations see it. */

import { DTYPE_BYTES, type GpuDType } from './dtype.js';
import type { Allocation } from './memory.js';
import type { GpuArgument } from './port.js';
import type { WebGpu } from './web-gpu.js';

/**
 * An array in the memory of one GPU: dense, the last axis the fastest. It is given to a `webgpu` implementation for each
 * argument that is an array, and made by {@link GpuDevicePort.alloc}. Its elements are not at hand: kernels read them.
 */
export class GpuArray<D extends GpuDType = GpuDType> {
  /** How many elements. */
  readonly size: number;
  /** How many bytes they take. */
  readonly bytes: number;

  /** @internal */
  constructor(
    /** @internal */
    readonly allocation: Allocation,
    readonly dtype: D,
    readonly shape: readonly number[],
  ) {
    this.size = sizeOf(shape);
    this.bytes = this.size * DTYPE_BYTES[dtype];
  }

  /** The buffer, which may be longer than the array. */
  get buffer(): WebGpu<'GPUBuffer'> {
    return this.allocation.buffer;
  }

  /** How many axes there are. */
  get dimension(): number {
    return this.shape.length;
  }
}

export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (let axis = 0; axis < shape.length; axis++) size *= shape[axis] as number;
  return size;
}

/** The shape of what a kernel gives: its axes from the slowest to the fastest, then the parts of each element. */
export function kernelShape(output: readonly number[], parts: number): number[] {
  const shape = [...output].reverse();
  return parts === 1 ? shape : [...shape, parts];
}

/** Calls `visit` for each array in a result: one, or several in plain lists and objects. */
export function eachArray(value: unknown, visit: (array: GpuArray) => void): void {
  if (value instanceof GpuArray) visit(value);
  else if (Array.isArray(value)) for (const part of value) eachArray(part, visit);
  else if (isPlain(value)) for (const key of Object.keys(value)) eachArray(value[key], visit);
}

/** The same structure with each array replaced. */
export function mapArrays(value: unknown, replace: (array: GpuArray) => unknown): unknown {
  if (value instanceof GpuArray) return replace(value);
  if (Array.isArray(value)) return value.map((part) => mapArrays(part, replace));
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.keys(value).map((key) => [key, mapArrays(value[key], replace)]));
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** An argument that is on the device, or no array, as `accepts` of an implementation sees it. */
export function describeOnDevice(value: unknown): GpuArgument {
  if (!(value instanceof GpuArray)) return { kind: 'value', value };
  const { dtype, shape, bytes } = value;
  return { kind: 'array', dtype, shape, bytes };
}
