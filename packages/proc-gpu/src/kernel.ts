/** @file A kernel of the user's own: a JavaScript function that gpu.js compiles for GPUs, and that runs as it is on CPUs. */
import { type Implementations, type Operation, operation, type Refusal } from '@poniard/core';
import { checkNames } from './errors.js';
import { GpuArray, kernelShape } from './gpu-array.js';
import type { CompiledKernel } from './kernel-compile.js';
import { checkOutput, type KernelSettings, type KernelThis, typeOf } from './kernel-host.js';
import type { KernelVariants } from './kernel-variants.js';
import { type GpuArgument, type GpuDevicePort, type GpuTraits, gpuImplementation } from './port.js';
import { tooMany } from './traits.js';
import type { ArrayLike, GpuResult } from './wgsl.js';

/** An argument of a kernel where it is spawned: an array for what the function indexes, a number for a number. */
export type KernelArgument<T> = T extends number | boolean
  ? T
  : ArrayLike | Float32Array | Int32Array | Uint32Array | Float64Array;
/** What is known of an argument when the output's size is asked for. */
export type KernelKnown<T> = T extends number | boolean
  ? T
  : { readonly shape: readonly number[]; readonly size: number };
type KernelArguments<A extends readonly unknown[]> = { -readonly [K in keyof A]: KernelArgument<A[K]> };

export interface KernelOptions<A extends readonly unknown[]> {
  /**
   * How many elements there are along x, y and z: as `[width]`, `[width, height]` or `[width, height, depth]`; or a function
   * of the arguments (of arrays their shape and size), which uses nothing from outside itself.
   */
  readonly output:
    | readonly number[]
    | ((...args: { -readonly [K in keyof A]: KernelKnown<A[K]> }) => readonly number[]);
  /**
   * `'single'`: arrays of float64 become float32, so that the GPU may take them. Without it, kernels that get float64 run on
   * the CPU. The result is float32 always.
   */
  readonly precision?: 'single';
  /** What the function finds as `this.constants`. */
  readonly constants?: Readonly<Record<string, number | boolean>>;
  /** Default: the function's name. */
  readonly name?: string;
}

/** Also in a bundle a file beside this one. */
const HOST_MODULE = new URL('./kernel-host.js', import.meta.url).href;

/**
 * Makes an operation of a function that computes one element: `this.thread.x` (and `y`, `z`) say which. On a GPU it is
 * compiled by gpu.js (install the package `gpu.js`), whose subset of JavaScript holds: numbers, arrays of numbers, loops,
 * `Math`. It uses nothing from outside itself. On a CPU thread it runs as it is, in double precision; the result, an
 * `NDArray` of float32, is the same up to rounding.
 *
 * GPUs refuse a kernel that gpu.js cannot compile, and every kernel where gpu.js is not installed: threads then run it, and
 * `runtime.explain(task)` says why. Kept to GPUs by its scope it fails with gpu.js' message and the place of `kernel(…)`.
 *
 * The result has the axes of `output` from the slowest to the fastest: `[width, height]` gives the shape `[height, width]`,
 * as arrays are indexed `a[y][x]`. A function that gives a list of 2 to 4 numbers adds an axis for them.
 *
 * @throws TypeError when the options are not as they should be.
 * @example
 * ```ts
 * import { createRuntime } from '@poniard/core';
 * import { array } from '@poniard/linalg';
 * import { cpuThreads } from '@poniard/proc-cpu';
 * import { kernel, webgpu } from '@poniard/proc-gpu';
 *
 * const product = kernel(
 *   function product(a: number[][], b: number[][], n: number) {
 *     let sum = 0;
 *     for (let k = 0; k < n; k++) sum += a[this.thread.y]![k]! * b[k]![this.thread.x]!;
 *     return sum;
 *   },
 *   { output: [2, 2] },
 * );
 * await using runtime = createRuntime({ plugins: [cpuThreads({ threads: 1 }), webgpu()] });
 * const x = array([[1, 2], [3, 4]], [2, 2], 'float32');
 * console.log(await runtime.spawn(product, x, x, 2)); // NDArray float32 [2, 2] [[7, 10], [15, 22]]
 * ```
 */
