/** @file workerpool, with a dedicated worker file. */
import { fileURLToPath } from 'node:url';
import workerpool from 'workerpool';
import { poolJobs } from './pool.js';
import { count, type Params, packageVersion, type Rival } from './rival.js';

/** Options: `threads`. Worker threads are faster than its child processes; a dedicated worker than function text. */
export async function createRival(options: Params): Promise<Rival> {
  const threads = count(options, 'threads');
  const pool = workerpool.pool(fileURLToPath(new URL('./workerpool-worker.js', import.meta.url)), {
    minWorkers: threads,
    maxWorkers: threads,
    workerType: 'thread',
  });
  await Promise.all(Array.from({ length: threads * 8 }, (_, i) => pool.exec('add', [i, 1])));
  return {
    version: await packageVersion('workerpool', import.meta.resolve('workerpool')),
    settings: `exec(), ${threads} threads, dedicated worker`,
    jobs: {
      ...poolJobs((a, b) => pool.exec('add', [a, b]) as PromiseLike<number>),

      /** It takes functions as text, which cannot capture: what they need is passed. */
      closures: poolJobs(
        (a, b) => pool.exec((i: number, offset: number) => i + offset, [a, b]) as PromiseLike<number>,
      ).independent,
    },
    async close() {
      await pool.terminate(true);
    },
  };
}
