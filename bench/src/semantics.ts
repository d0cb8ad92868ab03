/** @file What do options, caches, closures, nested tasks and lazy graphs cost? Tasks that do nothing, as in `overhead`. */
import type { Bench, Entry, Harness } from './harness.js';
import type { Params } from './rivals/rival.js';

const THREADS = 2;
const UNIT = 'µs per task';
/** In µs: what a closure may cost that was never seen before. */
const CLOSURE_LIMIT = 300;

export const semantics: Bench = {
  name: 'semantics',
  question: 'What do options, cached calls, closures, nested tasks and lazy graphs cost?',
  async run(harness: Harness) {
    const poniard = await harness.node('poniard', 'poniard-semantics', { threads: THREADS });
    const piscina = await harness.node('piscina', 'piscina', { threads: THREADS, concurrent: 1 });
    const workerpool = await harness.node('workerpool', 'workerpool', { threads: THREADS });
    const effect = await harness.node('effect', 'effect');
    const pGraph = await harness.node('p-graph', 'p-graph');
    const python = (kind: string) =>
      harness.python(`dask ${kind}`, 'dask_rival.py', [kind, String(THREADS)], ['dask', 'distributed']);
    const distributed = await python('distributed');
    const threaded = await python('threaded');
    const entry = (
      name: string,
      contestant: Entry['contestant'],
      job: string,
      params: Params,
      note?: string,
    ): Entry => ({ name, contestant, job, params, ...(note === undefined ? {} : { note }) });
    const text = (number: number): string => number.toLocaleString('en-US');

    const spawns = harness.size(10_000, 500);
    await harness.row({
      name: `${text(spawns)} spawns, each in its own withOptions`,
      unit: UNIT,
      entries: [
        entry('poniard', poniard, 'options', { tasks: spawns }),
        entry('piscina', piscina, 'options', { tasks: spawns }, 'run() with an option'),
      ],
      target: { piscina: 4 },
    });

    const calls = { tasks: harness.size(10_000, 500), calls: 100 };
    const fewer = harness.size(1000, 100);
    await harness.row({
      name: `${text(calls.tasks)} cached calls, 100 of them different`,
      unit: UNIT,
      entries: [
        entry('poniard', poniard, 'cached', calls),
        entry('piscina', piscina, 'independent', { tasks: calls.tasks }, 'has no cache and runs all'),
        entry(
          'dask distributed',
          distributed,
          'cached',
          { tasks: fewer, calls: 100 },
          `${text(fewer)} futures with pure=True`,
        ),
      ],
      target: { piscina: 10, 'dask distributed': 50 },
    });

    const closures = harness.size(1000, 100);
    const some = harness.size(200, 20);
    await harness.row({
      name: `${text(closures)} distinct closures`,
      unit: UNIT,
      entries: [
        entry('poniard', poniard, 'closures', { tasks: closures }),
        entry('workerpool', workerpool, 'closures', { tasks: closures }, 'functions as text, values passed'),
        entry('dask distributed', distributed, 'closures', { tasks: some }, `${text(some)} lambdas`),
      ],
      constants: { limit: CLOSURE_LIMIT },
      target: { limit: 1 },
    });

    const n = harness.size(18, 10);
    const small = harness.size(9, 5);
    await harness.row({
      name: `Fibonacci(${n}) by tasks that spawn tasks`,
      unit: UNIT,
      entries: [
        entry('poniard', poniard, 'nested', { n }),
        entry('effect', effect, 'nested', { n }, 'fibers on one thread, nothing crosses'),
        entry('dask distributed', distributed, 'nested', { n: small }, `Fibonacci(${small}), worker_client`),
      ],
      target: { 'dask distributed': 20 },
    });

    const nodes = harness.size(100_000, 5000);
    const part = harness.size(10_000, 1000);
    await harness.row({
      name: `lazy graph of ${text(nodes)}, built and collected`,
      unit: UNIT,
      entries: [
        entry('poniard', poniard, 'lazy', { tasks: nodes }),
        entry('p-graph', pGraph, 'lazy', { tasks: nodes }, 'on one thread, nothing crosses'),
        entry('dask threaded', threaded, 'lazy', { tasks: part }, `delayed, ${text(part)} nodes`),
        entry('piscina', piscina, 'tree', { leaves: nodes + 1 }, 'the graph written by hand'),
      ],
      target: { piscina: 6, 'dask threaded': 20 },
    });
  },
};