export function kernel<A extends readonly unknown[]>(
  fn: (this: KernelThis, ...args: A) => number | readonly number[],
  options: KernelOptions<A>,
): Operation<(...args: KernelArguments<A>) => GpuResult<'float32'>> {
  const { output, precision, constants = {}, name = fn.name || 'kernel' } = checked(fn, options);
  const source = sourceOf(fn);
  const place = callerOf(kernel);
  // Loaded when a GPU is asked to run it.
  let variants: KernelVariants | undefined;
  const compilers = async (): Promise<KernelVariants> => {
    const { KernelVariants: Variants } = await import('./kernel-variants.js');
    variants ??= new Variants({ fn, source, name, place, constants });
    return variants;
  };
  const isOnDevice = (value: unknown): boolean => value instanceof GpuArray;

  const record = (
    gpu: GpuDevicePort,
    ready: CompiledKernel,
    args: readonly unknown[],
    extents: readonly number[],
  ): GpuArray => {
    const out = gpu.alloc(kernelShape(extents, ready.parts), 'float32');
    const workgroups = ready.workgroups(extents, gpu.limits.workgroupsPerDimension);
    const arrays = args.filter((arg) => arg instanceof GpuArray);
    const uniforms = ready.uniforms(args, extents, workgroups);
    gpu.run(ready.kernel, { bindings: [...arrays, out], workgroups, uniforms });
    return out;
  };
  const webgpu = (gpu: GpuDevicePort, ...args: unknown[]): GpuArray | Promise<GpuArray> => {
    const types = args.map((arg) => typeOf(arg, isOnDevice));
    const extents = checkOutput(
      name,
      typeof output === 'function' ? Reflect.apply(output, undefined, args) : output,
    );
    const ready = variants?.find(types, extents.length);
    if (ready !== undefined) return record(gpu, ready, args, extents);
    return compilers()
      .then((all) => all.prepare(gpu, types, extents))
      .then((made) => record(gpu, made, args, extents));
  };
  const accepts = (args: readonly GpuArgument[], device: GpuTraits) =>
    acceptsArrays(args, device) ?? variants?.refusal(args) ?? true;

  type Signature = (...args: KernelArguments<A>) => GpuResult<'float32'>;
  return operation<Signature>(name, {
    host: hostImplementation<Signature>(source, {
      name,
      place,
      constants,
      output: output as KernelSettings['output'],
    }),
    webgpu: gpuImplementation(webgpu, { accepts, single: precision === 'single' }),
  } as Implementations<Signature>);
}

/**
 * The implementation for CPU threads, as a function of its own that holds all it needs in its text: so it travels to them as
 * source.
 */
function hostImplementation<F>(source: string, { output, ...settings }: KernelSettings): F {
  const sizes = typeof output === 'function' ? `(${output})` : JSON.stringify(output);
  const all = `{ ...${JSON.stringify(settings)}, output: ${sizes} }`;
  const call = `kernelHost(${JSON.stringify(source)}, ${all}, args)`;
  const text = `async (...args) => { const { kernelHost } = await import(${JSON.stringify(HOST_MODULE)}); return ${call}; }`;
  return new Function(`return ${text}`)() as F;
}

function acceptsArrays(args: readonly GpuArgument[], device: GpuTraits): Refusal | undefined {
  const arrays = args.filter(({ kind }) => kind === 'array').length;
  const refusal = tooMany(arrays, device);
  if (refusal !== undefined) return refusal;
  for (const [i, arg] of args.entries()) {
    if (arg.kind === 'array' && arg.dtype !== 'float32')
      return { reason: `argument ${i + 1} is ${arg.dtype}, and kernels compute with float32 on a GPU` };
    if (arg.kind === 'array' && arg.shape.length > 3)
      return { reason: `argument ${i + 1} has ${arg.shape.length} axes, and kernels index at most 3` };
  }
  return undefined;
}

/** Where the user called a function, such as `'/app/main.ts:12:7'`; undefined where the engine does not tell. */
function callerOf(called: (...args: never[]) => unknown): string | undefined {
  const { captureStackTrace } = Error as {
    captureStackTrace?: (target: object, above: (...args: never[]) => unknown) => void;
  };
  const at: { stack?: string } = {};
  captureStackTrace?.(at, called);
  return /^\s+at .*?([^\s()]+:\d+:\d+)\)?$/m.exec(at.stack ?? '')?.[1]?.replace(/^file:\/\//, '');
}

function sourceOf(fn: (...args: never[]) => unknown): string {
  const source = fn.toString();
  // gpu.js parses it as a function expression.
  return /^(async\s|class\s)/.test(source)
    ? source
    : source.replace(/^(?!function\b)(\w+)\s*\(/, 'function $1(');
}

const KNOWN = ['output', 'precision', 'constants', 'name'];

function checked<A extends readonly unknown[]>(
  fn: (this: KernelThis, ...args: A) => unknown,
  options: KernelOptions<A>,
): KernelOptions<A> {
  if (typeof fn !== 'function') throw new TypeError(`kernel: a function is needed, not ${typeof fn}`);
  checkNames('kernel', options, KNOWN);
  const { output, precision, constants = {} } = options;
  if (typeof output !== 'function') checkOutput(fn.name || 'kernel', output);
  if (precision !== undefined && precision !== 'single')
    throw new TypeError("kernel: precision is 'single' or not given");
  for (const [key, value] of Object.entries(constants)) {
    if (typeof value !== 'number' && typeof value !== 'boolean')
      throw new TypeError(
        `kernel: the constant ${key} is a number or a boolean; pass an array as an argument`,
      );
  }
  return options;
}
