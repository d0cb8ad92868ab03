/**
 * Poniard, all of it: tasks, CPU threads, linear algebra. Its default runtime, made on first use, has CPU threads; one
 * of them begins to start when this module is loaded, so that the first task finds it ready.
 */
import { warmThread } from './warm.js';
import { use } from '@poniard/core';
import { cpuThreads } from '@poniard/proc-cpu';

export * from '@poniard/core';
export * from '@poniard/linalg';
export { cpuThreads, type CpuThreadsOptions } from '@poniard/proc-cpu';

use(cpuThreads({}, warmThread));
