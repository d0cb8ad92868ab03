/** @file What the codec for Node shares with the one here. */
export { decodedImports, IMPORTS_SCOPE } from './evaluate.js';
export { FRAMEWORK_MODULE } from './framework-names.js';
export { ScriptVariables } from './script-variables.js';
export { cannotTravel } from './transfer-error.js';
