/** @file What does a task cost? Tasks that do nothing, so that only the scheduling is left. */
import type { Bench, Entry, Harness } from './harness.js';

const THREADS = 2;

/** Slow rivals do fewer tasks than the row's name says, as many as take about a second; figures are per task. */
export const overhead: Bench = {
  name: 'overhead',
  question: 'What does a task cost, from spawn to its fetched result?',
  async run(harness: Harness) {
    const poniard = await harness.node('poniard', 'poniard', { threads: THREADS });
    const piscina = await harness.node('piscina', 'piscina', { threads: THREADS, concurrent: 1 });
    const piscina16 = await harness.node('piscina ×16', 'piscina', { threads: THREADS, concurrent: 16 });
    const tinypool = await harness.node('tinypool', 'tinypool', { threads: THREADS });
    const workerpool = await harness.node('workerpool', 'workerpool', { threads: THREADS });
    const python = (kind: string) =>
      harness.python(`dask ${kind}`, 'dask_rival.py', [kind, String(THREADS)], ['dask', 'distributed']);
    const distributed = await python('distributed');
    const threaded = await python('threaded');

    const unit = 'µs per task';
    /** An entry that does `done` tasks of the row's `full`. */
    const entry = (
      name: string,
      contestant: Entry['contestant'],
      job: string,
      full: number,
      done: number,
    ) => {
      const key = job === 'tree' ? 'leaves' : 'tasks';
      return {
        name,
        contestant,
        job,
        params: { [key]: done },
        warmUp: { [key]: name === 'poniard' ? done : Math.min(done, harness.size(4096, 256)) },
        ...(done === full
          ? {}
          : { note: `${done.toLocaleString('en-US')} ${key}, its time divided by them` }),
      } satisfies Entry;
    };

    const tasks = harness.size(100_000, 5000);
    const some = harness.size(20_000, 1000);
    const fewer = harness.size(10_000, 500);
    const few = harness.size(500, 50);
    await harness.row({
      name: `${tasks.toLocaleString('en-US')} independent no-ops`,
      unit,
      entries: [
        entry('poniard', poniard, 'independent', tasks, tasks),
        entry('piscina', piscina, 'independent', tasks, tasks),
        entry('piscina ×16', piscina16, 'independent', tasks, some),
        entry('tinypool', tinypool, 'independent', tasks, fewer),
        entry('workerpool', workerpool, 'independent', tasks, fewer),
        entry('dask distributed', distributed, 'independent', tasks, few),
        entry('dask threaded', threaded, 'independent', tasks, harness.size(5000, 1000)),
      ],
      target: { piscina: 8, tinypool: 8, workerpool: 8, 'dask distributed': 100, 'dask threaded': 20 },
    });

    const leaves = harness.size(65_536, 1024);
    await harness.row({
      name: `tree reduction over ${leaves.toLocaleString('en-US')} leaves`,
      unit,
      entries: [
        entry('poniard', poniard, 'tree', leaves, leaves),
        entry('piscina', piscina, 'tree', leaves, leaves),
        entry('dask distributed', distributed, 'tree', leaves, harness.size(512, 32)),
      ],
      target: { piscina: 8, 'dask distributed': 100 },
    });

    const links = harness.size(10_000, 500);
    await harness.row({
      name: `chain of ${links.toLocaleString('en-US')} no-ops`,
      unit,
      entries: [
        entry('poniard', poniard, 'chain', links, links),
        entry('piscina', piscina, 'chain', links, links),
        entry('tinypool', tinypool, 'chain', links, links),
        entry('workerpool', workerpool, 'chain', links, links),
        entry('dask distributed', distributed, 'chain', links, harness.size(200, 20)),
      ],
      target: { piscina: 8, 'dask distributed': 100 },
    });

    const single = harness.size(5000, 500);
    await harness.row({
      name: `${single.toLocaleString('en-US')} no-ops one by one`,
      unit,
      entries: [
        entry('poniard', poniard, 'oneByOne', single, single),
        entry('piscina', piscina, 'oneByOne', single, single),
        entry('tinypool', tinypool, 'oneByOne', single, single),
        entry('workerpool', workerpool, 'oneByOne', single, single),
      ],
      target: { piscina: 1 },
    });
  },
};
