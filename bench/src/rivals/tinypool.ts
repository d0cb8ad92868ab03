/** @file tinypool: the fork of piscina that Vitest uses. */
import { Tinypool } from 'tinypool';
import { poolJobs } from './pool.js';
import { count, type Params, packageVersion, type Rival } from './rival.js';

/** Options: `threads`. Its defaults are its fastest: worker threads, `useAtomics`, workers are not isolated. */
export async function createRival(options: Params): Promise<Rival> {
  const threads = count(options, 'threads');
  const pool = new Tinypool({
    filename: new URL('./pool-worker.js', import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
  });
  await Promise.all(Array.from({ length: threads * 8 }, (_, i) => pool.run([i, 1])));
  return {
    version: await packageVersion('tinypool', import.meta.resolve('tinypool')),
    settings: `run(), ${threads} threads, defaults`,
    jobs: poolJobs((a, b) => pool.run([a, b]) as Promise<number>),
    close: () => pool.destroy(),
  };
}
