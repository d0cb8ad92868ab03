import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentKey } from './content-key.js';

const value = fc.anything({
  withBigInt: true,
  withMap: true,
  withSet: true,
  withDate: true,
  withTypedArray: true,
  maxDepth: 3,
});

/** The same content in the same order: `isDeepStrictEqual` overlooks the order of keys, of maps and of sets. */
const same = (a: unknown, b: unknown): boolean => isDeepStrictEqual(ordered(a), ordered(b));

function ordered(given: unknown): unknown {
  if (typeof given !== 'object' || given === null) return [given];
  if (given instanceof Map) return ['Map', [...given].map(([k, v]) => [ordered(k), ordered(v)])];
  if (given instanceof Set) return ['Set', [...given].map(ordered)];
  if (Array.isArray(given)) return ['Array', given.map(ordered)];
  if (Object.getPrototypeOf(given) !== Object.prototype && Object.getPrototypeOf(given) !== null)
    return [given];
  return ['Object', Object.entries(given).map(([k, v]) => [k, ordered(v)])];
}

describe('the key of a value', () => {
  it('O3. is the same for two values exactly when their contents are', () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        const [keyA, keyB] = [contentKey(a), contentKey(b)];
        expect(contentKey(structuredClone(a))).toBe(keyA);
        if (keyA !== undefined && keyB !== undefined) expect(keyA === keyB).toBe(same(a, b));
      }),
      { numRuns: 300 },
    );
  });

  it('tells apart what looks alike', () => {
    const alike = [
      0,
      -0,
      '0',
      0n,
      [0],
      ['0'],
      { 0: 0 },
      new Set([0]),
      new Map([[0, 0]]),
      new Uint8Array([0]),
      new Int8Array([0]),
      new Uint8Array([0]).buffer,
      new Uint8Array(2),
      new Date(0),
      /0/,
      Number.NaN,
      null,
      undefined,
      'null',
      'undefined',
      true,
      'true',
      [],
      {},
      [[]],
      [[], []],
      '[]',
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ];
    const keys = alike.map(contentKey);
    expect(keys).not.toContain(undefined);
    expect(new Set(keys).size).toBe(alike.length);
  });

  it('does not exist for what is large, deep, circular, or opaque', () => {
    const circle: unknown[] = [];
    circle.push(circle);
    let deep: unknown = 1;
    for (let i = 0; i < 300; i++) deep = [deep];
    const sparse = new Array(3);
    const shared = new Uint8Array(new SharedArrayBuffer(8));
    const large = new Uint8Array(1e6);
    for (const opaque of [circle, deep, sparse, 'x'.repeat(1e6), [large], new Blob(['x']), shared]) {
      expect(contentKey(opaque)).toBeUndefined();
    }
  });
});
