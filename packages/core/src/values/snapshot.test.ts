import { deepStrictEqual } from 'node:assert';
import { runInNewContext } from 'node:vm';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Encoded, isPrimitive, restore, type SnapshotOptions, snapshot } from './snapshot.js';

const OPTIONS: SnapshotOptions = { codecs: [], label: 'argument 2 of blur (#7)', copy: true };
const RESULT: SnapshotOptions = { ...OPTIONS, label: 'the result of blur (#7)', copy: false };

function take(value: unknown, options = OPTIONS): Encoded {
  const encoded = snapshot(value, options);
  if (encoded === undefined) throw new Error('gave up without a limit');
  return encoded;
}

/** Through a real port, as a lane does it. */
function arrive(encoded: Encoded): unknown {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(encoded.value);
  const { message } = receiveMessageOnPort(port2) as { message: unknown };
  port1.close();
  if (encoded.codecs === undefined) return message;
  return restore(message, (tag) => {
    throw new Error(`no codec for ${tag}`);
  });
}

const cross = <T>(value: T, options = OPTIONS) => arrive(take(value, options)) as T;

const anything = fc.anything({
  values: [
    fc.boolean(),
    fc.integer(),
    fc.double(),
    fc.string(),
    fc.bigInt(),
    fc.constantFrom(null, undefined),
    // Node's deepStrictEqual finds no two invalid dates equal inside a set.
    fc.date({ noInvalidDate: true }),
  ],
  withBoxedValues: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withSparseArray: true,
  withNullPrototype: true,
  key: fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', '0', 'length', 'toString')),
});

/** Changes everything that can be changed inside a value. */
function scramble(value: unknown, seen = new Set<unknown>()): void {
  if (typeof value !== 'object' || value === null || value instanceof String || seen.has(value)) return;
  seen.add(value);
  if (ArrayBuffer.isView(value)) {
    new Uint8Array(value.buffer).fill(77);
  } else if (value instanceof Date) {
    value.setTime(1);
  } else if (value instanceof Map) {
    for (const [key, item] of value) scramble([key, item], seen);
    value.clear();
  } else if (value instanceof Set) {
    for (const item of value) scramble(item, seen);
    value.clear();
  } else {
    for (const key of Object.keys(value)) {
      const record = value as Record<string, unknown>;
      scramble(record[key], seen);
      Object.defineProperty(record, key, { value: 'changed', writable: true, configurable: true });
    }
  }
}

