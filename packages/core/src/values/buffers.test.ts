import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SHARE_ABOVE, sharedBuffer } from './buffers.js';
import { type SnapshotOptions, snapshot } from './snapshot.js';

const ARGUMENT: SnapshotOptions = { codecs: [], label: 'argument 1 of f (#1)', copy: true };
const RESULT: SnapshotOptions = { ...ARGUMENT, copy: false };

function take<T>(value: T, options = ARGUMENT) {
  const encoded = snapshot(value, options);
  if (encoded === undefined) throw new Error('gave up without a limit');
  return { ...encoded, value: encoded.value as T };
}

function post<T>(value: T): T {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(value);
  const { message } = receiveMessageOnPort(port2) as { message: T };
  port1.close();
  return message;
}

const TYPED = [Int8Array, Uint8ClampedArray, Uint16Array, Int32Array, Float32Array, Float64Array] as const;

describe('shared memory', () => {
  test('C3. a view on shared memory passes by reference, whatever its size', () => {
    for (const length of [1, 1_000_000]) {
      const view = new Float64Array(new SharedArrayBuffer(8 * length));
      const encoded = take({ view });
      expect(encoded.value.view).toBe(view);
      expect(encoded.shared).toBe(8 * length);
      expect(encoded.bytes).toBeLessThan(100);
      post(encoded.value).view[0] = 42;
      expect(view[0]).toBe(42);
    }
  });

  test.each(TYPED.map((Type) => [Type.name, Type] as const))(
    'C3. a large %s is copied into shared memory once and keeps its class',
    (_, Type) => {
      const source = new Type(2 * SHARE_ABOVE).fill(3);
      for (const options of [ARGUMENT, RESULT]) {
        const { value, shared } = take(source, options);
        expect(value).toBeInstanceOf(Type);
        expect(value.buffer).toBeInstanceOf(SharedArrayBuffer);
        expect(value.every((item) => item === 3)).toBe(true);
        expect(shared).toBe(source.byteLength);
        expect(take(value, options).value).toBe(value);
        const arrived = post(value);
        arrived[0] = 9;
        expect(value[0]).toBe(9);
        expect(source[0]).toBe(3);
      }
    },
  );

  test('large shared buffers are growable, hence on a page; their views have a length of their own', () => {
    const { value } = take(new Float64Array(1 << 18));
    const buffer = value.buffer as unknown as { growable: boolean; maxByteLength: number };
    expect(buffer.growable).toBe(true);
    expect(buffer.maxByteLength).toBe(value.byteLength);
    expect(sharedBuffer(100)?.byteLength).toBe(100);
  });
});

