/** @file The other end of the way: what travelled becomes a function again, in a worker or in the same thread. */
import { FunctionTransferError } from '../errors.js';
import type { AnyFunction, EncodedFunction, ImportBinding, SourceFunction } from './encoded.js';
import { setOrigin } from './task-reference.js';

/** Imports a module by an absolute URL or a bare specifier. */
export type ImportModule = (specifier: string) => Promise<Record<string, unknown>>;

/** Begins the `sourceURL` of a function that travelled as source, and so the lines of its stack traces. */
const TASK_URL = 'poniard-task:';

/** The function around such code, whose parameters are the imports. Debuggers show it as the name of their scope. */
export const IMPORTS_SCOPE = 'poniardImports';

/** Begins a comment in evaluated code that says which imports it was given, for functions that are made inside it. */
const IMPORTS_COMMENT = '//# poniardImports=';

/**
 * Makes the function that was encoded. Modules are imported by `importModule`; the same function decoded twice is two
 * functions where it travels as source.
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
  if (encoded.imports.length === 0) return decodeSource(encoded);
  const values = await Promise.all(
    encoded.imports.map(({ module, imported }) => member(encoded.name, module, imported, importModule)),
  );
  return evaluate(encoded, values);
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
  return evaluate(encoded, []);
}

function evaluate(encoded: SourceFunction, values: readonly unknown[]): AnyFunction {
  const { name, source, imports } = encoded;
  const locals = imports.map(({ local }) => local).join(',');
  // On the first line, so that line numbers in stacks are those of the function's own source.
  const code =
    imports.length === 0
      ? `'use strict';(${source})\n`
      : `'use strict';(function ${IMPORTS_SCOPE}(${locals}){return(${source})})\n${IMPORTS_COMMENT}${JSON.stringify(imports)}\n`;
  let fn: unknown;
  try {
    // biome-ignore lint/security/noGlobalEval: running what was sent is this module's purpose; indirect, so in global scope
    const result: unknown = globalThis.eval(`${code}//# sourceURL=${TASK_URL}${urlName(name)}`);
    fn = imports.length === 0 ? result : (result as (...args: readonly unknown[]) => unknown)(...values);
  } catch (error) {
    throw new FunctionTransferError(`function "${name}" cannot be evaluated here: ${messageOf(error)}`, {
      cause: error,
    });
  }
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

async function member(
  name: string,
  module: string,
  path: string,
  importModule: ImportModule,
): Promise<unknown> {
  let namespace: Record<string, unknown>;
  try {
    namespace = await importModule(module);
  } catch (error) {
    throw new FunctionTransferError(
      `function "${name}" cannot run here: importing ${module} failed: ${messageOf(error)}`,
      { cause: error },
    );
  }
  if (path === '*') return namespace;
  let value: unknown = namespace;
  for (const key of path.split('.')) {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || !(key in value)) {
      const names = Object.keys(namespace).slice(0, 12).join(', ') || 'nothing';
      throw new FunctionTransferError(
        `function "${name}" cannot run here: ${module} has no export "${path}" (it exports ${names})`,
      );
    }
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/**
 * The imports that a decoded function was given, read from the script that it was evaluated as; `undefined` for any other
 * script. Whoever looks at a function that a travelled one made finds them there, as variables of a scope of the name
 * {@link IMPORTS_SCOPE}.
 */
export function decodedImports(scriptUrl: string, scriptText: string): readonly ImportBinding[] | undefined {
  if (!scriptUrl.startsWith(TASK_URL)) return undefined;
  const line = scriptText.split('\n').findLast((one) => one.startsWith(IMPORTS_COMMENT));
  return line === undefined ? [] : (JSON.parse(line.slice(IMPORTS_COMMENT.length)) as ImportBinding[]);
}

/** A `sourceURL` ends at the first blank, and quotes spoil it. */
const urlName = (name: string): string => name.replace(/[^\w$.[\]#-]+/g, '_');

const kindOf = (value: unknown): string => (value === null ? 'null' : typeof value);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
