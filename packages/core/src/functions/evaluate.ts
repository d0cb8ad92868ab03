/** @file Code that travelled is evaluated with what it imports. */
import { FunctionTransferError } from '../errors.js';
import { TASK_URL } from '../stacks.js';
import type { ImportBinding, SourceFunction } from './encoded.js';

/** Imports a module by an absolute URL or a bare specifier. */
export type ImportModule = (specifier: string) => Promise<Record<string, unknown>>;

/** The function around such code, whose parameters are the imports. Debuggers show it as the name of their scope. */
export const IMPORTS_SCOPE = 'poniardImports';

/** What holds a closure's variables where they are put in. */
export const VARIABLES = 'poniardVariables';

/** Begins a comment in evaluated code that says which imports it was given, for functions that are made inside it. */
const IMPORTS_COMMENT = '//# poniardImports=';

/**
 * Evaluates source that travelled, as a function of its imports.
 *
 * @throws FunctionTransferError when it cannot be evaluated here.
 */
export function evaluate(
  { name, imports }: SourceFunction,
  source: string,
  values: readonly unknown[],
): unknown {
  try {
    // biome-ignore lint/security/noGlobalEval: running what was sent is this module's purpose; indirect, so in global scope
    const result: unknown = globalThis.eval(
      `${codeOf(imports, source)}//# sourceURL=${TASK_URL}${urlName(name)}`,
    );
    return imports.length === 0 ? result : (result as (...args: readonly unknown[]) => unknown)(...values);
  } catch (error) {
    throw new FunctionTransferError(`function "${name}" cannot be evaluated here: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** The script that is evaluated for a function. It begins on the line where the function's own source begins. */
export function codeOf(imports: readonly ImportBinding[], source: string): string {
  if (imports.length === 0) return `'use strict';(${source})\n`;
  const locals = imports.map(({ local }) => local).join(',');
  return `'use strict';(function ${IMPORTS_SCOPE}(${locals}){return(${source})})\n${IMPORTS_COMMENT}${JSON.stringify(imports)}\n`;
}

/** The values of what a function imports. */
export function importAll(
  { name, imports }: SourceFunction,
  importModule: ImportModule,
): Promise<readonly unknown[]> {
  return Promise.all(imports.map(({ module, imported }) => member(name, module, imported, importModule)));
}

/** An export of a module. Throws a FunctionTransferError that names the module and the export where it is not there. */
export async function member(
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
  const keys = path.split('.');
  // What require() gives counts as the default; some loaders give it as the namespace itself.
  if (keys[0] === 'default' && !('default' in namespace)) keys.shift();
  for (const key of keys) {
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
export const urlName = (name: string): string => name.replace(/[^\w$.[\]#-]+/g, '_');

export const kindOf = (value: unknown): string => (value === null ? 'null' : typeof value);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
