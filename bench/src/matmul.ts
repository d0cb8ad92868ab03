/** @file How near does a product of matrices as a task come to the native library that does the arithmetic? */
import { availableParallelism } from 'node:os';
import type { Bench, Entry, Harness } from './harness.js';

export const matmul: Bench = {
  name: 'matmul',
  question: 'What is left of a native library’s speed when the product is a task on all cores?',
  async run(harness: Harness) {
    const threads = availableParallelism();
    // Which library multiplies for us is set by an environment variable, so each has its own process. Each is
    // compared with the same library called directly.
    const pairs = [
      { provider: 'onnxruntime', module: 'onnxruntime', least: { f64: 0.75, f32: 0.85 } },
      { provider: 'system', module: 'system-blas', least: { f64: 0.95, f32: 0.95 } },
    ] as const;
    const tfjs = await harness.node('tfjs-wasm', 'tfjs-wasm');
    const mlMatrix = await harness.node('ml-matrix', 'ml-matrix');
    const sizes = [
      { dtype: 'f64', n: harness.size(1024, 256), repeats: 8 },
      { dtype: 'f32', n: harness.size(2048, 512), repeats: 3 },
    ] as const;
    const smaller = harness.size(256, 128);

    for (const { provider, module, least } of pairs) {
      const direct = await harness.node(`${provider} direct`, module);
      if (direct === undefined) continue;
      const ours = await harness.node(
        `poniard (${provider})`,
        'poniard',
        { threads },
        { PONIARD_BLAS: provider },
      );
      for (const { dtype, n, repeats } of sizes) {
        const params = { dtype, n, repeats };
        const directly: Entry = { name: `${provider} direct`, contestant: direct, job: 'matmul', params };
        const target = { [directly.name]: least[dtype] };
        const entries: Entry[] = [{ name: 'poniard', contestant: ours, job: 'matmul', params }, directly];
        if (dtype === 'f32') {
          entries.push({
            name: 'tfjs-wasm',
            contestant: tfjs,
            job: 'matmul',
            params: { ...params, repeats: 1 },
          });
        } else {
          entries.push({
            name: 'ml-matrix',
            contestant: mlMatrix,
            job: 'matmul',
            params: { n: smaller },
            note: `${smaller}² instead of ${n}², compared by operations per second`,
          });
        }
        await harness.row({
          name: `spawn(matmul, x, y), ${dtype} ${n}², ${provider}`,
          unit: 'GFLOP/s',
          better: 'higher',
          entries,
          target: { ...target, ...(dtype === 'f32' ? { 'tfjs-wasm': 3 } : {}) },
        });
        // The library writes to the same memory each time; so does this.
        if (provider === 'system') {
          await harness.row({
            name: `spawn(matmul, x, y, { out }), ${dtype} ${n}², ${provider}`,
            unit: 'GFLOP/s',
            better: 'higher',
            entries: [{ name: 'poniard', contestant: ours, job: 'matmulInto', params }, directly],
            target,
          });
        }
      }
    }
  },
};
