/** @file Comes first: what is loaded after it is loaded while the thread starts. Workers need none. */
import { isMainThread } from 'node:worker_threads';
import { startPool } from '@poniard/proc-cpu/warm';

export const warmThread = isMainThread
  ? startPool({ resourceLimits: {}, execArgv: [], startTimeout: 30_000 })
  : undefined;
