/** @file Kernels on a CPU: the function as it is, once for each element. Workers import this; it loads as little as it can. */

import { kernelShape } from './gpu-array.js';
import { codecOf, copyToMapped, HomeArrays, hostArray } from './host-arrays.js';

/** What a kernel's function is run with, besides its arguments. */
export interface KernelSettings {
  readonly name: string;
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
  const output =
    typeof settings.output === 'function' ? settings.output(...args.map(known)) : settings.output;
  const [width = 1, height = 1, depth = 1] = output;
  const thread = { x: 0, y: 0, z: 0 };
  const self = { thread, output: { x: width, y: height, z: depth }, constants } as unknown as KernelThis;
  const given = args.map(nested);
  const size = width * height * depth;
  let data = new Float32Array(new SharedArrayBuffer(4 * size), 0, size);
  let parts = 1;
  let at = 0;
  for (thread.z = 0; thread.z < depth; thread.z++) {
    for (thread.y = 0; thread.y < height; thread.y++) {
      for (thread.x = 0; thread.x < width; thread.x++) {
        const value = fn.apply(self, given);
        // What lies outside of an array is undefined, which becomes NaN.
        if (typeof value !== 'object') data[at++] = value;
        else {
          if (ArrayBuffer.isView(value))
            throw new TypeError(`kernel ${name} gives a row of an array; index every axis, as in a[y][x]`);
          if (at === 0) {
            parts = value.length;
            data = new Float32Array(new SharedArrayBuffer(4 * size * parts), 0, size * parts);
          }
          for (let i = 0; i < parts; i++) data[at++] = value[i] as number;
        }
      }
    }
  }
  const home = new HomeArrays(codecIn(args));
  await home.find();
  return home.make(data, 'float32', kernelShape(output, parts));
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
