/** @file piscina: the pool to beat. */
import { Piscina, version } from 'piscina';
import { iterationsFor, poolJobs, total } from './pool.js';
import { check, count, type Params, type Rival, timed } from './rival.js';
import { fill } from './work.js';

/**
 * Options: `threads`, and `concurrent` (piscina's `concurrentTasksPerWorker`; 1 is its default). Everything else
 * is piscina's default, which is its fastest for this work: `atomics: 'sync'` and the FixedQueue.
 */
export async function createRival(options: Params): Promise<Rival> {
  const threads = count(options, 'threads');
  const concurrent = count(options, 'concurrent');
  const filename = new URL('./pool-worker.js', import.meta.url).href;
  const pool = new Piscina({
    filename,
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: concurrent,
  });
  await Promise.all(Array.from({ length: threads * 8 }, (_, i) => pool.run([i, 1])));

  const runCompute = (iterations: number) => pool.run(iterations, { name: 'compute' }) as Promise<number>;

  // A pool cannot be told on which thread a task runs; two pools of one thread can.
  const moveFile = new URL('./move-worker.js', import.meta.url).href;
  const single: Piscina[] = [];
  const singles = (): Piscina[] => {
    while (single.length < 2) single.push(new Piscina({ filename, minThreads: 1, maxThreads: 1 }));
    return single;
  };

  return {
    version,
    settings: `run(), ${threads} threads, ${concurrent === 1 ? 'defaults' : `concurrentTasksPerWorker: ${concurrent}`}`,
    jobs: {
      ...poolJobs((a, b) => pool.run([a, b]) as Promise<number>),

      /** With options for each task; piscina has one that every task may have, the function's name. */
      options: poolJobs((a, b) => pool.run([a, b], { name: 'default' }) as Promise<number>).independent,

      async compute(params) {
        const tasks = count(params, 'tasks');
        const iterations = count(params, 'iterations');
        let times: number[] = [];
        const wall = await timed(async () => {
          const runs = Array.from({ length: tasks }, () => runCompute(iterations));
          times = await Promise.all(runs);
        });
        return total(times) / threads / wall;
      },

      iterations: (params) => iterationsFor(runCompute, threads, count(params, 'ms')),

      async cloned(params) {
        const first = fill(new Float64Array(count(params, 'length')));
        return hops(singles(), first, count(params, 'repeats'), (pool, data) =>
          pool.run(data, { name: 'touch' }),
        );
      },

      async shared(params) {
        const buffer = new SharedArrayBuffer(count(params, 'length') * 8);
        return hops(singles(), fill(new Float64Array(buffer)), count(params, 'repeats'), (pool, data) =>
          pool.run(data, { name: 'touch' }),
        );
      },

      async moved(params) {
        const first = fill(new Float64Array(count(params, 'length')));
        return hops(singles(), first, count(params, 'repeats'), (pool, data) =>
          pool.run(data, { filename: moveFile, transferList: [data.buffer as ArrayBuffer] }),
        );
      },
    },
    async close() {
      await Promise.all([pool, ...single].map((each) => each.destroy()));
    },
  };
}

/** Milliseconds for one way through three tasks: first thread, second thread, first thread, and home. */
async function hops(
  [first, second]: Piscina[],
  array: Float64Array,
  repeats: number,
  run: (pool: Piscina, data: Float64Array) => Promise<Float64Array>,
): Promise<number> {
  if (first === undefined || second === undefined) throw new Error('two pools are needed');
  let data = array;
  const ms = await timed(async () => {
    for (let i = 0; i < repeats; i++) data = await run(first, await run(second, await run(first, data)));
  });
  check('tasks that touched the array', data[0], 3 * repeats);
  return ms / repeats;
}
