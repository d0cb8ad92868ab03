/// <reference types="@webgpu/types" preserve="true" />
import { expect, test } from 'vitest';
import { Timestamps } from './timestamps.js';

/** A device whose counters are what the test says, in ns. */
function fakeDevice(counters: bigint[]) {
  const made: { destroyed: boolean }[] = [];
  const create = () => {
    const one = {
      destroyed: false,
      destroy: () => {
        one.destroyed = true;
      },
      mapAsync: async () => {},
      getMappedRange: () => BigUint64Array.from(counters).buffer,
      unmap() {},
    };
    made.push(one);
    return one;
  };
  return { device: { createBuffer: create, createQuerySet: create } as unknown as GPUDevice, made };
}

test('P2. a submission is timed from its first pass to its last, and each section by itself', async () => {
  const { device, made } = fakeDevice([1000n, 9000n, 2000n, 4000n, 5000n, 8000n]);
  const timestamps = new Timestamps(device);
  const watch = timestamps.take();
  const slots = [timestamps.section(watch), timestamps.section(watch)];
  expect(slots).toEqual([1, 2]);
  expect(timestamps.pass(watch, 0)).toMatchObject({ beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 });
  expect(timestamps.pass(watch, 1)).toMatchObject({ beginningOfPassWriteIndex: 2, endOfPassWriteIndex: 3 });
  expect(timestamps.pass(watch, 2)).toMatchObject({ beginningOfPassWriteIndex: 4, endOfPassWriteIndex: 5 });
  // A slot begins once, and ends with its last pass.
  expect(timestamps.pass(watch, 0)).not.toHaveProperty('beginningOfPassWriteIndex');
  const { sections } = watch;
  expect(await timestamps.read(watch)).toBe(8);
  expect(sections.map(({ micros }) => micros)).toEqual([undefined, 2, 3]);
  expect(timestamps.take()).toBe(watch);
  timestamps.close();
  expect(made.map(({ destroyed }) => destroyed)).toEqual([true, true, true]);
});

test('there are sections for a limited number of calls', () => {
  const timestamps = new Timestamps(fakeDevice([]).device);
  const watch = timestamps.take();
  const slots = Array.from({ length: 20 }, () => timestamps.section(watch));
  expect(slots.filter((slot) => slot !== undefined)).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
});
