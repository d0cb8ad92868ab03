/** @file Comes first: what is loaded after it is loaded while the thread starts. Workers need none. */
import { isMainThread } from 'node:worker_threads';
import { WarmThread } from '@poniard/proc-cpu/warm';

export const warmThread = isMainThread ? new WarmThread() : undefined;
