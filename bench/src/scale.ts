/** @file Does a large graph cost more per task than a small one, and what does a waiting task weigh? */
import type { Bench, Harness } from './harness.js';

const THREADS = 2;

export const scale: Bench = {
  name: 'scale',
  question: 'Do a million tasks cost as much per task as ten thousand, and how many bytes is one that waits?',
  async run(harness: Harness) {
    const poniard = await harness.node('poniard', 'poniard', { threads: THREADS });
    const large = harness.size(1_000_000, 100_000);
    const small = 10_000;
    const number = (n: number) => n.toLocaleString('en-US');

    const few = { tasks: small, repeats: harness.size(20, 5) };
    await harness.row({
      name: `one graph (a tree) of ${number(large)} tasks`,
      unit: 'µs per task',
      entries: [
        { name: 'poniard', contestant: poniard, job: 'graph', params: { tasks: large, repeats: 1 } },
        { name: `at ${number(small)}`, contestant: poniard, job: 'graph', params: few },
      ],
      target: { [`at ${number(small)}`]: 1 / 1.3 },
    });

    const batch = harness.size(100_000, 10_000);
    await harness.row({
      name: `${number(batch)} independent no-ops after ${number(large)} finished tasks`,
      unit: 'µs per task',
      entries: [
        { name: 'poniard', contestant: poniard, job: 'afterMany', params: { tasks: batch, before: large } },
        {
          name: 'at first',
          contestant: poniard,
          job: 'atFirst',
          params: { tasks: batch },
          note: 'a new runtime in the same process, so that both run compiled code',
        },
      ],
      target: { 'at first': 1 / 1.2 },
    });

    const waiting = harness.size(200_000, 50_000);
    await harness.row({
      name: `memory of a waiting task, of ${number(waiting)} behind one`,
      unit: 'bytes',
      entries: [{ name: 'poniard', contestant: poniard, job: 'waitingBytes', params: { tasks: waiting } }],
      constants: { limit: 700 },
      target: { limit: 1 },
      rounds: Math.min(harness.rounds, 3),
    });
  },
};
