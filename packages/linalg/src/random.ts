/**
 * @file Seeded random numbers that are the same on every platform: xoshiro128++ 1.0 by David Blackman and Sebastiano
 * Vigna (https://prng.di.unimi.it/xoshiro128plusplus.c, public domain), its state filled by splitmix64 as they advise.
 */

const MASK64 = (1n << 64n) - 1n;

/** splitmix64 (https://prng.di.unimi.it/splitmix64.c): turns any seed into well-mixed words. */
export function* splitmix64(seed: bigint): Generator<bigint, never> {
  let state = seed & MASK64;
  for (;;) {
    state = (state + 0x9e3779b97f4a7c15n) & MASK64;
    let z = state;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK64;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK64;
    yield z ^ (z >> 31n);
  }
}

/** xoshiro128++: 32 random bits at a time, period 2¹²⁸ − 1. */
export class Xoshiro128 {
  constructor(
    private a: number,
    private b: number,
    private c: number,
    private d: number,
  ) {}

  static seeded(seed: number): Xoshiro128 {
    const words = splitmix64(BigInt(seed));
    const first = words.next().value;
    const second = words.next().value;
    return new Xoshiro128(low(first), high(first), low(second), high(second));
  }

  /** 32 random bits as a signed integer. */
  next(): number {
    const { a, b, c, d } = this;
    const sum = (a + d) | 0;
    const result = (((sum << 7) | (sum >>> 25)) + a) | 0;
    const shifted = b << 9;
    const e = c ^ a;
    const f = d ^ b;
    this.b = b ^ e;
    this.a = a ^ f;
    this.c = e ^ shifted;
    this.d = (f << 11) | (f >>> 21);
    return result;
  }

  /** 53 random bits, from 0 to below 1. */
  double(): number {
    const high = this.next() >>> 5;
    return (high * 67108864 + (this.next() >>> 6)) / 9007199254740992;
  }
}

const low = (word: bigint) => Number(word & 0xffffffffn) | 0;
const high = (word: bigint) => Number(word >> 32n) | 0;

/** Fills with uniform numbers from 0 to below 1: 24 random bits for float32, 53 for float64. */
export function fillUniform(out: Float32Array | Float64Array, seed: number): void {
  const random = Xoshiro128.seeded(seed);
  if (out.BYTES_PER_ELEMENT === 4)
    for (let i = 0; i < out.length; i++) out[i] = (random.next() >>> 8) / 16777216;
  else for (let i = 0; i < out.length; i++) out[i] = random.double();
}

/** Fills with normal numbers of mean 0 and variance 1, by Marsaglia's polar method. */
export function fillNormal(out: Float32Array | Float64Array, seed: number): void {
  const random = Xoshiro128.seeded(seed);
  const words = new DataView(new ArrayBuffer(8));
  for (let i = 0; i < out.length; i += 2) {
    let x: number;
    let y: number;
    let square: number;
    do {
      x = 2 * random.double() - 1;
      y = 2 * random.double() - 1;
      square = x * x + y * y;
    } while (square >= 1 || square === 0);
    const factor = Math.sqrt((-2 * naturalLog(square, words)) / square);
    out[i] = x * factor;
    if (i + 1 < out.length) out[i + 1] = y * factor;
  }
}

/**
 * The natural logarithm of a positive number below 1. Engines may round `Math.log` differently; sums and products they may
 * not, so this one gives the same bits everywhere: x = m·2^e, ln m = 2·atanh((m − 1)/(m + 1)) by its series.
 */
export function naturalLog(x: number, words = new DataView(new ArrayBuffer(8))): number {
  words.setFloat64(0, x);
  let exponent = ((words.getUint16(0) >> 4) & 0x7ff) - 1023;
  words.setUint16(0, (words.getUint16(0) & 0x800f) | (1023 << 4));
  let mantissa = words.getFloat64(0);
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  const s = (mantissa - 1) / (mantissa + 1);
  const z = s * s;
  // |s| ≤ 0.172, so the term z^11/23 is below 2^-56.
  let series = 0;
  for (let term = 23; term >= 1; term -= 2) series = series * z + 1 / term;
  return exponent * Math.LN2 + 2 * s * series;
}
