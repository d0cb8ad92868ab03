/** @file How much of the machine do a few hundred short computations use? */
import type { Bench, Harness } from './harness.js';

const THREADS = 2;

export const parallel: Bench = {
  name: 'parallel',
  question: 'How near to (total work ÷ threads) do 200 tasks of 5 ms of pure computation come?',
  async run(harness: Harness) {
    const poniard = await harness.node('poniard', 'poniard', { threads: THREADS });
    const piscina = await harness.node('piscina', 'piscina', { threads: THREADS, concurrent: 1 });
    const calibrator = piscina ?? poniard;
    if (calibrator === undefined) return;
    // Everybody runs the same number of iterations. Total work is the sum of what the tasks themselves measured,
    // so that a machine that slows down meanwhile slows both sides of the fraction.
    const iterations = await harness.once(calibrator, 'iterations', { ms: 5 });
    const tasks = harness.size(200, 100);
    const params = { tasks, iterations };
    await harness.row({
      name: `${tasks} tasks of 5 ms: total work ÷ ${THREADS} threads ÷ wall time`,
      unit: 'of the ideal',
      better: 'higher',
      entries: [
        { name: 'poniard', contestant: poniard, job: 'compute', params },
        { name: 'piscina', contestant: piscina, job: 'compute', params },
      ],
      constants: { ideal: 1 },
      target: { ideal: 0.95 },
    });
  },
};
