/** @file An entry of its own, so that a worker can load it at once as well as later. */
export { NodeFunctionCodec } from './functions/node-codec.js';
