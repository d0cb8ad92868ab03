/** CPU threads as processors: worker threads run by piscina, with one lane each. */

export { type CpuThreadsOptions, cpuThreads } from './plugin.js';
