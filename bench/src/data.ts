/** @file What does it cost to hand a large array from thread to thread? */
import type { Bench, Entry, Harness } from './harness.js';

/**
 * The array exists and is full of data before the clock starts, and each task reads 64 elements and writes one.
 * So everybody does the same small work, and what is left is moving: calling thread, first thread, second thread,
 * first thread, calling thread.
 */
export const data: Bench = {
  name: 'data',
  question: 'What does a large array’s way through three tasks on different threads cost?',
  async run(harness: Harness) {
    const mebibytes = harness.size(64, 8);
    const length = (mebibytes * 2 ** 20) / 8;
    // Enough that the code of both sides is compiled: what is measured is moving, not V8 warming up.
    const many = harness.size(1000, 50);
    const poniard = await harness.node('poniard', 'poniard', { threads: 2 });
    const piscina = await harness.node('piscina', 'piscina', { threads: 2, concurrent: 1 });
    const shared: Entry = {
      name: 'piscina shared',
      contestant: piscina,
      job: 'shared',
      params: { length, repeats: many },
      note: 'a Float64Array on a SharedArrayBuffer, passed by hand',
    };
    await harness.row({
      name: `${mebibytes} MiB of float64 through three tasks on two threads`,
      unit: 'ms',
      entries: [
        {
          name: 'poniard',
          contestant: poniard,
          job: 'data',
          params: { length, repeats: many },
          note: 'an NDArray, as the documentation shows',
        },
        {
          name: 'piscina cloning',
          contestant: piscina,
          job: 'cloned',
          params: { length, repeats: 1 },
          note: 'an ordinary Float64Array as argument and result (the default)',
        },
        shared,
        {
          name: 'piscina move',
          contestant: piscina,
          job: 'moved',
          params: { length, repeats: many },
          note: 'an ordinary Float64Array, transferred by transferList and move() each way; the sender loses it',
        },
      ],
      target: { 'piscina cloning': 100, 'piscina shared': 1 },
    });
    await harness.row({
      name: `the same, both a Float64Array on a SharedArrayBuffer`,
      unit: 'ms',
      entries: [
        { name: 'poniard', contestant: poniard, job: 'bareData', params: { length, repeats: many } },
        shared,
      ],
      target: { 'piscina shared': 1 },
    });
  },
};
