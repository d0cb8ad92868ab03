/** @file Under which name a module gives out a function, compared by identity. */
import { createRequire, isBuiltin } from 'node:module';
import { types } from 'node:util';
import { isCommonJs, loadedCommonJs, requiredBy } from './modules.js';
import type { ScriptImport } from './script-facts.js';
import type { Subject } from './subject.js';

export interface Home {
  readonly module: string;
  /** The export; dots go into objects. */
  readonly path: string;
}

/**
 * The export of its own module that a function is. Compares the module's variables as they are now rather than what
 * `import()` gives: that would wait for a module that is still running, perhaps for this very function's result.
 */
export function exportedAs(subject: Subject): Home | undefined {
  const { fn, facts, script } = subject;
  const { url } = facts.script;
  if (url.startsWith('node:')) return builtInAs(url, fn);
  if (script.dialect === 'commonjs') {
    const exports = loadedCommonJs(url)?.exports;
    if (exports === fn) return { module: url, path: 'default' };
    const path = memberOf(exports, fn);
    return path === undefined ? undefined : { module: url, path: `default.${path}` };
  }
  const exports = script.exports.filter(({ exported }) => !exported.includes('.'));
  const whole = exports.find(
    ({ local, start }) =>
      (local !== undefined && subject.fileVariable(local) === fn) ||
      (start !== undefined && start === facts.start),
  );
  if (whole !== undefined) return { module: url, path: whole.exported };
  // A closure that the running program put into an exported object is not there in a worker.
  if (script.dialect === 'module' && facts.scopes.some(({ kind }) => kind.startsWith('Closure')))
    return undefined;
  for (const { exported, local } of exports) {
    const path = local === undefined ? undefined : memberOf(subject.fileVariable(local), fn);
    if (path !== undefined) return { module: url, path: `${exported}.${path}` };
  }
  return undefined;
}

/** Node's own functions that are written in JavaScript. */
function builtInAs(url: string, fn: unknown): Home | undefined {
  const module = url.replace('node:internal/', 'node:');
  if (!isBuiltin(module)) return undefined;
  const path = memberOf(createRequire(import.meta.url)(module), fn);
  return path === undefined ? undefined : { module, path: `default.${path}` };
}

/** What of a module a variable holds that was set to (a part of) what `require()` gave. */
export function requiredAs(url: string, brought: ScriptImport, value: unknown): string | undefined {
  const required = requiredBy(url, brought.specifier);
  let held: unknown = required;
  for (const key of brought.imported.split('.').slice(1)) {
    if (!isReference(held)) return undefined;
    held = (held as Record<string, unknown>)[key];
  }
  if (!Object.is(held, value)) return undefined;
  // Later Nodes require ES modules too, and then give the namespace.
  return types.isModuleNamespaceObject(required)
    ? brought.imported.replace(/^default\.?/, '') || '*'
    : brought.imported;
}

/** What a variable of an import declaration, or one that a compiler made of it, holds of the module. */
export function importedAs(brought: ScriptImport, module: string, value: unknown): string {
  if (brought.via === 'import' || !isCommonJs(module))
    return brought.via === 'import' ? brought.imported : '*';
  // What import() gives for CommonJS has all of it under `default`. esbuild's __toESM makes the same of a module that was
  // not an ES module once, and leaves one that was as it is.
  const asItIs = brought.imported === 'default' || (isReference(value) && '__esModule' in value);
  return asItIs ? 'default' : '*';
}

/** The key of an object (or two, with a dot) under which it holds a value. Getters are asked in what a compiler exports only. */
export function memberOf(holder: unknown, value: unknown, depth = 2): string | undefined {
  if (!isReference(holder) || types.isProxy(holder) || Array.isArray(holder)) return undefined;
  const keys = Object.getOwnPropertyNames(holder).filter((key) => !key.includes('.') && key !== 'prototype');
  const held = new Map<string, unknown>();
  for (const key of keys) {
    const property = Object.getOwnPropertyDescriptor(holder, key);
    if (property === undefined) continue;
    const compiled = property.get !== undefined && property.enumerable === true && '__esModule' in holder;
    held.set(key, compiled ? (holder as Record<string, unknown>)[key] : property.value);
  }
  for (const [key, one] of held) if (one === value) return key;
  if (depth === 1) return undefined;
  for (const [key, one] of held) {
    const inner = memberOf(one, value, depth - 1);
    if (inner !== undefined) return `${key}.${inner}`;
  }
  return undefined;
}

export const isReference = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';
