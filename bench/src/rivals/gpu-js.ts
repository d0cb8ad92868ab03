/** @file gpu.js on WebGPU, as its documentation multiplies: one thread for each element. */
import * as gpuJs from 'gpu.js';
import { chainJob } from './chain-job.js';
import { standIn } from './gpu-adapter.js';
import { type Params, packageVersion, type Rival } from './rival.js';

/** Its types know neither its WebGPU back end nor `input` as a function. */
const { GPU, input } = gpuJs as unknown as {
  readonly GPU: new (settings: object) => { createKernel(fn: unknown, settings: object): Kernel };
  input(data: Float32Array, size: readonly number[]): unknown;
};

/** What a kernel with `pipeline` gives. */
interface Texture {
  toArray(): Promise<Float32Array[]>;
  delete(): void;
}
type Kernel = (...args: readonly unknown[]) => Promise<Texture>;

/** Options: `adapter`. */
export async function createRival(options: Params): Promise<Rival> {
  await standIn(options);
  const gpu = new GPU({ mode: 'webgpu' });
  const kernels = new Map<string, Kernel>();
  /** One for each size, as its `output` is fixed. */
  const kernel = (name: string, n: number, fn: (...args: never[]) => number): Kernel => {
    let made = kernels.get(`${name} ${n}`);
    if (made === undefined) {
      const settings = { output: [n, n], pipeline: true, immutable: true, loopMaxIterations: 1e6 };
      made = gpu.createKernel(fn, settings);
      kernels.set(`${name} ${n}`, made);
    }
    return made;
  };
  return {
    version: await packageVersion('gpu.js', import.meta.resolve('gpu.js')),
    settings: 'createKernel, mode webgpu through a stand-in for navigator.gpu, pipeline, immutable',
    jobs: {
      matmul: chainJob<Texture>({
        upload: (data, n) =>
          kernel('copy', n, function (this: Thread, x: number[][]) {
            return x[this.thread.y]![this.thread.x]!;
          })(input(data, [n, n])),
        multiply: (x, y, n) =>
          kernel('multiply', n, function (this: Thread, a: number[][], b: number[][], size: number) {
            let sum = 0;
            for (let i = 0; i < size; i++) sum += a[this.thread.y]![i]! * b[i]![this.thread.x]!;
            return sum;
          })(x, y, n),
        read: async (x) => {
          const rows = await x.toArray();
          const [first] = rows as [Float32Array];
          const all = new Float32Array(rows.length * first.length);
          for (const [y, row] of rows.entries()) all.set(row, y * first.length);
          return all;
        },
        free: (x) => x.delete(),
      }),
    },
    close: async () => {},
  };
}

interface Thread {
  readonly thread: { readonly x: number; readonly y: number };
}
