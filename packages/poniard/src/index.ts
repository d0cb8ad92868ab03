/**
 * Poniard, all of it: tasks, CPU threads, linear algebra. Its default runtime, made on first use, has CPU threads; one
 * of them begins to start when this module is loaded, so that the first task finds it ready.
 */

// First of all: the thread starts while the rest is evaluated.
import './warm.js';
import { use } from '@poniard/core';
import { cpuThreads } from './cpu-threads.js';

export * from '@poniard/core';
export * from '@poniard/linalg';
export { type CpuThreadsOptions, cpuThreads } from './cpu-threads.js';

use(cpuThreads());