describe('ordinary memory', () => {
  test('S4. an argument is a private copy; a small result is left where it is', () => {
    const source = new Float64Array([1, 2, 3]);
    const { value, bytes } = take(source);
    source[0] = 9;
    expect([...value]).toEqual([1, 2, 3]);
    expect(bytes).toBeGreaterThanOrEqual(24);
    expect(take(source, RESULT).value).toBe(source);
  });

  test('a part of a large array costs its own size, not that of its buffer', () => {
    const all = new Float64Array(1_000_000);
    all[500] = 7;
    for (const options of [ARGUMENT, RESULT]) {
      const { value, bytes, shared } = take(all.subarray(500, 510), options);
      expect(value.buffer.byteLength).toBe(80);
      expect(bytes).toBeLessThan(200);
      expect(shared).toBe(0);
      expect(value[0]).toBe(7);
    }
  });

  test('a Buffer from the pool takes nothing of its neighbours along', () => {
    const { value } = take({ secret: Buffer.from('x') });
    const bytes = (value.secret as unknown as { value: Uint8Array }).value;
    expect(bytes.buffer.byteLength).toBe(1);
  });

  test('an ArrayBuffer stays an ArrayBuffer, small or large', () => {
    for (const size of [8, 2 * SHARE_ABOVE]) {
      const buffer = new Uint8Array(size).fill(5).buffer;
      const { value, bytes } = take(buffer);
      expect(value).toBeInstanceOf(ArrayBuffer);
      expect(value).not.toBe(buffer);
      expect(new Uint8Array(value).every((byte) => byte === 5)).toBe(true);
      expect(bytes).toBeGreaterThanOrEqual(size);
    }
  });

  test.each([
    ['a view and its buffer', (b: ArrayBuffer) => [new Uint8Array(b), b]],
    ['a buffer and its view', (b: ArrayBuffer) => [b, new Uint8Array(b)]],
    ['a part and its buffer', (b: ArrayBuffer) => [new Uint8Array(b, 1, 5), b]],
  ])('%s stay on the same bytes', (_, make) => {
    for (const size of [16, 2 * SHARE_ABOVE]) {
      const parts = take(make(new ArrayBuffer(size))).value as [Uint8Array, ArrayBuffer];
      const view = parts.find((part) => ArrayBuffer.isView(part)) as Uint8Array;
      const buffer = parts.find((part) => part instanceof ArrayBuffer);
      expect(view.buffer).toBe(buffer);
    }
  });

  test('views of any kind on one buffer see the same bytes as before, and each other', () => {
    type View = new (buffer: ArrayBuffer, offset: number, length: number) => ArrayBufferView;
    const kinds: readonly (View & { BYTES_PER_ELEMENT?: number })[] = [
      Uint8Array,
      Uint16Array,
      Float64Array,
      DataView,
    ];
    const size = 64;
    const view = fc.tuple(fc.constantFrom(...kinds), fc.nat(size), fc.nat(size)).map(([Kind, at, length]) => {
      const step = Kind.BYTES_PER_ELEMENT ?? 1;
      const offset = at - (at % step);
      const count = Math.floor(Math.min(length, size - offset) / step);
      return (buffer: ArrayBuffer) => new Kind(buffer, offset, count);
    });
    fc.assert(
      fc.property(fc.array(view, { maxLength: 6 }), fc.nat(size - 1), fc.boolean(), (makers, at, copy) => {
        const buffer = Uint8Array.from({ length: size }, (_, i) => i).buffer;
        const views = makers.map((make) => make(buffer));
        const copies = post(take(views, copy ? ARGUMENT : RESULT).value);
        const bytes = (v: ArrayBufferView) => [...new Uint8Array(v.buffer, v.byteOffset, v.byteLength)];
        expect(copies.map(bytes)).toEqual(views.map(bytes));
        expect(copies.map((v) => v.constructor)).toEqual(views.map((v) => v.constructor));
        // Write one byte of the original, and the same byte through the first copy that shows it.
        new Uint8Array(buffer)[at] = 200;
        const first = views.findIndex((v) => v.byteOffset <= at && at < v.byteOffset + v.byteLength);
        if (first === -1) return;
        const copied = copies[first] as ArrayBufferView;
        new Uint8Array(copied.buffer)[copied.byteOffset + at - (views[first] as ArrayBufferView).byteOffset] =
          200;
        expect(copies.map(bytes)).toEqual(views.map(bytes));
      }),
      { numRuns: 300 },
    );
  });

  test('many pairs of overlapping views are no more than a few walks', () => {
    let read = 0;
    const pairs = Array.from({ length: 200 }, () => {
      const bytes = new Uint8Array(8);
      return {
        get a() {
          read++;
          return bytes.subarray(0, 5);
        },
        b: bytes.subarray(3, 8),
      };
    });
    const copies = take(pairs).value;
    expect(copies.every(({ a, b }) => a.buffer === b.buffer)).toBe(true);
    expect(read).toBeLessThan(1500);
  });

  test('a detached buffer is named', () => {
    const view = new Uint8Array(8);
    structuredClone(view, { transfer: [view.buffer] });
    expect(() => take({ view })).toThrow(/argument 1 of f \(#1\) could not be read at \.view: .*detached/);
  });
});
