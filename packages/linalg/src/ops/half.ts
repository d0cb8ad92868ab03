/** @file Rounds to half precision, as factors of a product that asks for it. */
import { NDArray } from '../ndarray.js';

/** Larger numbers become infinite. */
const LARGEST = 65504;
/** From here down, halves are multiples of the smallest of them. */
const LEAST_NORMAL = 2 ** -14;
const EXPONENT = 0x7f800000;

/** The elements as float32, each the nearest number of half precision; of two the even one. */
export function asHalf(array: NDArray<'float32' | 'float64'>): NDArray<'float32'> {
  const { data, shape } = array.astype('float32');
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (Math.abs(value) < LEAST_NORMAL) {
      // Near 0.75, float32 has the steps that halves have here.
      data[i] = Math.fround(value + 0.75) - 0.75;
      continue;
    }
    const given = bits[i]!;
    if ((given & EXPONENT) === EXPONENT) continue;
    bits[i] = (given + 0xfff + ((given >>> 13) & 1)) & ~0x1fff;
    if (Math.abs(data[i]!) > LARGEST)
      data[i] = value > 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  }
  return new NDArray<'float32'>(data, shape);
}