describe('plain values', () => {
  test('S4. any plain value arrives as structuredClone would deliver it', () => {
    fc.assert(
      fc.property(anything, fc.boolean(), (value, copy) => {
        deepStrictEqual(cross(value, copy ? OPTIONS : RESULT), structuredClone(value));
      }),
      { numRuns: 500 },
    );
  });

  test('S4. changing an argument after the snapshot changes nothing', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const before = structuredClone(value);
        const encoded = take(value);
        scramble(value);
        deepStrictEqual(encoded.value, before);
      }),
      { numRuns: 500 },
    );
  });

  test('S4. a snapshot leaves its input as it was', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const before = structuredClone(value);
        take(value);
        take(value, RESULT);
        deepStrictEqual(structuredClone(value), before);
      }),
    );
  });

  test('primitives cross as they are and need no restoring', () => {
    for (const value of [0, -0, Number.NaN, 'text', '', true, null, undefined, 10n]) {
      expect(isPrimitive(value)).toBe(true);
      expect(take(value)).toMatchObject({ value, shared: 0, codecs: undefined });
    }
    expect(isPrimitive({})).toBe(false);
    expect(isPrimitive(() => 1)).toBe(false);
    expect(isPrimitive(Symbol('s'))).toBe(false);
  });

  test('cycles and shared parts stay what they are, through objects, arrays, maps and sets', () => {
    const shared = { n: 1, date: new Date(5) };
    const value: Record<string, unknown> = { a: shared, list: [shared], date: shared.date };
    value['self'] = value;
    value['map'] = new Map<unknown, unknown>([[shared, value]]);
    value['set'] = new Set([value, shared]);
    const copy = cross(value) as typeof value & { map: Map<unknown, unknown>; set: Set<unknown> };
    expect(copy['self']).toBe(copy);
    expect((copy['list'] as unknown[])[0]).toBe(copy['a']);
    expect(copy.map.get(copy['a'])).toBe(copy);
    expect(cross(new Date(Number.NaN)).getTime()).toBeNaN();
    expect([...copy.set]).toEqual([copy, copy['a']]);
    expect(copy['date']).toBe((copy['a'] as typeof shared).date);
  });

  test('getters are read, symbol keys and inherited properties are left out', () => {
    const value = Object.defineProperty({ [Symbol('hidden')]: () => 1, a: 1 }, 'b', {
      enumerable: true,
      get: () => [2],
    });
    const encoded = take(value).value as object;
    expect(Reflect.ownKeys(encoded)).toEqual(['a', 'b']);
    expect(encoded).toEqual({ a: 1, b: [2] });
  });

  test('a key named __proto__ is data, at any depth', () => {
    const value = JSON.parse('{"__proto__": {"polluted": {"x": [1]}}, "a": {"__proto__": 5}}') as object;
    const copy = cross(value);
    deepStrictEqual(copy, value);
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect('polluted' in copy).toBe(false);
  });

  test('what someone added to Object.prototype does not travel', () => {
    Object.defineProperty(Object.prototype, 'added', {
      value: () => 1,
      enumerable: true,
      configurable: true,
      writable: true,
    });
    try {
      expect(Object.keys(take({ a: { b: 1 } }).value as object)).toEqual(['a']);
    } finally {
      delete (Object.prototype as { added?: unknown }).added;
    }
  });

  test.each([5, 20_000])('an array of %i elements keeps its named properties', (length) => {
    const rows = Object.assign(
      Array.from({ length }, (_, i) => i),
      { columns: ['a', 'b'], extra: { deep: [1] } },
    );
    const copy = cross(rows);
    expect(copy.columns).toEqual(['a', 'b']);
    expect(copy.extra).toEqual({ deep: [1] });
    expect(copy.extra).not.toBe(rows.extra);
    expect(copy).toHaveLength(length);
    expect(copy.at(-1)).toBe(length - 1);
    const match = /(?<word>b)/.exec('abc') as RegExpExecArray;
    expect(cross(match).groups?.['word']).toBe('b');
  });

  test('a very long array with few elements costs what it holds', () => {
    const sparse: unknown[] = [];
    sparse[4e9] = { x: 1 };
    sparse[3] = 'three';
    const copy = cross(sparse);
    expect(copy).toHaveLength(4e9 + 1);
    expect(Object.keys(copy)).toEqual(['3', '4000000000']);
    expect(copy[4e9]).toEqual({ x: 1 });
  });

  test('values of another realm cross, as those of vm contexts and frames', () => {
    const value: unknown = runInNewContext(`({
      object: { a: [1, , 3] }, map: new Map([[1, new Set([2])]]), date: new Date(7), pattern: /x/gi,
      floats: new Float64Array([1, 2]), bytes: new Uint8Array([1]).buffer, boxed: Object(5),
      shared: new Int32Array(new SharedArrayBuffer(8)), nothing: Object.create(null), error: new RangeError('far'),
    })`);
    const copy = cross(value) as Record<string, unknown>;
    expect(copy['object']).toEqual({ a: [1, undefined, 3] });
    expect(copy['map']).toEqual(new Map([[1, new Set([2])]]));
    expect(copy['date']).toEqual(new Date(7));
    expect(copy['pattern']).toEqual(/x/gi);
    expect(copy['floats']).toEqual(new Float64Array([1, 2]));
    expect((copy['bytes'] as ArrayBuffer).byteLength).toBe(1);
    expect((copy['shared'] as Int32Array).buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(copy['error']).toBeInstanceOf(RangeError);
  });

  test('a proxy of plain data arrives as plain data, though structuredClone refuses it', () => {
    const proxy = new Proxy({ list: new Proxy([1, { a: 2 }], {}) }, {});
    expect(() => structuredClone(proxy)).toThrow();
    expect(cross(proxy, RESULT)).toEqual({ list: [1, { a: 2 }] });
  });

  test('nesting up to 1,000 levels crosses', () => {
    let value: unknown = 'end';
    for (let i = 0; i < 1000; i++) value = i % 2 ? { next: value } : [value];
    expect(() => cross(value)).not.toThrow();
  });
});

