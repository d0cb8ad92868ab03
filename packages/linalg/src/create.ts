/** @file Makes arrays: from lists and typed arrays, filled, random, by a function. */
import { checkDType, type Data, type DType, type DTypeOf, dtypeOf, isFloat } from './dtype.js';
import { allocate, isShared } from './memory.js';
import { NDArray, type Nested } from './ndarray.js';
import { anything, checkOptions } from './ops/check.js';
import { fillNormal, fillUniform } from './random.js';
import { checkShape, formatShape, sizeOf } from './shapes.js';

/** An element type, alone or as an option. */
export type DTypeOption<D extends DType> = D | { readonly dtype?: D };

/** What `rand` and `randn` take. */
export interface RandomOptions<D extends 'float32' | 'float64'> {
  /** Without it, `'float64'`. */
  readonly dtype?: D;
  /** A whole number. The same seed gives the same numbers, on every platform. Without it, other numbers each time. */
  readonly seed?: number;
}

/**
 * An array from numbers in lists in lists, from a typed array, or from an NDArray (copied). A typed array that is on
 * shared memory already is shown as it is, where neither another type nor another order of elements is asked for; any
 * other is copied there once. Lists become `float64` unless `dtype` says otherwise.
 *
 * @throws RangeError when lists of one level differ in length, or the elements do not fill `shape`.
 * @throws TypeError when an entry is not a number, or the typed array is of a type that NDArray lacks.
 * @example
 * ```ts
 * import { array } from '@poniard/linalg';
 * console.log(array([[1, 2], [3, 4]])); // NDArray float64 [2, 2] [[1, 2], [3, 4]]
 * console.log(array(new Float32Array(2), [2, 1])); // NDArray float32 [2, 1] [[0], [0]]
 * console.log(array([1.9, -1.9], [2], 'int32')); // NDArray int32 [2] [1, -1]
 * ```
 */
export function array<D extends DType>(
  source: Nested | Data | NDArray,
  shape: number | readonly number[] | undefined,
  dtype: DTypeOption<D>,
): NDArray<D>;
export function array<D extends DType>(source: NDArray<D>, shape?: number | readonly number[]): NDArray<D>;
export function array<T extends Data>(source: T, shape?: number | readonly number[]): NDArray<DTypeOf<T>>;
export function array(source: Nested, shape?: number | readonly number[]): NDArray<'float64'>;
export function array(
  source: Nested | Data | NDArray,
  shape?: number | readonly number[],
  dtype?: DTypeOption<DType>,
): NDArray {
  const found = source instanceof NDArray ? copied(source, dtypeOption('array', dtype)) : read(source, dtype);
  if (shape === undefined) return found;
  const wanted = checkShape('array', shape);
  if (sizeOf(wanted) !== found.size) {
    throw new RangeError(`array: ${found.size} elements do not fill shape ${formatShape(wanted)}`);
  }
  return found.reshape(...wanted);
}

function copied(source: NDArray, dtype: DType | undefined): NDArray {
  return source.astype(dtype ?? source.dtype);
}

function read(source: Nested | Data, option: DTypeOption<DType> | undefined): NDArray {
  const dtype = dtypeOption('array', option);
  if (ArrayBuffer.isView(source)) {
    const own = dtypeOf(source);
    if (own === undefined) {
      throw new TypeError(
        `array: no element type for ${(source as object).constructor.name}; copy it into a Float64Array`,
      );
    }
    const shown = new NDArray(source);
    return isShared(source.buffer) && (dtype ?? own) === own ? shown : shown.astype(dtype ?? own);
  }
  const shape = nestedShape(source as Nested);
  const data = allocate(dtype ?? 'float64', sizeOf(shape));
  fillNested(data, source as Nested, shape, 0, 0);
  return new NDArray(data, shape);
}

/** The extents along the first entries; {@link fillNested} checks that the others agree. */
function nestedShape(source: Nested): number[] {
  const shape: number[] = [];
  for (let level: Nested | undefined = source; Array.isArray(level); level = level[0])
    shape.push(level.length);
  return shape;
}

function fillNested(data: Data, source: Nested, shape: readonly number[], axis: number, at: number): number {
  if (axis === shape.length) {
    if (typeof source === 'number') {
      data[at] = source;
      return at + 1;
    }
    if (Array.isArray(source)) throw raggedError(`a list of ${source.length}`, 'a number');
    throw new TypeError(`array: entries are numbers, not ${source === null ? 'null' : typeof source}`);
  }
  const extent = shape[axis]!;
  if (typeof source === 'number') throw raggedError('a number', `a list of ${extent}`);
  if (!Array.isArray(source))
    throw new TypeError(`array: entries are numbers and lists, not ${typeof source}`);
  if (source.length !== extent) throw raggedError(`a list of ${source.length}`, `one of ${extent}`);
  let next = at;
  for (const entry of source as readonly Nested[]) next = fillNested(data, entry, shape, axis + 1, next);
  return next;
}

