/** @file TensorFlow.js with its WebGPU back end. */
import { createRequire } from 'node:module';
import { chainJob } from './chain-job.js';
import { standIn } from './gpu-adapter.js';
import type { Params, Rival } from './rival.js';

/** Options: `adapter`. */
export async function createRival(options: Params): Promise<Rival> {
  await standIn(options);
  const require = createRequire(import.meta.url);
  const tf = require('@tensorflow/tfjs-core') as typeof import('@tensorflow/tfjs-core');
  require('@tensorflow/tfjs-backend-webgpu');
  if (!(await tf.setBackend('webgpu'))) throw new Error('its back end webgpu does not start');
  await tf.ready();
  return {
    version: tf.version_core,
    settings: 'tf.matMul, back end webgpu through a stand-in for navigator.gpu',
    jobs: {
      matmul: chainJob({
        upload: async (data, n) => tf.tensor2d(data, [n, n]),
        multiply: (x, y) => tf.matMul(x, y),
        read: (x) => x.data() as Promise<Float32Array>,
        free: (x) => x.dispose(),
      }),
    },
    close: async () => {},
  };
}