describe('classes of the platform', () => {
  test('URL, URLSearchParams, Headers, Buffer and File come back as what they are', async () => {
    const value = {
      url: new URL('https://example.org/a?b=1'),
      query: new URLSearchParams('a=1&b=2'),
      headers: new Headers({ accept: 'x' }),
      buffer: Buffer.from('text'),
      file: new File(['content'], 'name.txt', { type: 'text/plain', lastModified: 5 }),
    };
    const copy = cross(new Map([[value.url, value]]))
      .entries()
      .next().value;
    const [key, back] = copy as [URL, typeof value];
    expect(back.url).toBeInstanceOf(URL);
    expect(back.url.href).toBe(value.url.href);
    expect(key).toBe(back.url);
    expect(String(back.query)).toBe('a=1&b=2');
    expect(back.headers.get('accept')).toBe('x');
    expect(Buffer.isBuffer(back.buffer)).toBe(true);
    expect(back.buffer.toString()).toBe('text');
    expect(back.file).toBeInstanceOf(File);
    expect(back.file).toMatchObject({ name: 'name.txt', type: 'text/plain', lastModified: 5 });
    expect(await back.file.text()).toBe('content');
  });

  test('only built-in codecs: no codec is named, but restoring is asked for', () => {
    expect(take(new URL('a:b')).codecs).toEqual([]);
    expect(take({ a: 1 }).codecs).toBeUndefined();
  });

  test('what structured clone carries with its class passes', async () => {
    const { Module } = (
      globalThis as unknown as { WebAssembly: { Module: new (code: Uint8Array) => object } }
    ).WebAssembly;
    const module = new Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
    const value = { blob: new Blob(['abc']), module };
    expect(await cross(value).blob.text()).toBe('abc');
    expect(cross(value).module).toBeInstanceOf(Module);
  });
});

describe('the limit', () => {
  const limited: SnapshotOptions = { ...RESULT, limit: 1000 };

  test.each([
    ['a string', 'x'.repeat(2000)],
    ['an array', new Array(1000).fill(1)],
    ['many strings', ['x'.repeat(600), 'x'.repeat(600)]],
    ['a deep structure', { a: Array.from({ length: 100 }, () => ({ b: 1 })) }],
    ['a typed array', new Float64Array(1000)],
    ['an array that would have to be copied into shared memory', new Float64Array(100_000)],
    ['a map', new Map(Array.from({ length: 200 }, (_, i) => [i, i]))],
    ['an error', Object.assign(new Error('e'), { body: 'x'.repeat(2000) })],
  ])('%s above the limit stays where it is', (_, value) => {
    expect(snapshot(value, limited)).toBeUndefined();
  });

  test('what is on shared memory already does not count', () => {
    const view = new Float64Array(new SharedArrayBuffer(800_000));
    expect(snapshot({ view }, limited)).toMatchObject({ shared: 800_000 });
    expect(snapshot({ a: [1, 2, 'x'] }, limited)?.bytes).toBeLessThan(100);
  });

  test('a huge array is given up before it is looked at', () => {
    const touched: unknown[] = [];
    const array = new Proxy(new Array(1e6).fill(0), {
      get(target, key) {
        touched.push(key);
        return Reflect.get(target, key);
      },
    });
    expect(snapshot(array, limited)).toBeUndefined();
    expect(touched).toEqual(['length']);
  });
});
