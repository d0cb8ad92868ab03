/**
 * Poniard, all of it: tasks, CPU threads, GPUs, linear algebra. Its default runtime, made on first use, has CPU threads,
 * and the GPU where there is one; one thread begins to start when this module is loaded, so that the first task finds it ready.
 */

// First of all, and a module of its own: the thread starts while the rest is evaluated.
import '#warm';
import { use } from '@poniard/core';
import { cpuThreads } from './cpu-threads.js';
import { defaultGpu } from './default-gpu.js';

export * from '@poniard/core';
export * from '@poniard/linalg';
export * from '@poniard/proc-gpu';
export { type CpuThreadsOptions, cpuThreads } from './cpu-threads.js';

use(cpuThreads(), ...defaultGpu(process.env['PONIARD_GPU']));
