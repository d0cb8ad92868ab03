import { expect, test } from 'vitest';
import { allocate } from './memory.js';

test('arrays are shared, zeroed, and as long as asked for', () => {
  for (const length of [0, 1, 511, 512, 100_000]) {
    const data = allocate('float64', length);
    expect([data.length, data.buffer instanceof SharedArrayBuffer]).toEqual([length, true]);
    expect(data.every((value) => value === 0)).toBe(true);
  }
});

test('large buffers consist of huge pages, whatever the length of the array', () => {
  const data = allocate('float64', 300_000);
  expect(data.length).toBe(300_000);
  expect(data.buffer).toMatchObject({ growable: true, byteLength: 4 * 1024 * 1024 });
  expect(allocate('float64', 100_000).buffer).toMatchObject({ growable: false, byteLength: 800_000 });
});

test('arrays that were dropped are collected without being asked for', () => {
  const bytes = 16 * 1024 * 1024;
  const before = process.memoryUsage.rss();
  let peak = 0;
  for (let round = 0; round < 96; round++) {
    const data = allocate('uint8', bytes);
    for (let at = 0; at < bytes; at += 4096) data[at] = 1;
    peak = Math.max(peak, process.memoryUsage.rss() - before);
  }
  // All 96 would be 1.5 GiB. V8 lets about a dozen come together, now one more and now one less.
  expect(peak).toBeLessThan(24 * bytes);
});

test('what has no room is refused', () => {
  expect(() => allocate('uint8', 2 ** 33)).toThrow(RangeError);
  expect(() => allocate('uint8', -1)).toThrow(RangeError);
  expect(() => allocate('float16' as never, 1)).toThrow('no element type "float16"');
});
