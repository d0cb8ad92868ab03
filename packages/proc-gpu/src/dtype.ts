/** @file The element types that WebGPU knows, and how they come from and go to the host. */

/** Element types of arrays on a GPU. There is no float64. */
export type GpuDType = 'float32' | 'int32' | 'uint32' | 'float16';

/** A typed array that holds numbers of 32 bits or more. */
export type HostData = Float32Array | Float64Array | Int32Array | Uint32Array;

/** Bytes per element. */
export const DTYPE_BYTES: Readonly<Record<GpuDType, number>> = {
  float32: 4,
  int32: 4,
  uint32: 4,
  float16: 2,
};

/** The name in WGSL. */
export const WGSL_TYPE: Readonly<Record<GpuDType, string>> = {
  float32: 'f32',
  int32: 'i32',
  uint32: 'u32',
  float16: 'f16',
};

/** Typed arrays whose bytes a GPU reads as they are. */
const UPLOADED: Readonly<Record<string, GpuDType>> = {
  Float32Array: 'float32',
  Int32Array: 'int32',
  Uint32Array: 'uint32',
};

/** The element type of a typed array on a GPU; `undefined` where WebGPU has none that holds its numbers. */
export function gpuTypeOf(data: ArrayBufferView): GpuDType | undefined {
  return UPLOADED[kindOfView(data)];
}

/** `'Float64Array'`, of arrays from other realms too. */
export function kindOfView(data: ArrayBufferView): string {
  return (data as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] ?? 'DataView';
}

/** How an array comes home: as the element type that holds its numbers exactly and that arrays on the host have. */
export function hostTypeOf(dtype: GpuDType): 'float32' | 'float64' | 'int32' {
  if (dtype === 'uint32') return 'float64';
  return dtype === 'int32' ? 'int32' : 'float32';
}

/** Decodes IEEE half precision; NaN and infinities stay what they are. */
export function decodeHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
