/** @file The device port: what an operation's `webgpu` implementation gets to work with. */
import type { Refusal } from '@poniard/core';
import type { GpuDType, HostData } from './dtype.js';
import type { GpuArray } from './gpu-array.js';
import type { MatrixUnit } from './subgroups.js';
import type { WebGpu } from './web-gpu.js';

/** A compute shader. Keep the object: a device compiles it once, and finds it again by the object fastest. */
export interface GpuKernel {
  /**
   * The source. Its bindings are all in group 0: any number of `var<storage>`, and at most one `var<uniform>`.
   */
  readonly wgsl: string;
  /** Default: the source's first function with `@compute`. */
  readonly entryPoint?: string;
  /** Values for the source's `override` constants. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Names it in messages. */
  readonly label?: string;
}

/** One run of a kernel. */
export interface Dispatch {
  /** The arrays for the storage bindings, in the order of the bindings' numbers. */
  readonly bindings: readonly GpuArray[];
  /** How many workgroups along x, y and z. Where one is 0, nothing runs. */
  readonly workgroups: readonly [x: number, y?: number, z?: number];
  /** The bytes for the uniform binding, laid out as WGSL says. Copied at once. */
  readonly uniforms?: ArrayBufferView | undefined;
}

/** Numbers that a device does not exceed. */
export interface GpuLimits {
  /** Bytes of the largest array. */
  readonly largestArray: number;
  readonly workgroupsPerDimension: number;
  readonly invocationsPerWorkgroup: number;
  readonly workgroupSizeX: number;
  readonly workgroupSizeY: number;
  readonly workgroupSizeZ: number;
  /** Bytes of `var<workgroup>` memory. */
  readonly workgroupMemory: number;
  readonly storageBindings: number;
}

/** What is known of a device before a call runs there. */
export interface GpuTraits {
  /** The adapter and its driver in one line: a key for what has been tuned for it. */
  readonly adapter: string;
  /** Whether it computes on the CPU. */
  readonly software: boolean;
  readonly limits: GpuLimits;
  /** The WebGPU features that the device has, such as `'shader-f16'`, `'subgroups'`, `'timestamp-query'`. */
  readonly features: ReadonlySet<string>;
  /** Invocations of a subgroup, where the device has subgroups and all are of one size. */
  readonly subgroupSize?: number | undefined;
  /** What subgroups multiply at once: with the feature `'chromium-experimental-subgroup-matrix'`. */
  readonly matrixUnits: readonly MatrixUnit[];
}

/**
 * A device, as one call of a `webgpu` implementation sees it. What is recorded through it runs in order, together with
 * what other calls recorded, and after everything that made the arguments.
 *
 * Arrays that the call allocates and does not give as (a part of) its result are freed when it ends.
 */
export interface GpuDevicePort extends GpuTraits {
  /** The WebGPU device, for what this port does not offer. Call {@link flush} before submitting to its queue. */
  readonly device: WebGpu<'GPUDevice'>;

  /**
   * A new array. Its elements are undefined (what the memory held before) unless `zeroed`.
   *
   * @throws RangeError when it is larger than `limits.largestArray`.
   * @throws GpuMemoryError when the device's memory limit leaves no room.
   */
  alloc<D extends GpuDType>(
    shape: readonly number[],
    dtype: D,
    options?: { readonly zeroed?: boolean },
  ): GpuArray<D>;

  /** A new array with the elements of a typed array, which may be on shared memory. */
  upload(data: HostData, shape?: readonly number[]): GpuArray;

  /** The same elements in another shape of the same size; nothing is copied. */
  reshape<D extends GpuDType>(array: GpuArray<D>, shape: readonly number[]): GpuArray<D>;

  /**
   * Records one run of a kernel. A kernel that does not compile fails the task.
   *
   * @throws TypeError when the bindings are not those of the shader; an array is written that is bound twice.
   * @throws RangeError when there are more workgroups than the device runs.
   */
  run(kernel: GpuKernel, dispatch: Dispatch): void;

  /** Records a copy of all elements; both arrays have the same size in bytes. */
  copy(from: GpuArray, to: GpuArray): void;

