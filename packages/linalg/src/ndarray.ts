/** @file The array of linear algebra: a view with shape and strides on a typed array in shared memory. */
import type { ChunkType, valueCodec as CoreValueCodec, ValueCodec } from '@poniard/core';
import { checkDType, type DataOf, DTYPES, type DType, dtypeOf } from './dtype.js';
import { formatArray } from './format.js';
import { copyElements } from './loops.js';
import { allocate, isShared, weigh } from './memory.js';
import { checkShape, type Geometry, isDense, reach, rowMajor, sizeOf } from './shapes.js';
import {
  heightened,
  lowered,
  picked,
  reshaped,
  type SliceRange,
  sliced,
  stepped,
  transposed,
} from './views.js';

/** The core's symbol, which is registered, so that a worker need not load the core for it (70 ms). */
const valueCodec: typeof CoreValueCodec = Symbol.for('poniard.valueCodec') as typeof CoreValueCodec;

/** Numbers in lists in lists, as deep as an array has axes. */
export type Nested = number | readonly Nested[];

/**
 * An NDArray as it crosses threads: its elements, which pass by reference, its offset, the extent of each axis, the stride
 * of each axis. A view and numbers, since that crosses at the least cost (see `ValueCodec`).
 */
export type EncodedNDArray = readonly [data: DataOf<DType>, offset: number, ...geometry: number[]];

/**
 * An n-dimensional array of numbers. `data` holds the elements, `shape` the extents, `strides` how far neighbours of
 * each axis are apart (in elements), `offset` where the first element is. Several arrays may show the same elements:
 * `transpose`, `slice` and the other views copy nothing.
 *
 * Arrays that this package makes are on shared memory, so they pass between threads at no cost, and a task reads the
 * very elements that the caller has: do not write to an array while tasks read it. `copy()` gives a private one.
 *
 * It has the fields and methods of a scijs `ndarray`, so functions for those take it as it is. Do not write to `shape`
 * and `strides`; they are of a mutable type because scijs declares them so. (Dagger: `DArray` holds ordinary Julia arrays.)
 *
 * @example
 * ```ts
 * import { array } from '@poniard/linalg';
 * const x = array([[1, 2, 3], [4, 5, 6]]);
 * console.log(x.get(1, 2)); // 6
 * console.log(x.T); // NDArray float64 [3, 2] [[1, 4], [2, 5], [3, 6]]
 * ```
 */
export class NDArray<D extends DType = DType> {
  readonly data: DataOf<D>;
  readonly dtype: D;
  readonly shape: number[];
  readonly strides: number[];
  readonly offset: number;
  /** How many elements the array shows. */
  readonly size: number;

  /**
   * Shows a typed array as an n-dimensional one; copies nothing. Without strides: dense, the last axis the fastest.
   *
   * @throws TypeError when `data` is not a Float32Array, Float64Array, Int32Array or Uint8Array.
   * @throws RangeError when the geometry leaves the data.
   */
  constructor(
    data: DataOf<D>,
    shape: readonly number[] = [data.length],
    strides: readonly number[] = rowMajor(shape),
    offset = 0,
  ) {
    const dtype = dtypeOf(data);
    if (dtype === undefined) {
      throw new TypeError(
        `NDArray: data is a typed array of ${Object.keys(DTYPES).join(', ')}, not ${kindOf(data)}`,
      );
    }
    this.data = data;
    this.dtype = dtype as D;
    this.shape = [...checkShape('NDArray', shape)];
    this.strides = [...strides];
    this.offset = offset;
    this.size = sizeOf(shape);
    checkBounds(this, data.length);
  }

  /** How many axes there are. */
  get dimension(): number {
    return this.shape.length;
  }

  /** The strides, by their scijs name. */
  get stride(): number[] {
    return this.strides;
  }

  /** The axes from the fastest to the slowest (scijs). */
  get order(): number[] {
    return this.shape
      .map((_, axis) => axis)
      .reverse()
      .sort((a, b) => Math.abs(this.strides[a]!) - Math.abs(this.strides[b]!));
  }

  /** How many bytes the shown elements take. */
  get bytes(): number {
    return this.size * DTYPES[this.dtype].bytes;
  }

  /** The array with its axes reversed. */
  get T(): NDArray<D> {
    return this.transpose();
  }

  /** Whether the elements lie one behind the other in row-major order. */
  get isDense(): boolean {
    return isDense(this);
  }

  /**
   * The position in `data` of one element.
   *
   * @throws RangeError when there are not as many indices as axes, or one leaves its axis.
   */
  index(...at: number[]): number {
    const { shape, strides } = this;
    if (at.length !== shape.length) {
      throw new RangeError(
        `an array of ${shape.length} axes takes ${shape.length} indices, not ${at.length}`,
      );
    }
    let position = this.offset;
    for (let axis = 0; axis < at.length; axis++) {
      const index = at[axis]!;
      if (!(index >= 0 && index < shape[axis]!)) {
        throw new RangeError(`no index ${index} on axis ${axis}, which has ${shape[axis]}`);
      }
      position += index * strides[axis]!;
    }
    return position;
  }

  /** One element. Throws as {@link index}. */
  get(...at: number[]): number {
    return this.data[this.index(...at)]!;
  }

  /** Writes one element (the last argument) and returns it. Throws as {@link index}. */
  set(...atAndValue: number[]): number {
    const value = atAndValue.pop()!;
    this.data[this.index(...atAndValue)] = value;
    return value;
  }

