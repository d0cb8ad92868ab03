/** @file Kernels where the optional package gpu.js is not installed: no GPU takes them, and nothing depends on where they are placed. */
import { register } from 'node:module';
import { cpuThreads } from '@poniard/proc-cpu';
import { kernel } from '@poniard/proc-gpu';
import { describe, expect, test } from 'vitest';
import { gpuRuntime, hasGpu } from './testing/gpu.js';

const HOOK = `export async function resolve(specifier, context, next) {
  if (specifier !== 'gpu.js') return next(specifier, context);
  throw Object.assign(new Error('there is none'), { code: 'ERR_MODULE_NOT_FOUND' });
}`;
register(`data:text/javascript,${encodeURIComponent(HOOK)}`);

const twice = kernel(
  function twice(a: number[]) {
    return 2 * a[this.thread.x]!;
  },
  { output: [4] },
);
const x = new Float32Array([1, 2, 3, 4]);
const REASON = 'kernels run on a GPU through the package gpu.js: install it beside @poniard/proc-gpu';

describe.skipIf(!hasGpu)('F4. without gpu.js a kernel', () => {
  test('runs on threads, however many are placed at once, and says why', async () => {
    const { runtime } = await gpuRuntime({ runtime: { plugins: [cpuThreads({ threads: 1 })] } });
    for (let round = 0; round < 3; round++) {
      const tasks = Array.from({ length: 30 }, () => runtime.spawn(twice, x));
      for (const task of tasks) {
        expect([...(await task)]).toEqual([2, 4, 6, 8]);
        expect(runtime.explain(task).processor).toBe('cpu:0');
      }
    }
    const { rows } = runtime.explain(runtime.spawn(twice, x));
    expect(rows.find(({ processor }) => processor === 'gpu:0')?.refusal).toBe(REASON);
  });

  test('that may run on GPUs only fails with what to do', async () => {
    const { runtime } = await gpuRuntime();
    await expect(runtime.spawn(twice, x)).rejects.toThrow(REASON);
  });
});
