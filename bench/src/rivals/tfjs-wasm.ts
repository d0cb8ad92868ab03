/** @file TensorFlow.js with its WebAssembly back end (XNNPACK): float32 only. */
import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import { matmulJob } from './matmul-job.js';
import type { Rival } from './rival.js';

/** Under Node this back end has SIMD but no threads (its own flag says so), so it uses one core. */
export async function createRival(): Promise<Rival> {
  const require = createRequire(import.meta.url);
  const tf = require('@tensorflow/tfjs-core') as typeof import('@tensorflow/tfjs-core');
  const entry = require.resolve('@tensorflow/tfjs-backend-wasm');
  const wasm = require(entry) as typeof import('@tensorflow/tfjs-backend-wasm');
  wasm.setWasmPaths(dirname(entry) + sep);
  await tf.setBackend('wasm');
  await tf.ready();
  return {
    version: tf.version_core,
    settings: `tf.matMul, wasm with SIMD, ${wasm.getThreadsCount()} thread (all it has under Node), result read back`,
    jobs: {
      matmul: matmulJob(async (a, b, n, dtype) => {
        if (dtype !== 'f32') throw new Error('TensorFlow.js has no float64');
        const x = tf.tensor2d(a as Float32Array, [n, n]);
        const y = tf.tensor2d(b as Float32Array, [n, n]);
        return async () => {
          const z = tf.matMul(x, y);
          const data = (await z.data()) as Float32Array;
          z.dispose();
          return data;
        };
      }),
    },
    close: async () => {},
  };
}