  /** A view with axes in another order; without an order, reversed. */
  transpose(...order: number[]): NDArray<D> {
    return this.#show(transposed(this, order));
  }

  /**
   * A view as numpy's basic slicing gives it: for each axis `null` (all of it), a position (the axis goes), or
   * `[start, stop?, step?]`. Negative positions count from the end.
   *
   * @example
   * ```ts
   * import { array } from '@poniard/linalg';
   * console.log(array([[1, 2, 3], [4, 5, 6]]).slice(-1, [0, 2])); // NDArray float64 [2] [4, 5]
   * ```
   */
  slice(...ranges: SliceRange[]): NDArray<D> {
    return this.#show(sliced(this, ranges));
  }

  /** A view on one position of some axes; `null` keeps an axis (scijs). */
  pick(...positions: (number | null)[]): NDArray<D> {
    return this.#show(picked(this, positions));
  }

  /** A view without the first positions of each axis (scijs). */
  lo(...starts: (number | null)[]): NDArray<D> {
    return this.#show(lowered(this, starts));
  }

  /** A view on the first positions of each axis (scijs). */
  hi(...counts: (number | null)[]): NDArray<D> {
    return this.#show(heightened(this, counts));
  }

  /** A view on every n-th position of each axis; a negative step turns the axis round (scijs). */
  step(...steps: (number | null)[]): NDArray<D> {
    return this.#show(stepped(this, steps));
  }

  /** The same elements in another shape; one extent may be -1. A view where the array is dense, else a copy. */
  reshape(...shape: number[]): NDArray<D> {
    const geometry = reshaped(this, shape);
    return geometry === undefined ? this.#dense('shared').reshape(...shape) : this.#show(geometry);
  }

  /**
   * The elements converted to another type, in new shared memory. Conversion is what typed arrays do: to an integer
   * type fractions are cut off, and what does not fit wraps around.
   */
  astype<E extends DType>(dtype: E): NDArray<E> {
    checkDType('astype', dtype);
    const out = new NDArray<E>(allocate(dtype, this.size), this.shape);
    copyElements(out, this);
    return out;
  }

  /** A dense copy on ordinary memory, which no other thread sees, and which web APIs take that refuse shared memory. */
  copy(): NDArray<D> {
    return this.#dense('private');
  }

  /** This array if it is on shared memory, else a dense copy that is. */
  share(): NDArray<D> {
    return isShared(this.data.buffer) ? this : this.#dense('shared');
  }

  /** The elements as lists in lists; a number where there are no axes. */
  toNested(): Nested {
    const build = (axis: number, position: number): Nested => {
      const extent = this.shape[axis];
      if (extent === undefined) return this.data[position]!;
      return Array.from({ length: extent }, (_, at) => build(axis + 1, position + at * this.strides[axis]!));
    };
    return build(0, this.offset);
  }

  /** The elements in row-major order. */
  *[Symbol.iterator](): IterableIterator<number> {
    const dense = this.isDense ? this : this.#dense('private');
    for (let at = 0; at < this.size; at++) yield dense.data[dense.offset + at]!;
  }

  /** Type, shape and elements; of a large array only the corners. */
  toString(): string {
    return formatArray(this);
  }

  /** What Node's `console.log` prints. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return formatArray(this);
  }

  /** How arrays cross threads: their elements are never copied. */
  static readonly [valueCodec]: ValueCodec<NDArray, EncodedNDArray> = {
    tag: 'NDArray',
    module: new URL('./hosts.js', import.meta.url).href,
    exportName: 'NDArray',
    test: (value): value is NDArray => value instanceof NDArray,
    encode: (array) => {
      const { shape, strides, offset, data } = array.share();
      return [data, offset, ...shape, ...strides];
    },
    decode: ([data, offset, ...geometry]) => {
      weigh(data.buffer);
      const axes = geometry.length / 2;
      return new NDArray(data, geometry.slice(0, axes), geometry.slice(axes), offset);
    },
    bytes: (array) => array.bytes,
    describe: ({ dtype, shape }): ChunkType => ({ kind: 'NDArray', dtype, shape }),
  };

  #show({ shape, strides, offset }: Geometry): NDArray<D> {
    return new NDArray(this.data, shape, strides, offset);
  }

  #dense(memory: 'shared' | 'private'): NDArray<D> {
    const { dtype, size } = this;
    const data = memory === 'shared' ? allocate(dtype, size) : (new DTYPES[dtype].make(size) as DataOf<D>);
    const out = new NDArray<D>(data, this.shape);
    copyElements(out, this);
    return out;
  }
}

function checkBounds(geometry: Geometry, length: number): void {
  const { shape, strides, offset } = geometry;
  if (strides.length !== shape.length) {
    throw new RangeError(`NDArray: ${shape.length} axes need as many strides, not ${strides.length}`);
  }
  const reached = reach(geometry);
  if (reached === undefined) return;
  const [first, last] = reached;
  if (Number.isInteger(first) && Number.isInteger(last) && first >= 0 && last < length) return;
  throw new RangeError(
    `NDArray: shape [${shape.join(', ')}] with strides [${strides.join(', ')}] from ${offset} leaves its data of ${length} elements`,
  );
}

function kindOf(value: unknown): string {
  return value === null || typeof value !== 'object' ? typeof value : (value.constructor?.name ?? 'object');
}
