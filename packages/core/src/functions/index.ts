/** @file How functions travel: what users, and plug-ins that carry functions elsewhere, need of it. */
export { capture } from './capture.js';
export { decodeFunction, decodeSource } from './decode.js';
export * from './encoded.js';
export type { ImportModule } from './evaluate.js';
export { type Edit, type FreeVariable, type FunctionSource, readFunction } from './free-variables.js';
export { type Findings, type Locate, type OpenQuestions, SourceFunctionCodec } from './source-codec.js';
export { task } from './task-reference.js';
export type { Hindrance } from './transfer-error.js';
