/** @file What a plug-in needs to write a `FunctionCodec`: how functions are analysed, marked and made again. */

export { decodeSource } from './functions/decode.js';
export * from './functions/index.js';
/** @internal Shared with `@poniard/proc-cpu`; it changes without notice. */
export * as codecInternals from './functions/internals.js';
export { originOf } from './functions/task-reference.js';
