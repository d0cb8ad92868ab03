/** @file The element types of an NDArray, and the typed arrays that hold them. */

/** The element types that linear algebra works on, named as numpy and scijs name them. */
export type DType = 'float32' | 'float64' | 'int32' | 'uint8';

/** The typed array of each element type. */
export interface DTypeArrays {
  readonly float32: Float32Array;
  readonly float64: Float64Array;
  readonly int32: Int32Array;
  readonly uint8: Uint8Array;
}

/** The typed array that holds elements of type `D`. */
export type DataOf<D extends DType> = DTypeArrays[D];

/** The element type of a typed array. */
export type DTypeOf<T extends Data> = {
  [D in DType]: T extends DTypeArrays[D] ? D : never;
}[DType];

/** Any of the typed arrays. */
export type Data = DataOf<DType>;

interface DTypeEntry<D extends DType> {
  readonly bytes: number;
  readonly make: new (source: ArrayBufferLike | number, offset?: number, length?: number) => DataOf<D>;
  /** For integers: the values that fit. */
  readonly range: readonly [number, number] | undefined;
}

export const DTYPES: { readonly [D in DType]: DTypeEntry<D> } = {
  float32: { bytes: 4, make: Float32Array, range: undefined },
  float64: { bytes: 8, make: Float64Array, range: undefined },
  int32: { bytes: 4, make: Int32Array, range: [-(2 ** 31), 2 ** 31 - 1] },
  uint8: { bytes: 1, make: Uint8Array, range: [0, 255] },
};

const BY_TAG: ReadonlyMap<string, DType> = new Map([
  ['Float32Array', 'float32'],
  ['Float64Array', 'float64'],
  ['Int32Array', 'int32'],
  ['Uint8Array', 'uint8'],
]);

const LIST = Object.keys(DTYPES).join(', ');

/** The element type of a typed array, also one of another realm or a subclass such as `Buffer`. */
export function dtypeOf(data: unknown): DType | undefined {
  if (!ArrayBuffer.isView(data)) return undefined;
  return BY_TAG.get((data as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] ?? '');
}

/** Checks what a caller gave as an element type. */
export function checkDType<D extends DType>(operation: string, dtype: D): D {
  if (Object.hasOwn(DTYPES, dtype)) return dtype;
  throw new TypeError(`${operation}: no element type ${JSON.stringify(dtype)}; there are ${LIST}`);
}

export function isFloat(dtype: DType): dtype is 'float32' | 'float64' {
  return dtype === 'float32' || dtype === 'float64';
}
