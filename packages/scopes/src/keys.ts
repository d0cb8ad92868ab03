/** @file The keys of `scope({ … })`, and the table by which plugins add theirs. */
import { anyScope, nodeScope, processorTypeScope, processScope, taintScope, unionScope } from './algebra.js';
import { ScopeError, show } from './errors.js';
import { fromClause, requireName, type Scope } from './scope.js';

/** How a key of `scope({ … })` becomes a scope. Dagger: `scope_key_precedence` and `to_scope`. */
export interface ScopeKeyRule {
  /** The key with the highest precedence decides. Built in: node 0, worker(s) 1, kind and thread(s) 2, gpu(s) 3. */
  readonly precedence: number;
  /** The scope where this key decides. Throws a {@link ScopeError} for a value that makes no sense. */
  build(value: unknown): Scope;
  /** How this key narrows the scope where another key decides. Without it, it changes nothing then. */
  narrow?(value: unknown): Scope;
}

/** The keys that `scope({ … })` knows. Made by {@link scopeKeys}. */
export interface ScopeKeys {
  readonly rules: ReadonlyMap<string, ScopeKeyRule>;
}

/**
 * A table of its own with the built-in keys, for those who do not want to share {@link registerScopeKey}'s.
 *
 * @example
 * ```ts
 * import { formatScope, processorTypeScope, registerScopeKey, scope, scopeKeys } from '@poniard/scopes';
 *
 * const keys = scopeKeys();
 * registerScopeKey('fpga', { precedence: 3, build: () => processorTypeScope('fpga') }, keys);
 * console.log(formatScope(scope({ fpga: true }, keys))); // any fpga processor
 * ```
 */
export function scopeKeys(): ScopeKeys {
  return { rules: new Map<string, ScopeKeyRule>(Object.entries(builtIn)) };
}

/**
 * Adds a key that `scope({ … })` understands; a plugin does so for its kind of processor.
 * Without `table` the key is added to the one table that all who give none share: the only state of this package.
 *
 * @throws {@link ScopeError} where the key exists with another rule.
 * @example
 * ```ts
 * import { formatScope, processScope, registerScopeKey, scope } from '@poniard/scopes';
 *
 * registerScopeKey('site', { precedence: 4, build: (value) => processScope(`site-${value}`) });
 * console.log(formatScope(scope({ site: 'north', thread: 0 }))); // any processor of process "site-north"
 * ```
 */
export function registerScopeKey(name: string, rule: ScopeKeyRule, table: ScopeKeys = sharedKeys): void {
  requireName(name, "a scope key's name");
  if (typeof rule?.build !== 'function' || !Number.isFinite(rule.precedence)) {
    throw new ScopeError(
      `the rule of scope key "${name}" needs a number \`precedence\` and a function \`build\``,
    );
  }
  const known = table.rules.get(name);
  if (known === rule) return;
  if (known) throw new ScopeError(`the scope key "${name}" exists already`);
  (table.rules as Map<string, ScopeKeyRule>).set(name, rule);
}

const builtIn: Record<string, ScopeKeyRule> = {
  node: {
    precedence: 0,
    // Who names a machine has not named its special processors.
    build: (value) => taintScope(nodeScope(name(value, 'node')), 'default-enabled'),
    narrow: (value) => nodeScope(name(value, 'node')),
  },
  worker: {
    precedence: 1,
    build: (value) => processorTypeScope('thread', processScope(name(value, 'worker'))),
    narrow: (value) => processScope(name(value, 'worker')),
  },
  workers: {
    precedence: 1,
    build: (value) => processorTypeScope('thread', processes(value)),
    narrow: processes,
  },
  kind: { precedence: 2, build: (value) => processorTypeScope(name(value, 'kind')) },
  thread: { precedence: 2, build: (value) => numbered('thread', 'cpu', index(value, 'thread')) },
  threads: { precedence: 2, build: (value) => several(value, 'thread', 'cpu', 'threads') },
  gpu: { precedence: 3, build: (value) => numbered('webgpu', 'gpu', index(value, 'gpu')) },
  gpus: { precedence: 3, build: (value) => several(value, 'webgpu', 'gpu', 'gpus') },
};

/** Shared by all who give no table. */
export const sharedKeys: ScopeKeys = scopeKeys();

function numbered(kind: string, prefix: string, number: number): Scope {
  return fromClause({ id: `${prefix}:${number}`, kind });
}

function several(value: unknown, kind: string, prefix: string, key: string): Scope {
  if (value === 'all') return processorTypeScope(kind);
  return unionScope(...list(value, key, 'numbers').map((item) => numbered(kind, prefix, index(item, key))));
}

function processes(value: unknown): Scope {
  if (value === 'all') return anyScope;
  return unionScope(...list(value, 'workers', 'names').map((item) => processScope(name(item, 'workers'))));
}

function list(value: unknown, key: string, of: string): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0) return value;
  throw new ScopeError(`"${key}" takes a list of ${of} that is not empty, or 'all', not ${show(value)}`);
}

function name(value: unknown, key: string): string {
  return requireName(value, `the value of "${key}"`);
}

function index(value: unknown, key: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  const hint = Array.isArray(value) || value === 'all' ? `; "${key}s" takes several` : '';
  throw new ScopeError(`"${key}" takes a number from 0 up, not ${show(value)}${hint}`);
}