  /** Brings elements to the host, as what is recorded until now leaves them. float16 comes as float32. */
  read(array: GpuArray): Promise<HostData>;

  /**
   * Resolves when a kernel is compiled, which `run` sees to by itself: for implementations that do something else where it
   * cannot be.
   *
   * @throws ShaderError when it does not compile.
   */
  compile(kernel: GpuKernel): Promise<void>;

  /** The kernel under a key, made when the device first meets the key: for sources that are generated. */
  kernel(key: string, make: () => GpuKernel): GpuKernel;

  /** Submits what has been recorded until now. */
  flush(): void;

  /**
   * How long what `record` records takes on the device, in µs: by the device's counters where it has them, else by the
   * host's clock. `record` is called twice, and the second time counts. For choosing between kernels.
   */
  measure(record: () => void): Promise<number>;
}

/** An argument before it is on the device: an array's type, or the value of what is no array. */
export type GpuArgument =
  | {
      readonly kind: 'array';
      readonly dtype: string;
      readonly shape: readonly number[];
      readonly bytes: number;
    }
  | { readonly kind: 'value'; readonly value: unknown }
  /** The result of a task that has not finished. */
  | { readonly kind: 'unknown' };

/** The types of arguments as an implementation gets them: {@link GpuArray} for each array, all else as it is. */
// biome-ignore lint/suspicious/noExplicitAny: implementations say what they take
export type GpuFunction = (gpu: GpuDevicePort, ...args: any[]) => unknown;

/** An implementation for the kind `webgpu`. */
export type GpuImplementation = GpuFunction & GpuImplementationOptions;

/** See {@link gpuImplementation}. */
export interface GpuImplementationOptions {
  readonly accepts?: (args: readonly GpuArgument[], device: GpuTraits) => true | Refusal;
  readonly single?: boolean | ((args: readonly GpuArgument[]) => boolean);
}

/**
 * Marks a function as an operation's implementation for GPUs: `operation(name, { host, webgpu: gpuImplementation(fn) })`.
 * It gets a {@link GpuDevicePort}, a {@link GpuArray} for each argument that is an array, and other arguments as they are. It
 * gives a GpuArray, several in a list or object, or any other value; also as a Promise, such as of what it `read`s.
 * It may be run again, such as on a new device when one is lost, so it changes nothing outside.
 *
 * `accepts` says beforehand which arguments it takes; of results that other tasks are yet to make it is asked again when they
 * are there, and what it refuses then goes to another processor. float64 arrays and integers that WebGPU lacks are refused anyway,
 * unless `single` is set, or says so of the arguments as they are: then they come as float32, also to `accepts`.
 *
 * @example
 * ```ts no-run
 * import { createRuntime, operation } from '@poniard/core';
 * import { type GpuArray, gpuImplementation, webgpu } from '@poniard/proc-gpu';
 *
 * const kernel = {
 *   label: 'double',
 *   wgsl: `
 *     @group(0) @binding(0) var<storage, read> x: array<f32>;
 *     @group(0) @binding(1) var<storage, read_write> y: array<f32>;
 *     @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
 *       if (id.x < arrayLength(&y)) { y[id.x] = 2 * x[id.x]; }
 *     }`,
 * };
 * const double = operation('double', {
 *   host: (x: Float32Array) => x.map((value) => 2 * value),
 *   webgpu: gpuImplementation((gpu, x: GpuArray) => {
 *     const y = gpu.alloc(x.shape, 'float32');
 *     gpu.run(kernel, { bindings: [x, y], workgroups: [Math.ceil(x.size / 64)] });
 *     return y;
 *   }),
 * });
 * await using runtime = createRuntime({ plugins: [webgpu()] });
 * console.log(await runtime.spawn(double, new Float32Array([1, 2])));
 * ```
 */
export function gpuImplementation<F extends GpuFunction>(fn: F, options: GpuImplementationOptions = {}): F {
  const { accepts, single } = options;
  return accepts === undefined && !single ? fn : Object.assign(fn, { accepts, single });
}
