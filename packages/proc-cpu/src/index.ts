/** CPU threads as processors: worker threads run by piscina, with one lane each. */

export { NodeFunctionCodec } from './functions/node-codec.js';
export { type CpuThreadsOptions, cpuThreads } from './plugin.js';