function raggedError(found: string, expected: string): RangeError {
  return new RangeError(
    `array: the lists are not of one shape: ${found} stands where ${expected} was expected`,
  );
}

/**
 * An array of zeros, `float64` unless told otherwise.
 *
 * @example
 * ```ts
 * import { zeros } from '@poniard/linalg';
 * console.log(zeros([1, 3], 'float32')); // NDArray float32 [1, 3] [[0, 0, 0]]
 * ```
 */
export function zeros<D extends DType = 'float64'>(
  shape: number | readonly number[],
  dtype?: DTypeOption<D>,
): NDArray<D> {
  return blank('zeros', shape, dtypeOption('zeros', dtype) ?? ('float64' as D));
}

/**
 * An array of ones, `float64` unless told otherwise.
 *
 * @example
 * ```ts
 * import { ones } from '@poniard/linalg';
 * console.log(ones(3)); // NDArray float64 [3] [1, 1, 1]
 * ```
 */
export function ones<D extends DType = 'float64'>(
  shape: number | readonly number[],
  dtype?: DTypeOption<D>,
): NDArray<D> {
  const out = blank('ones', shape, dtypeOption('ones', dtype) ?? ('float64' as D));
  out.data.fill(1);
  return out;
}

/**
 * An array whose elements are `fn(...index)`.
 *
 * @example
 * ```ts
 * import { fromFunction } from '@poniard/linalg';
 * console.log(fromFunction([2, 2], (i, j) => 10 * i + j)); // NDArray float64 [2, 2] [[0, 1], [10, 11]]
 * ```
 */
export function fromFunction<D extends DType = 'float64'>(
  shape: number | readonly number[],
  fn: (...index: number[]) => number,
  dtype?: DTypeOption<D>,
): NDArray<D> {
  const out = blank('fromFunction', shape, dtypeOption('fromFunction', dtype) ?? ('float64' as D));
  const index = out.shape.map(() => 0);
  for (let at = 0; at < out.size; at++) {
    out.data[at] = fn(...index);
    for (let axis = index.length - 1; axis >= 0; axis--) {
      index[axis]! += 1;
      if (index[axis]! < out.shape[axis]!) break;
      index[axis] = 0;
    }
  }
  return out;
}

/**
 * Uniform random numbers from 0 to below 1 (Dagger: `rand(Blocks(…), …)`). The generator is xoshiro128++.
 *
 * @example
 * ```ts
 * import { rand } from '@poniard/linalg';
 * console.log(rand(2, { seed: 42 })); // NDArray float64 [2] [0.61554, 0.38001]
 * ```
 */
export function rand<D extends 'float32' | 'float64' = 'float64'>(
  shape: number | readonly number[],
  options: RandomOptions<D> = {},
): NDArray<D> {
  return random('rand', shape, options, fillUniform);
}

/**
 * Normal random numbers of mean 0 and variance 1 (Dagger: `randn(Blocks(…), …)`). The generator is xoshiro128++.
 *
 * @example
 * ```ts
 * import { randn } from '@poniard/linalg';
 * console.log(randn([2, 2], { seed: 42 }).size); // 4
 * ```
 */
export function randn<D extends 'float32' | 'float64' = 'float64'>(
  shape: number | readonly number[],
  options: RandomOptions<D> = {},
): NDArray<D> {
  return random('randn', shape, options, fillNormal);
}

function random<D extends 'float32' | 'float64'>(
  name: string,
  shape: number | readonly number[],
  options: RandomOptions<D>,
  fill: (out: Float32Array | Float64Array, seed: number) => void,
): NDArray<D> {
  checkOptions(name, options, { dtype: anything, seed: anything });
  const dtype = options.dtype ?? ('float64' as D);
  if (!isFloat(checkDType(name, dtype))) {
    throw new TypeError(`${name}: makes float32 or float64, not ${String(dtype)}; convert with astype`);
  }
  const seed = options.seed ?? Math.floor(Math.random() * Number.MAX_SAFE_INTEGER);
  if (!Number.isSafeInteger(seed)) throw new RangeError(`${name}: a seed is a whole number, not ${seed}`);
  const out = blank(name, shape, dtype);
  fill(out.data as Float32Array | Float64Array, seed);
  return out;
}

function blank<D extends DType>(name: string, shape: number | readonly number[], dtype: D): NDArray<D> {
  const checked = checkShape(name, shape);
  return new NDArray<D>(allocate(dtype, sizeOf(checked)), checked);
}

function dtypeOption<D extends DType>(name: string, option: DTypeOption<D> | undefined): D | undefined {
  const dtype = typeof option === 'object' ? checkOptions(name, option, { dtype: anything }).dtype : option;
  return dtype === undefined ? undefined : checkDType(name, dtype);
}
