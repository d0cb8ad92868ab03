/** @file How functions travel: what users, and plug-ins that carry functions elsewhere, need of it. */
export { capture } from './capture.js';
export { decodeFunction, decodeSource } from './decode.js';
export * from './encoded.js';
export { decodedImports, IMPORTS_SCOPE, type ImportModule } from './evaluate.js';
export { FRAMEWORK_MODULE } from './framework-names.js';
export { type Edit, type FreeVariable, type FunctionSource, readFunction } from './free-variables.js';
export { ScriptVariables } from './script-variables.js';
export { type Findings, type Locate, type OpenQuestions, SourceFunctionCodec } from './source-codec.js';
export { task } from './task-reference.js';
export { cannotTravel, type Hindrance } from './transfer-error.js';
