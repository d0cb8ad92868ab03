/** @file jax-js with its WebGPU back end. */
import { defaultDevice, init, numpy as np } from '@jax-js/jax';
import { chainJob } from './chain-job.js';
import { standIn } from './gpu-adapter.js';
import { type Params, packageVersion, type Rival } from './rival.js';

/** Options: `adapter`. */
export async function createRival(options: Params): Promise<Rival> {
  await standIn(options);
  if (!(await init()).includes('webgpu')) throw new Error('its back end webgpu does not start');
  defaultDevice('webgpu');
  return {
    version: await packageVersion('@jax-js/jax', import.meta.resolve('@jax-js/jax')),
    settings: 'numpy.matmul, device webgpu through a stand-in for navigator.gpu',
    jobs: {
      matmul: chainJob({
        upload: async (data, n) => {
          const x = np.array(data).reshape([n, n]);
          await x.blockUntilReady();
          return x;
        },
        // Its functions take their arguments over; `ref` keeps one for the next time.
        multiply: (x, y) => np.matmul(x.ref, y.ref),
        read: (x) => x.ref.data() as Promise<Float32Array>,
        free: (x) => x.dispose(),
      }),
    },
    close: async () => {},
  };
}
