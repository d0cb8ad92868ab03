/** @file The plug-in that brings GPUs. */
import {
  checkGiven,
  type OptionRules,
  type Plugin,
  PROCESSOR_PROVIDER,
  type Transfer,
  VALUE_CODEC,
  type ValueCodec,
} from '@poniard/core';
import {
  type AdapterChoice,
  adapterName,
  describeAdapter,
  type FoundAdapter,
  findAdapter,
  findAdapters,
} from './adapter.js';
import { type ArrayCodec, codecOf } from './host-arrays.js';
import { note } from './note.js';

export interface WebgpuOptions {
  /**
   * One only: `'high-performance'` or `'low-power'`; `'software'`: one that computes on the CPU, for tests; or a part of the
   * adapter's name, as `gpuInfo()` tells it. Left out: each GPU that WebGPU tells apart, the fastest as the first. Of several
   * cards of one make and model it shows one.
   */
  readonly adapter?: AdapterChoice;
  /** In bytes: what all arrays on a GPU may take together. Default: the largest buffer that the adapter makes. */
  readonly memoryLimit?: number;
  /**
   * WebGPU features without which the GPU is not used, such as `'shader-f16'`. Of `subgroups`, `timestamp-query` and
   * `shader-f16` those that the adapter has are asked for anyway. `'chromium-experimental-subgroup-matrix'` lets products
   * of half precision use matrix units, where Dawn has them for the adapter.
   */
  readonly features?: readonly string[];
  /** The class that results come home as: `NDArray` of `@poniard/linalg`. Needed only where it cannot be found by itself, as in a bundle. */
  readonly arrays?: object;
}

/** How many GPUs the plug-ins of a runtime have brought so far. */
const GPU_COUNT = Symbol.for('poniard.GPU_COUNT');

/**
 * Runs operations on a GPU: kind `'webgpu'`, ids `gpu:0` … In a page through `navigator.gpu`, in Node through the package
 * `webgpu` (Dawn). The GPU comes up when something that can run on it is first spawned. Where there is no adapter it brings nothing, and everything runs on the CPU; `gpuInfo()` says why, and so do
 * `runtime.explain(task)`, the event `processor:absent`, and the environment variable `NODE_DEBUG=poniard`. Dagger: `DaggerGPU`.
 *
 * @throws TypeError for an unknown option or one of the wrong type.
 * @example
 * ```ts no-run
 * import { createRuntime, scope } from '@poniard/core';
 * import { webgpu, wgsl } from '@poniard/proc-gpu';
 *
 * const double = wgsl(
 *   `@group(0) @binding(0) var<storage, read> x: array<f32>;
 *    @group(0) @binding(1) var<storage, read_write> y: array<f32>;
 *    @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
 *      if (id.x < arrayLength(&y)) { y[id.x] = 2 * x[id.x]; }
 *    }`,
 *   {
 *     bindings: ['array<f32>'],
 *     result: { type: 'array<f32>', shape: (x) => x.shape },
 *     workgroups: (x) => [Math.ceil(x.size / 64)],
 *   },
 * );
 * await using runtime = createRuntime({ plugins: [webgpu({ memoryLimit: 2 ** 30 })] });
 * console.log(await runtime.spawn(double, new Float32Array([1, 2, 3])));
 * ```
 */
export function webgpu(options: WebgpuOptions = {}): Plugin {
  const { adapter, memoryLimit, features, arrays } = checked(options);
  return {
    name: 'webgpu',
    register(container) {
      if (!container.isRegistered(GPU_COUNT)) container.register(GPU_COUNT, { useValue: { next: 0 } });
      const ids = container.resolve<{ next: number }>(GPU_COUNT);
      container.register(PROCESSOR_PROVIDER, {
        useFactory: (child) => ({
          name: 'webgpu',
          // Bringing a GPU's driver up takes a tenth of a second, which most programs have no use for.
          startsFor: 'webgpu',
          async start(host) {
            try {
              const found = await (adapter === undefined
                ? findAdapters(features)
                : findAdapter(adapter, features));
              if ('reason' in found) throw new Error(found.reason);
              const codecs: ValueCodec[] = child.isRegistered(VALUE_CODEC, true)
                ? child.resolveAll(VALUE_CODEC)
                : [];
              const { bringUp } = await import('./bring-up.js');
              const nextId = () => `gpu:${ids.next++}`;
              const moved = (transfer: Transfer): void => host.moved(transfer);
              const options = { nextId, memoryLimit, features, arrays, codecs, moved };
              const processors: Awaited<ReturnType<typeof bringUp>>[] = [];
              const problems: unknown[] = [];
              for (const one of [found].flat() as FoundAdapter[]) {
                try {
                  processors.push(await bringUp(one, options));
                } catch (error) {
                  note(`${adapterName(describeAdapter(one.adapter))} is not used: ${messageOf(error)}`);
                  problems.push(error);
                }
              }
              if (processors.length === 0) throw problems[0];
              for (const { mover } of processors) host.addMover(mover);
              return processors;
            } catch (error) {
              const reason = messageOf(error);
              host.absent('webgpu', reason);
              note(`no GPU is used: ${reason}`);
              return [];
            }
          },
        }),
      });
    },
  };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

const RULES: OptionRules<WebgpuOptions> = {
  adapter: { is: isText, must: "be a string such as 'high-performance', 'software', or a part of its name" },
  memoryLimit: {
    is: (value) => typeof value === 'number' && value > 0,
    must: 'be a positive number of bytes',
  },
  features: {
    is: (value) => Array.isArray(value) && value.every(isText),
    must: "be an array of strings such as ['shader-f16']",
  },
  arrays: {
    is: (value) => value !== null && codecOf(value as object) !== undefined,
    must: 'be the class NDArray',
  },
};

function checked(options: WebgpuOptions): {
  adapter: AdapterChoice | undefined;
  memoryLimit: number | undefined;
  features: readonly string[];
  arrays: ArrayCodec | undefined;
} {
  const { adapter, memoryLimit, features = [], arrays } = checkGiven('webgpu', options, RULES);
  return { adapter, memoryLimit, features, arrays: arrays && codecOf(arrays) };
}
