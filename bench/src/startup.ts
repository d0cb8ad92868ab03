/** @file How long does a program take from its start to its first result? */
import type { Bench, Harness } from './harness.js';
import { packageVersion } from './rivals/rival.js';

export const startup: Bench = {
  name: 'startup',
  question: 'How long from the start of the process to the first fetched result, and to the process’ end?',
  async run(harness: Harness) {
    const program = async (name: string, settings: string) => {
      const version = await packageVersion(name, import.meta.resolve(name));
      return harness.program(name, `${name}.mjs`, version, settings);
    };
    const poniard = await program('poniard', '2 threads, ends by itself');
    const piscina = await program('piscina', '2 threads, ends by destroy()');
    const rounds = harness.size(Math.max(10, harness.rounds), 3);
    for (const [job, name] of [
      ['first', 'process start to first result'],
      ['exit', 'process start to its end'],
    ] as const) {
      await harness.row({
        name,
        unit: 'ms',
        entries: [
          { name: 'poniard', contestant: poniard, job, params: {} },
          { name: 'piscina', contestant: piscina, job, params: {} },
        ],
        ...(job === 'first' ? { target: { piscina: 1 / 1.2 } } : {}),
        rounds,
      });
    }
  },
};
