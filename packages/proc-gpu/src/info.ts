/** @file What GPUs there are. */
import {
  type AdapterChoice,
  type AdapterInfo,
  adapterName,
  describeAdapter,
  findAdapter,
} from './adapter.js';

/** A GPU that `webgpu()` finds, or why it finds none. */
export interface GpuInfo extends Partial<AdapterInfo> {
  /** What was asked for. */
  readonly adapter: string;
  /** The adapter in one line: (a part of) it chooses the adapter. */
  readonly name?: string;
  readonly features?: readonly string[];
  /** Bytes of the largest array. */
  readonly largestArray?: number;
  /** Why there is none. */
  readonly reason?: string;
}

/**
 * Tells what the plug-in `webgpu` finds on this machine for an adapter choice, and why not more.
 *
 * @example
 * ```ts
 * import { gpuInfo } from '@poniard/proc-gpu';
 *
 * const { name, reason } = await gpuInfo();
 * console.log(typeof (name ?? reason)); // string
 * ```
 */
export async function gpuInfo(adapter: AdapterChoice = 'high-performance'): Promise<GpuInfo> {
  const found = await findAdapter(adapter);
  if ('reason' in found) return { adapter, reason: found.reason };
  const info = describeAdapter(found.adapter);
  const { maxBufferSize, maxStorageBufferBindingSize } = found.adapter.limits;
  return {
    adapter,
    name: adapterName(info),
    ...info,
    features: [...found.adapter.features].sort(),
    largestArray: Math.min(maxBufferSize, maxStorageBufferBindingSize),
  };
}
