/** @file The other end of the way: what travelled becomes a function again, in a worker or in the same thread. */
import { FunctionTransferError } from '../errors.js';
import { decodeClosure } from './decode-closure.js';
import type { AnyFunction, EncodedFunction, SourceFunction } from './encoded.js';
import { evaluate, type ImportModule, importAll, kindOf, member } from './evaluate.js';
import { setOrigin } from './task-reference.js';

/**
 * Makes the function that was encoded. Modules are imported by `importModule`; the same function decoded twice is two
 * functions where it travels as source. What a closure gives takes its variables in front of its arguments.
 *
 * @throws FunctionTransferError that names the module and the export when either is not there or is not a function.
 */
export async function decodeFunction(
  encoded: EncodedFunction,
  importModule: ImportModule,
): Promise<AnyFunction> {
  if (encoded.kind === 'module') {
    const found = await member(encoded.name, encoded.module, encoded.path, importModule);
    if (typeof found !== 'function') {
      throw new FunctionTransferError(
        `function "${encoded.name}" cannot run here: export "${encoded.path}" of ${encoded.module} is ${kindOf(found)}, not a function`,
      );
    }
    setOrigin(found, encoded);
    return found;
  }
  if (encoded.kind === 'closure') {
    return decodeClosure(encoded, importModule, (part) => decodeFunction(part, importModule));
  }
  return makeSource(encoded, await importAll(encoded, importModule));
}

/**
 * Makes a function that travelled as source and imports nothing, at once.
 *
 * @throws FunctionTransferError when it does import something, or when its source cannot be evaluated here.
 */
export function decodeSource(encoded: SourceFunction): AnyFunction {
  if (encoded.imports.length > 0) {
    throw new FunctionTransferError(
      `function "${encoded.name}" imports modules: decode it by decodeFunction()`,
    );
  }
  return makeSource(encoded, []);
}

function makeSource(encoded: SourceFunction, values: readonly unknown[]): AnyFunction {
  const { name } = encoded;
  const fn = evaluate(encoded, encoded.source, values);
  if (typeof fn !== 'function') {
    throw new FunctionTransferError(
      `function "${name}" cannot be evaluated here: its source gives ${kindOf(fn)}`,
    );
  }
  // An arrow that was evaluated on its own has no name, and stacks would not show one.
  if (fn.name === '' && name !== 'anonymous') {
    Object.defineProperty(fn, 'name', { value: name, configurable: true });
  }
  setOrigin(fn, encoded);
  return fn;
}
