/** @file `scope({ … })`: scopes as users write them. */
import { anyScope, constrain, defaultScope, isInvalid, unionScope } from './algebra.js';
import { ScopeError, show } from './errors.js';
import { formatScope } from './format.js';
import { type ScopeKeyRule, type ScopeKeys, sharedKeys } from './keys.js';
import { isScope, type Scope } from './scope.js';

/** The keys of a specification; plugins add more. */
export interface ScopeKeySpec {
  /** The CPU threads of the process with this name; with another key, that key's processors in this process. */
  readonly worker?: string;
  /** Several processes, or all. */
  readonly workers?: readonly string[] | 'all';
  /** One CPU thread, from 0: `0` is `cpu:0`. */
  readonly thread?: number;
  readonly threads?: readonly number[] | 'all';
  /** One GPU, from 0: `0` is `gpu:0`. */
  readonly gpu?: number;
  readonly gpus?: readonly number[] | 'all';
  /** The processors of this machine that are enabled by default; with another key, that key's on this machine. */
  readonly node?: string;
  /** All processors of a kind, such as `'thread'` or `'webgpu'`. */
  readonly kind?: string;
  /** A plugin's own key. */
  readonly [key: string]: unknown;
}

/** What {@link scope} takes: a word, keys, a scope that exists already, or a list of these (their union). */
export type ScopeSpec = 'any' | 'default' | ScopeKeySpec | Scope | readonly ScopeSpec[];

/**
 * Builds a scope. The key of highest precedence decides, and `worker`, `workers` and `node` narrow what it gives.
 * A list is a union. Dagger: `Dagger.scope(…)`, where threads and GPUs count from 1 and `:` stands for `'all'`.
 *
 * @throws {@link ScopeError} for an unknown key, an empty list, a value that makes no sense, two keys of the same
 * precedence, and keys that exclude each other.
 * @example
 * ```ts
 * import { formatScope, scope } from '@poniard/scopes';
 *
 * console.log(formatScope(scope({ thread: 0 }))); // cpu:0
 * console.log(formatScope(scope({ gpus: 'all' }))); // any webgpu processor
 * console.log(formatScope(scope({ worker: 'w1' }))); // any thread processor of process "w1"
 * console.log(formatScope(scope([{ thread: 1 }, { gpu: 0 }]))); // cpu:1 or gpu:0
 * ```
 */
export function scope(spec: ScopeSpec, keys: ScopeKeys = sharedKeys): Scope {
  if (spec === 'any') return anyScope;
  if (spec === 'default') return defaultScope;
  if (isScope(spec)) return spec;
  if (isList(spec)) {
    if (spec.length === 0) throw new ScopeError('an empty list of scopes admits no processor');
    return unionScope(...spec.map((part) => scope(part, keys)));
  }
  if (typeof spec !== 'object' || spec === null) {
    throw new ScopeError(
      `a scope is 'any', 'default', keys such as { thread: 0 }, or a list of these, not ${show(spec)}`,
    );
  }
  return fromKeys(spec, keys);
}

interface Entry {
  readonly key: string;
  readonly value: unknown;
  readonly rule: ScopeKeyRule;
}

function fromKeys(spec: ScopeKeySpec, keys: ScopeKeys): Scope {
  const entries = Object.entries(spec).map(([key, value]) => ({ key, value, rule: ruleOf(key, keys) }));
  const decisive = decisiveEntry(entries, keys);
  let result = decisive.rule.build(decisive.value);
  for (const { key, value, rule } of entries) {
    if (key === decisive.key || !rule.narrow) continue;
    const narrower = constrain(result, rule.narrow(value));
    if (isInvalid(narrower))
      throw new ScopeError(`"${decisive.key}" and "${key}" give ${formatScope(narrower)}`, narrower);
    result = narrower;
  }
  return result;
}

function ruleOf(key: string, keys: ScopeKeys): ScopeKeyRule {
  const rule = keys.rules.get(key);
  if (rule) return rule;
  throw new ScopeError(`there is no scope key "${key}"; there are ${[...keys.rules.keys()].join(', ')}`);
}

function decisiveEntry(entries: readonly Entry[], keys: ScopeKeys): Entry {
  const highest = Math.max(...entries.map(({ rule }) => rule.precedence));
  const [decisive, rival] = entries.filter(({ rule }) => rule.precedence === highest);
  if (!decisive)
    throw new ScopeError(`an empty object says nothing; give one of ${[...keys.rules.keys()].join(', ')}`);
  if (rival) {
    throw new ScopeError(
      `"${decisive.key}" and "${rival.key}" both decide; give one of them, or a list of two scopes`,
    );
  }
  return decisive;
}

/** `Array.isArray` does not narrow a readonly list away. */
function isList(spec: ScopeSpec): spec is readonly ScopeSpec[] {
  return Array.isArray(spec);
}
