/** @file Runtimes on a software GPU, for the tests of what runs there. */
import { createRuntime, type Runtime } from '@poniard/core';
import { gpuInfo, webgpu } from '@poniard/proc-gpu';
import { afterAll, beforeAll } from 'vitest';

const setup = new URL('../../../../scripts/software-gpu.mjs', import.meta.url).href;
const { softwareGpu } = (await import(setup)) as { softwareGpu(): string | undefined };
softwareGpu();
const { reason } = await gpuInfo('software');
if (reason !== undefined) console.warn(`tests that need a GPU are skipped: ${reason}`);

/** Whether there is a software adapter to test on; a line says where there is none. */
export const hasGpu = reason === undefined;

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
