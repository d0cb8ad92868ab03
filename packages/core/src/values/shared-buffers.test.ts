import { expect, test } from 'vitest';
import { SharedBuffers } from './shared-buffers.js';
import { restore, snapshot } from './snapshot.js';

const noCodec = (tag: string): never => {
  throw new TypeError(`no codec for ${tag}`);
};

/** Another thread's end: takes what crosses as structured clone delivers it. */
function receiver() {
  const numbers = new SharedBuffers(1);
  return {
    numbers,
    take(value: unknown, crossed: ReturnType<SharedBuffers['numbered']>) {
      const held = numbers.adoptAll(structuredClone(crossed));
      return { held, value: restore(structuredClone(value), noCodec, numbers) };
    },
  };
}

test('C3. a view on shared memory crosses as a few numbers once its buffer has crossed', () => {
  const numbers = new SharedBuffers();
  const data = new Float64Array(new SharedArrayBuffer(8 * 1000), 80, 10).fill(3);
  const sent = snapshot({ data }, { codecs: [], label: 'x', copy: true, numbers });
  expect(sent?.buffers).toEqual([data.buffer]);
  expect(JSON.stringify(sent?.value)).toMatch(/^\{"data":\{.*\[0,"Float64Array",80,10\]/);
  const { value } = receiver().take(sent?.value, numbers.numbered(sent?.buffers)) as {
    value: { data: Float64Array };
  };
  expect(value.data).toBeInstanceOf(Float64Array);
  expect([value.data.byteOffset, value.data.length]).toEqual([80, 10]);
  data[0] = 7;
  expect(value.data[0]).toBe(7);
});

test('a thread has one object for a buffer, however often it comes', () => {
  const numbers = new SharedBuffers();
  const buffer = new SharedArrayBuffer(64);
  const other = receiver();
  const first = other.take(buffer, numbers.numbered([buffer]));
  const second = other.take(buffer, numbers.numbered([buffer]));
  expect(second.held?.[0]).toBe(first.held?.[0]);
});

test('threads never give the same number to different buffers', () => {
  const [a, b] = [new SharedBuffers(1), new SharedBuffers(2)];
  expect(a.id(new SharedArrayBuffer(8))).not.toBe(b.id(new SharedArrayBuffer(8)));
});

test('C3. a large array on ordinary memory is copied to shared memory once, and named by number', () => {
  const numbers = new SharedBuffers();
  const sent = snapshot(new Float64Array(100_000).fill(1), { codecs: [], label: 'x', copy: true, numbers });
  expect(sent?.buffers).toHaveLength(1);
  const { value } = receiver().take(sent?.value, numbers.numbered(sent?.buffers)) as { value: Float64Array };
  expect([value.length, value[99_999], value.buffer instanceof SharedArrayBuffer]).toEqual([
    100_000,
    1,
    true,
  ]);
});

test('views on one buffer still share it, and a whole shared buffer comes back as one', () => {
  const numbers = new SharedBuffers();
  const buffer = new SharedArrayBuffer(16);
  const value = { buffer, bytes: new Uint8Array(buffer), view: new DataView(buffer, 4, 8) };
  const sent = snapshot(value, { codecs: [], label: 'x', copy: true, numbers });
  expect(sent?.buffers).toHaveLength(1);
  const got = receiver().take(sent?.value, numbers.numbered(sent?.buffers)).value as typeof value;
  expect(got.bytes.buffer).toBe(got.buffer);
  expect([got.view.byteOffset, got.view.byteLength]).toEqual([4, 8]);
});

test('a number that this thread does not know is an error, not an empty array', () => {
  const numbers = new SharedBuffers();
  const buffer = new SharedArrayBuffer(8);
  const sent = snapshot(new Uint8Array(buffer), { codecs: [], label: 'x', copy: true, numbers });
  expect(() => restore(structuredClone(sent?.value), noCodec, new SharedBuffers(5))).toThrow(
    /not known on this thread/,
  );
  expect(() => restore(structuredClone(sent?.value), noCodec)).toThrow(/by number/);
});
