/** @file What the implementations for GPUs need of `@poniard/proc-gpu`: its types alone, since it may not be installed. */
import type { GpuArray } from '@poniard/proc-gpu';
import { describe } from '../ops/check.js';

export type {
  GpuArgument,
  GpuArray,
  GpuDevicePort,
  GpuDType,
  GpuImplementation,
  GpuImplementationOptions,
  GpuKernel,
  GpuTraits,
} from '@poniard/proc-gpu';

/** Element types that the kernels here compute with, and their names in WGSL. */
const WGSL_TYPES = { float32: 'f32', int32: 'i32' } as const;
export type ComputedDType = keyof typeof WGSL_TYPES;
export type WgslType = (typeof WGSL_TYPES)[ComputedDType];

/** An argument that must be an array, of a type that kernels compute with. */
export function checkGpuArray(operation: string, argument: string, value: unknown): GpuArray<ComputedDType> {
  const array = value as GpuArray;
  if (typeof value !== 'object' || value === null || !Array.isArray(array.shape)) {
    const kind = value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value;
    throw new TypeError(`${operation}: ${argument} is an NDArray (see array()), not ${kind}`);
  }
  if (!(array.dtype in WGSL_TYPES))
    throw new TypeError(`${operation}: ${argument}, ${describe(array)}, is not computed with on a GPU`);
  return array as GpuArray<ComputedDType>;
}

export function wgslType(array: GpuArray<ComputedDType>): WgslType {
  return WGSL_TYPES[array.dtype];
}

/** Invocations of a workgroup of a kernel that goes through elements one by one. */
const WORKGROUP = 64;

/**
 * The beginning of a kernel that goes through elements one by one: `index` is the invocation's element. The last
 * workgroups may be beyond the end.
 */
export const EACH_ELEMENT = `@compute @workgroup_size(${WORKGROUP})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) own: u32,
) {
  let index = (group.y * groups.x + group.x) * ${WORKGROUP}u + own;`;

/** Workgroups for so many elements: along y too where there are more than one dimension takes. */
export function workgroupsFor(elements: number, mostPerDimension: number): readonly [number, number] {
  const needed = Math.ceil(elements / WORKGROUP);
  const rows = Math.max(1, Math.ceil(needed / mostPerDimension));
  return [Math.ceil(needed / rows), rows];
}
