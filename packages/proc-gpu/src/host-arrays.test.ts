import { NDArray, rand } from '@poniard/linalg';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeHalf } from './dtype.js';
import { copyFromMapped, copyToMapped, hostArray } from './host-arrays.js';

/** The elements as a device would get them. */
function uploaded(value: unknown): number[] {
  const array = hostArray(value);
  if (array === undefined) throw new Error('no array');
  const mapped = new ArrayBuffer(Math.ceil(array.bytes / 4) * 4);
  copyToMapped(array, mapped);
  return [...new Float32Array(mapped, 0, array.size)];
}

describe('arrays of the host', () => {
  test('views of every kind arrive dense and in row-major order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 0, maxLength: 4 }),
        fc.array(fc.constantFrom('transpose', 'reverse', 'tail'), { maxLength: 3 }),
        (shape, views) => {
          let x: NDArray = rand(shape, { seed: 1, dtype: 'float32' });
          for (const view of views) {
            if (view === 'transpose') x = x.transpose();
            else if (view === 'reverse' && x.dimension > 0) x = x.step(-1);
            else if (view === 'tail' && x.dimension > 0 && x.shape[0]! > 1) x = x.lo(1);
          }
          expect(uploaded(x)).toEqual([...x]);
        },
      ),
    );
  });

  test('typed arrays and scijs ndarrays are arrays; other objects are not', () => {
    expect(hostArray(new Float32Array(3))).toMatchObject({ dtype: 'float32', shape: [3], bytes: 12 });
    const scijs = { data: new Int32Array([1, 2, 3, 4]), shape: [2], stride: [2], offset: 1 };
    expect(hostArray(scijs)).toMatchObject({ dtype: 'int32', strides: [2], offset: 1, bytes: 8 });
    for (const other of [{ transposeB: true }, [1, 2], null, 3, new DataView(new ArrayBuffer(4)), new Map()])
      expect(hostArray(other)).toBeUndefined();
  });

  test('types that WebGPU lacks have none', () => {
    expect(hostArray(new Float64Array(2))).toMatchObject({ dtype: undefined, hostType: 'float64' });
    expect(hostArray(new Uint8Array(2))).toMatchObject({ dtype: undefined, hostType: 'uint8' });
    expect(hostArray(new NDArray(new Uint8Array(4)))).toMatchObject({ dtype: undefined });
  });

  test('what comes home is exact: uint32 as float64, float16 as float32', () => {
    const words = new Uint32Array([0, 7, 2 ** 32 - 1]);
    expect([...copyFromMapped(words.buffer, 'uint32', 3)]).toEqual([0, 7, 2 ** 32 - 1]);
    const halves = new Uint16Array([0x3c00, 0xc000, 0x7c00, 0xfc00, 0x7e00, 0x0001, 0x8000, 0x3555]);
    const [one, minusTwo, infinity, minusInfinity, nan, least, minusZero, third] = copyFromMapped(
      halves.buffer,
      'float16',
      8,
    );
    expect([one, minusTwo, infinity, minusInfinity]).toEqual([1, -2, Infinity, -Infinity]);
    expect(nan).toBeNaN();
    expect(least).toBe(2 ** -24);
    expect(Object.is(minusZero, -0)).toBe(true);
    expect(third).toBeCloseTo(1 / 3, 3);
    expect(decodeHalf(0x7bff)).toBe(65504);
  });
});
