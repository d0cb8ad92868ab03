/** @file A raw shader as an operation. */
import { type ArrayTypes, type Implementations, type Operation, operation } from '@poniard/core';
import type { GpuDType } from './dtype.js';
import { checkNames } from './errors.js';
import { describeOnDevice, type GpuArray } from './gpu-array.js';
import { type GpuArgument, type GpuDevicePort, type GpuTraits, gpuImplementation } from './port.js';
import { tooMany } from './traits.js';

/** What a parameter of a shader is: an array in a storage binding, or a number among the uniforms. In WGSL's words. */
export type WgslType = WgslArrayType | WgslScalarType;
export type WgslArrayType = 'array<f32>' | 'array<i32>' | 'array<u32>' | 'array<f16>';
export type WgslScalarType = 'f32' | 'i32' | 'u32';

/** An array as operations take it: an `NDArray` of `@poniard/linalg`, a scijs `ndarray`. */
export interface ArrayLike {
  readonly data: ArrayBufferView;
  readonly shape: readonly number[];
}

/** What results come home as, by element type: `NDArray` where `@poniard/linalg` is. */
export type GpuResult<D extends string = string> =
  ArrayTypes<D> extends { array: infer A } ? A : ArrayLike & { readonly dtype: D };

/** Element types as they come home: a host's arrays have no uint32, and no float16. */
interface HomeTypes {
  readonly 'array<f32>': 'float32';
  readonly 'array<i32>': 'int32';
  readonly 'array<u32>': 'float64';
  readonly 'array<f16>': 'float32';
}
type Result_<R extends WgslArrayType> = GpuResult<HomeTypes[R]>;

/** A parameter by its WGSL type. */
type Parameter<T extends WgslType> = T extends WgslScalarType
  ? number
  : ArrayLike | Float32Array | Int32Array | Uint32Array;
type Parameters_<B extends readonly WgslType[]> = { -readonly [K in keyof B]: Parameter<B[K]> };

/** What is known of a parameter before the shader runs: an array's shape, a number. */
type Known<T extends WgslType> = T extends WgslScalarType
  ? number
  : { readonly shape: readonly number[]; readonly size: number };
type Known_<B extends readonly WgslType[]> = { -readonly [K in keyof B]: Known<B[K]> };

export interface WgslOptions<B extends readonly WgslType[], R extends WgslArrayType = WgslArrayType> {
  /** The parameters, in order. See {@link wgsl} for how they are bound. */
  readonly bindings: B;
  /** How many workgroups along x, y, z. */
  readonly workgroups:
    | readonly [x: number, y?: number, z?: number]
    | ((...args: Known_<B>) => readonly [x: number, y?: number, z?: number]);
  /** The array that the shader writes. It begins as zeros. */
  readonly result: {
    readonly type: R;
    readonly shape: readonly number[] | ((...args: Known_<B>) => readonly number[]);
  };
  /** Names it in messages. */
  readonly name?: string;
  /** Default: the first function with `@compute`. */
  readonly entryPoint?: string;
  /** Features that the shader needs, such as `'shader-f16'`. */
  readonly features?: readonly string[];
  /** The same on a CPU. Without it, the operation runs on GPUs only. */
  readonly host?: (...args: Parameters_<B>) => Result_<R> | Promise<Result_<R>>;
}

const DTYPES: Readonly<Record<WgslArrayType, GpuDType>> = {
  'array<f32>': 'float32',
  'array<i32>': 'int32',
  'array<u32>': 'uint32',
  'array<f16>': 'float16',
};

/**
 * Makes an operation of a WGSL shader. The shader declares its bindings itself, all in group 0: first a `var<storage>` for
 * each parameter that is an array, in order; then one for the result; then, if some parameters are numbers, a
 * `var<uniform>` of a struct with a member for each, in order.
 *
 * A shader that does not compile fails the task with a `ShaderError`: the message, its line, and the lines around it.
 *
 * So does a call with other arguments than `bindings` says, with a TypeError: an `i32` takes whole numbers that it can hold,
 * nothing is cut or wrapped. With `host`, GPUs refuse such a call, and that function gets it.
 *
 * @throws TypeError for an unknown option, one that is missing, or one of the wrong type.
 * @example
 * ```ts no-run
 * import { createRuntime } from '@poniard/core';
 * import { webgpu, wgsl } from '@poniard/proc-gpu';
 *
 * const axpy = wgsl(
 *   `@group(0) @binding(0) var<storage, read> x: array<f32>;
 *    @group(0) @binding(1) var<storage, read> y: array<f32>;
 *    @group(0) @binding(2) var<storage, read_write> z: array<f32>;
 *    struct Numbers { a: f32 }
 *    @group(0) @binding(3) var<uniform> numbers: Numbers;
 *    @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
 *      if (id.x < arrayLength(&z)) { z[id.x] = numbers.a * x[id.x] + y[id.x]; }
 *    }`,
 *   {
 *     name: 'axpy',
 *     bindings: ['f32', 'array<f32>', 'array<f32>'],
 *     result: { type: 'array<f32>', shape: (_a, x) => x.shape },
 *     workgroups: (_a, x) => [Math.ceil(x.size / 64)],
 *   },
 * );
 * await using runtime = createRuntime({ plugins: [webgpu()] });
 * console.log(await runtime.spawn(axpy, 2, new Float32Array([1, 2]), new Float32Array([3, 4])));
 * ```
 */
