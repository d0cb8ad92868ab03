import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ValueCodec, valueCodec } from './codec.js';
import { describe, sizeOf } from './describe.js';

class Grid {
  constructor(readonly data: Float32Array) {}
  static readonly [valueCodec]: ValueCodec<Grid, Float32Array> = {
    tag: 'Grid',
    module: 'test:grid',
    exportName: 'Grid',
    test: (value): value is Grid => value instanceof Grid,
    encode: (grid) => grid.data,
    decode: (data) => new Grid(data),
    bytes: (grid) => grid.data.byteLength,
    describe: (grid) => ({ kind: 'Grid', dtype: 'f32', shape: [grid.data.length] }),
  };
}
class Plain {}
const plainCodec = { ...Grid[valueCodec], tag: 'Plain', test: (v: unknown) => v instanceof Plain } as unknown;

test.each([
  ['a number', 5, { kind: 'number' }],
  ['null', null, { kind: 'null' }],
  ['undefined', undefined, { kind: 'undefined' }],
  ['an object', { a: 1 }, { kind: 'object' }],
  ['an array', [1, 2, 3], { kind: 'array', shape: [3] }],
  ['a typed array', new Float64Array(4), { kind: 'Float64Array', dtype: 'f64', shape: [4] }],
  ['a DataView', new DataView(new ArrayBuffer(4)), { kind: 'DataView' }],
  ['a Map', new Map(), { kind: 'Map' }],
  ['an error', new RangeError('x'), { kind: 'RangeError' }],
  ['an instance with a codec', new Grid(new Float32Array(6)), { kind: 'Grid', dtype: 'f32', shape: [6] }],
  ['an instance without one', new Plain(), { kind: 'Plain' }],
])('C1. the type of %s', (_, value, type) => {
  expect(describe(value, [])).toEqual(type);
});

test('C1. a codec without a description gives its tag', () => {
  const { describe: _, ...bare } = plainCodec as ValueCodec;
  expect(describe(new Plain(), [bare])).toEqual({ kind: 'Plain' });
});

test('C1. bytes of arrays count in full, shared or not, and once', () => {
  const shared = new Float64Array(new SharedArrayBuffer(80_000));
  expect(sizeOf(shared, [])).toBe(80_016);
  expect(sizeOf({ a: shared, b: shared }, [])).toBeLessThan(80_100);
  expect(sizeOf(new Grid(new Float32Array(100)), [])).toBe(400);
});

test('C1. a large structure is estimated from a sample', () => {
  const rows = Array.from({ length: 100_000 }, (_, i) => ({ id: i, text: 'x'.repeat(10) }));
  const size = sizeOf(rows, []);
  expect(size / rows.length).toBeGreaterThan(20);
  expect(size / rows.length).toBeLessThan(80);
  let read = 0;
  const counted = new Proxy(rows, {
    get(target, key) {
      read++;
      return Reflect.get(target, key);
    },
  });
  sizeOf(counted, []);
  expect(read).toBeLessThan(1000);
});

test('C1. the size of any value is a finite number, and never throws', () => {
  const cyclic: unknown[] = [];
  cyclic.push(cyclic, { cyclic });
  let deep: unknown;
  for (let i = 0; i < 100_000; i++) deep = [deep];
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const hostile = {
    get a() {
      throw new Error('no');
    },
  };
  for (const value of [cyclic, deep, proxy, hostile, new Plain(), new Array(4e9)]) {
    expect(sizeOf(value, [])).toBeGreaterThan(0);
  }
  fc.assert(
    fc.property(
      fc.anything({ withMap: true, withSet: true, withTypedArray: true, withSparseArray: true }),
      (value) => {
        expect(Number.isFinite(sizeOf(value, []))).toBe(true);
      },
    ),
  );
});
