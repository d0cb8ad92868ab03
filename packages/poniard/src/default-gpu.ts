/** @file The GPU of the default runtime. */
import type { Plugin } from '@poniard/core';
import { webgpu } from '@poniard/proc-gpu';

/**
 * `choice`, the environment variable `PONIARD_GPU`: an adapter as `webgpu` takes it (`software`, a part of its name), or
 * `none`. Left out or empty: the fastest there is.
 */
export function defaultGpu(choice: string | undefined): Plugin[] {
  if (choice === 'none') return [];
  return [choice === undefined || choice === '' ? webgpu() : webgpu({ adapter: choice })];
}