export function wgsl<const B extends readonly WgslType[], R extends WgslArrayType>(
  source: string,
  options: WgslOptions<B, R>,
): Operation<(...args: Parameters_<B>) => Result_<R>> {
  const {
    bindings,
    result,
    workgroups,
    name = 'wgsl',
    host,
    entryPoint,
    features = [],
  } = checked(source, options);
  const kernel = { label: name, wgsl: source, ...(entryPoint !== undefined && { entryPoint }) };
  const scalars = bindings.filter(isScalar);

  const record = (gpu: GpuDevicePort, ...args: (GpuArray | number)[]): GpuArray => {
    const arrays: GpuArray[] = [];
    const numbers = scalars.length === 0 ? undefined : new DataView(new ArrayBuffer(4 * scalars.length));
    let at = 0;
    const problem = mismatch(args.map(describeOnDevice), bindings);
    if (problem !== undefined) throw new TypeError(`${name}: ${problem}`);
    for (const [i, type] of bindings.entries()) {
      if (isScalar(type)) setNumber(numbers as DataView, 4 * at++, type, args[i] as number);
      else arrays.push(args[i] as GpuArray);
    }
    const known = args as unknown as Known_<B>;
    const shape = typeof result.shape === 'function' ? result.shape(...known) : result.shape;
    const out = gpu.alloc(shape, DTYPES[result.type], { zeroed: true });
    const groups = typeof workgroups === 'function' ? workgroups(...known) : workgroups;
    gpu.run(kernel, { bindings: [...arrays, out], workgroups: groups, uniforms: numbers });
    return out;
  };

  const accepts = (args: readonly GpuArgument[], device: GpuTraits) => {
    // Without `host` nothing else can take them: it fails, which says the same.
    const problem = mismatch(args, bindings);
    if (problem !== undefined && host !== undefined) return { reason: problem };
    const refusal = tooMany(bindings.length - scalars.length, device);
    if (refusal !== undefined) return refusal;
    const missing = features.filter((feature) => !device.features.has(feature));
    if (missing.length > 0) return { reason: `${device.adapter} lacks ${missing.join(', ')}` };
    return true as const;
  };

  type Signature = (...args: Parameters_<B>) => Result_<R>;
  return operation<Signature>(name, {
    ...(host !== undefined && { host: host as unknown as Signature }),
    webgpu: gpuImplementation(record, { accepts }),
  } as Implementations<Signature>);
}

function isScalar(type: WgslType): type is WgslScalarType {
  return type === 'f32' || type === 'i32' || type === 'u32';
}

function setNumber(view: DataView, at: number, type: WgslScalarType, value: number): void {
  if (type === 'f32') view.setFloat32(at, value, true);
  else if (type === 'i32') view.setInt32(at, value, true);
  else view.setUint32(at, value, true);
}

/** Why arguments are not what the parameters are, if they are not. Of unknown ones that shows later. */
function mismatch(args: readonly GpuArgument[], bindings: readonly WgslType[]): string | undefined {
  if (args.length !== bindings.length)
    return `it takes ${bindings.length} arguments (${bindings.join(', ')}), and ${args.length} were given`;
  for (const [i, type] of bindings.entries()) {
    const arg = args[i] as GpuArgument;
    if (arg.kind === 'unknown') continue;
    const fits = isScalar(type)
      ? arg.kind === 'value' && isNumber(arg.value, type)
      : arg.kind === 'array' && arg.dtype === DTYPES[type];
    if (fits) continue;
    const range = type in RANGES ? `, a whole number from ${RANGES[type as 'i32'].join(' to ')}` : '';
    const given = arg.kind === 'array' ? `an array of ${arg.dtype}` : nameOfValue(arg.value);
    return `parameter ${i + 1} is ${type}${range}, and ${given} was given`;
  }
  return undefined;
}

const RANGES = { i32: [-(2 ** 31), 2 ** 31 - 1], u32: [0, 2 ** 32 - 1] } as const;

function isNumber(value: unknown, type: WgslScalarType): boolean {
  if (typeof value !== 'number') return false;
  if (type === 'f32') return true;
  const [least, most] = RANGES[type];
  return Number.isInteger(value) && value >= least && value <= most;
}

function nameOfValue(value: unknown): string {
  return typeof value === 'number' || value === null ? String(value) : typeof value;
}

const KNOWN = ['bindings', 'workgroups', 'result', 'name', 'entryPoint', 'features', 'host'];

function checked<B extends readonly WgslType[], R extends WgslArrayType>(
  source: string,
  options: WgslOptions<B, R>,
): WgslOptions<B, R> {
  checkNames('wgsl', options, KNOWN);
  const { bindings, result, workgroups, name = 'wgsl', entryPoint, features = [], host } = options;
  if (typeof name !== 'string') throw new TypeError('wgsl: name is a string');
  const refuse = (what: string): never => {
    throw new TypeError(`wgsl ${name}: ${what}`);
  };
  if (typeof source !== 'string') refuse(`the source is a string, not ${typeof source}`);
  if (!Array.isArray(bindings))
    refuse('bindings is the list of its parameters, such as ["array<f32>", "f32"]');
  for (const type of bindings) {
    if (!(type in DTYPES) && !isScalar(type)) refuse(`no parameter is of type ${JSON.stringify(type)}`);
  }
  if (!((result?.type as string) in DTYPES))
    refuse(`result.type is one of ${Object.keys(DTYPES).join(', ')}`);
  if (typeof result.shape !== 'function' && !Array.isArray(result.shape))
    refuse('result.shape is a shape, such as [2, 3], or a function of the parameters');
  if (typeof workgroups !== 'function' && !Array.isArray(workgroups))
    refuse(
      'workgroups is how many there are along x, y and z, such as [16], or a function of the parameters',
    );
  if (entryPoint !== undefined && typeof entryPoint !== 'string') refuse('entryPoint is a string');
  if (!Array.isArray(features) || features.some((feature) => typeof feature !== 'string'))
    refuse('features are strings');
  if (host !== undefined && typeof host !== 'function') refuse('host is a function');
  return options;
}
