/** @file Runtimes on a software GPU, for the tests of what runs there. */
import { createRuntime, type Runtime } from '@poniard/core';
import { gpuInfo, webgpu } from '@poniard/proc-gpu';
import { hasSoftwareGpu } from '@poniard/testing';
import { afterAll, beforeAll } from 'vitest';

/** Whether there is a software adapter to test on. */
export const hasGpu = await hasSoftwareGpu(gpuInfo);

/** A runtime for all tests of a file, all of whose tasks run on the GPU. */
export function gpuOnly(): { readonly runtime: Runtime } {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = createRuntime({ plugins: [webgpu({ adapter: 'software' })] });
    await runtime.ready();
  });
  afterAll(() => runtime.close());
  return {
    get runtime() {
      return runtime;
    },
  };
}
