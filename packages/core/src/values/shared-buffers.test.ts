import { expect, test } from 'vitest';
import { type ValueCodec, valueCodec } from './codec.js';
import { SharedBuffers, viewIn } from './shared-buffers.js';
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

/** A row of numbers whose codec makes of it whatever `encode` says. */
class Row {
  constructor(
    readonly data: Float64Array,
    readonly from: number,
  ) {}
  static readonly [valueCodec]: ValueCodec<Row, readonly unknown[]> = {
    tag: 'Row',
    module: 'test:rows',
    exportName: 'Row',
    test: (value): value is Row => value instanceof Row,
    encode: ({ data, from }) => (from < 0 ? [data, 'from the end', -from] : [data, from]),
    decode: (encoded) => new Row(encoded[0] as Float64Array, encoded.at(-1) as number),
  };
}
const findRow = (): ValueCodec => Row[valueCodec] as ValueCodec;
const shared = (...elements: number[]): Float64Array => {
  const data = new Float64Array(new SharedArrayBuffer(8 * elements.length));
  data.set(elements);
  return data;
};

test('C3. what a codec makes of a view on shared memory and numbers is itself numbers', () => {
  const [numbers, other] = [new SharedBuffers(), new SharedBuffers(1)];
  const row = new Row(shared(1, 2, 3), 2);
  const sent = snapshot(row, { codecs: [], label: 'x', copy: true, numbers });
  expect(viewIn(sent?.value)).toEqual([0, 'Float64Array', 0, 3, 'Row', 2]);
  expect([sent?.codecs, sent?.buffers, sent?.shared]).toEqual([[Row[valueCodec]], [row.data.buffer], 24]);
  const held = other.adoptAll(structuredClone(numbers.numbered(sent?.buffers)));
  const got = restore(structuredClone(sent?.value), findRow, other) as Row;
  expect(got).toBeInstanceOf(Row);
  expect([got.from, ...got.data]).toEqual([2, 1, 2, 3]);
  expect(got.data.buffer).toBe(held?.[0]);
  row.data[0] = 9;
  expect(got.data[0]).toBe(9);
});

test.each<[string, (row: Row) => unknown]>([
  ['with anything but numbers besides', ({ data }) => new Row(data, -2)],
  ['on ordinary memory', () => new Row(new Float64Array(3), 2)],
])('a value %s crosses as every other', (_, made) => {
  const numbers = new SharedBuffers();
  const row = made(new Row(shared(1, 2, 3), 2)) as Row;
  const sent = snapshot(row, { codecs: [], label: 'x', copy: false, numbers });
  expect(viewIn(sent?.value)).toBeUndefined();
  const other = new SharedBuffers(1);
  const held = other.adoptAll(structuredClone(numbers.numbered(sent?.buffers)));
  const got = restore(structuredClone(sent?.value), findRow, other) as Row;
  expect([held?.length ?? 0, got.from, ...got.data]).toEqual([held?.length ?? 0, 2, ...row.data]);
});

test('inside a value, views that are the same object stay the same object', () => {
  const numbers = new SharedBuffers();
  const row = new Row(shared(1, 2, 3), 2);
  const value = { rows: [row, new Row(row.data, 1), row], data: row.data };
  const sent = snapshot(value, { codecs: [], label: 'x', copy: true, numbers });
  const other = new SharedBuffers(1);
  const held = other.adoptAll(structuredClone(numbers.numbered(sent?.buffers)));
  const got = restore(structuredClone(sent?.value), findRow, other) as typeof value;
  expect([got.rows[0], got.rows[1]?.data, got.rows[0]?.data]).toEqual([got.rows[2], got.data, got.data]);
  expect(got.rows[0]).toBe(got.rows[2]);
  expect(got.rows[1]?.data).toBe(got.data);
  expect(got.data.buffer).toBe(held?.[0]);
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
