/**
 * Poniard, all of it: tasks, CPU threads, linear algebra. Its default runtime, made on first use, has CPU threads; one
 * of them begins to start when this module is loaded, so that the first task finds it ready.
 */

import { use } from '@poniard/core';
import { cpuThreads } from '@poniard/proc-cpu';
import { warmThread } from './warm.js';

export * from '@poniard/core';
export * from '@poniard/linalg';
export { type CpuThreadsOptions, cpuThreads } from '@poniard/proc-cpu';

use(cpuThreads({}, warmThread));
