/** @file Kernels on a CPU: the function as it is, once for each element. Workers import this; it loads as little as it can. */

import { kernelShape } from './gpu-array.js';
import { codecOf, copyToMapped, HomeArrays, hostArray, sharedBuffer } from './host-arrays.js';

/** What a kernel's function is run with, besides its arguments. */
export interface KernelSettings {
  readonly name: string;
  /** Where it was made, such as `'/app/main.ts:12:7'`. */
  readonly place: string | undefined;
  /** How many elements, or how to know it from the arguments. */
  readonly output: readonly number[] | ((...args: readonly unknown[]) => readonly number[]);
  readonly constants: Readonly<Record<string, number | boolean>>;
}

/** What a kernel's function sees as `this`. */
export interface KernelThis {
  /** Which element is computed. */
  readonly thread: { readonly x: number; readonly y: number; readonly z: number };
  /** How many there are. */
  readonly output: { readonly x: number; readonly y: number; readonly z: number };
  readonly constants: Readonly<Record<string, number>>;
}

type KernelFunction = (this: KernelThis, ...args: readonly unknown[]) => number | readonly number[];

/** Runs a kernel, given as source, and gives an `NDArray` of float32, as a GPU does. */
export async function kernelHost(
  source: string,
  settings: KernelSettings,
  args: readonly unknown[],
): Promise<unknown> {
  const { name, constants } = settings;
  const fn = evaluate(source, name);
  for (const arg of args) typeOf(arg, (value) => hostArray(value) !== undefined);
  const output = checkOutput(
    name,
    typeof settings.output === 'function' ? settings.output(...args.map(known)) : settings.output,
  );
  const [width = 1, height = 1, depth = 1] = output;
  const thread = { x: 0, y: 0, z: 0 };
  const self = { thread, output: { x: width, y: height, z: depth }, constants } as unknown as KernelThis;
  const given = args.map(nested);
  const size = width * height * depth;
  let data = floats(size);
  let parts = 1;
  let at = 0;
  try {
    for (thread.z = 0; thread.z < depth; thread.z++) {
      for (thread.y = 0; thread.y < height; thread.y++) {
        for (thread.x = 0; thread.x < width; thread.x++) {
          const value = fn.apply(self, given);
          if (typeof value === 'number' && parts === 1) data[at++] = value;
          else {
            const list = partsOf(value, at === 0 ? undefined : parts, name);
            if (at === 0 && list.length > 1) {
              parts = list.length;
              data = floats(size * parts);
            }
            for (const part of list) data[at++] = part as number;
          }
        }
      }
    }
  } catch (error) {
    throw explained(error, settings, thread);
  }
  const home = new HomeArrays(codecIn(args));
  await home.find();
  return home.make(data, 'float32', kernelShape(output, parts));
}

/** @throws TypeError when a size of the output is not as it should be. */
export function checkOutput(name: string, output: readonly number[]): readonly number[] {
  const fits = Array.isArray(output) && output.length >= 1 && output.length <= 3;
  if (!fits || output.some((extent) => !Number.isInteger(extent) || extent < 1))
    throw new TypeError(
      `kernel ${name}: output is [width], [width, height] or [width, height, depth], in whole numbers from 1`,
    );
  return output;
}

/** How gpu.js calls the types of a kernel's arguments. */
export type KernelArgumentType = 'Array' | 'Number' | 'Boolean';

/** @throws TypeError for what no kernel takes, on whichever processor. */
export function typeOf(arg: unknown, isArray: (value: unknown) => boolean): KernelArgumentType {
  if (isArray(arg)) return 'Array';
  if (typeof arg === 'number') return 'Number';
  if (typeof arg === 'boolean') return 'Boolean';
  const type = arg === null ? 'null' : Array.isArray(arg) ? 'a list: make it an array' : typeof arg;
  throw new TypeError(`a kernel takes arrays, numbers and booleans, not ${type}`);
}

function floats(size: number): Float32Array {
  return new Float32Array(sharedBuffer(4 * size), 0, size);
}

/**
 * The numbers of one element. What lies outside of an array is undefined, which becomes NaN.
 *
 * @throws TypeError when it is not one number, or as many as the elements before are.
 */
function partsOf(value: unknown, before: number | undefined, name: string): readonly unknown[] {
  if (ArrayBuffer.isView(value))
    throw new TypeError(`kernel ${name} gives a row of an array; index every axis, as in a[y][x]`);
  const list = Array.isArray(value) ? value : [value];
  if (Array.isArray(value) && !(list.length >= 2 && list.length <= 4))
    throw new TypeError(`kernel ${name} gives a list of ${list.length} numbers; it may give 2 to 4`);
  for (const part of list) {
    if (part !== undefined && typeof part !== 'number' && typeof part !== 'boolean')
      throw new TypeError(`kernel ${name} gives ${part === null ? 'null' : typeof part}, not a number`);
  }
  if (before !== undefined && list.length !== before)
    throw new TypeError(`kernel ${name} gives ${list.length} numbers, and ${before} for the elements before`);
  return list;
}

/** What a kernel fails with that a GPU would not run either, in words that say what to do. */
function explained(
  error: unknown,
  { name, place }: KernelSettings,
  { x, y, z }: KernelThis['thread'],
): unknown {
  if (!(error instanceof Error)) return error;
  const which = `kernel ${name}${place === undefined ? '' : ` (${place})`}`;
  if (error instanceof ReferenceError)
    return new ReferenceError(
      `${which} may use nothing from outside itself: ${error.message}; pass that as an argument or in constants`,
      { cause: error },
    );
  // A row that an array does not have; beyond a row are NaNs.
  if (error instanceof TypeError && /undefined/.test(error.message) && !error.message.startsWith('kernel '))
    return new TypeError(
      `${which} reads beyond an array, for the element x = ${x}, y = ${y}, z = ${z}: ${error.message}`,
      { cause: error },
    );
  return error;
}

/** Function declarations, function expressions and methods; arrows have no `this`. */
function evaluate(source: string, name: string): KernelFunction {
  try {
    return new Function(`return ${source}`)() as KernelFunction;
  } catch (error) {
    throw new TypeError(
      `kernel ${name}: ${error instanceof Error ? error.message : error}; write it as function (a, b) { … }`,
    );
  }
}

/** What a function that tells the output's size sees of an argument. */
function known(value: unknown): unknown {
  const array = hostArray(value);
  return array === undefined ? value : { shape: array.shape, size: array.size };
}

/** An array as kernels index it: lists of rows, whose elements are not copied where they are dense. */
function nested(value: unknown): unknown {
  const array = hostArray(value);
  if (array === undefined) return value;
  let { data, offset } = array;
  if (array.strides !== undefined) {
    const dense = new ArrayBuffer(array.bytes);
    copyToMapped(array, dense);
    data = new (data.constructor as new (buffer: ArrayBuffer) => ArrayBufferView)(dense);
    offset = 0;
  }
  const elements = data as Float32Array;
  const build = (axis: number, from: number, size: number): unknown => {
    if (axis >= array.shape.length - 1) return elements.subarray(from, from + size);
    const extent = array.shape[axis] as number;
    const each = size / extent;
    return Array.from({ length: extent }, (_, i) => build(axis + 1, from + i * each, each));
  };
  return build(0, offset, array.size);
}

function codecIn(args: readonly unknown[]) {
  for (const arg of args) {
    const found = typeof arg === 'object' && arg !== null ? codecOf(arg.constructor) : undefined;
    if (found?.tag === 'NDArray') return found;
  }
  return undefined;
}
