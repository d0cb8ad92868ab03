/** CPU threads as processors: worker threads run by piscina, with one lane each. */
export { cpuThreads, type CpuThreadsOptions } from './plugin.js';
export { NodeFunctionCodec } from './functions/node-codec.js';
