/** @file The scopes and what can be done with them (K1–K3). Pure functions over frozen data. */
import { ScopeError, show } from './errors.js';
import {
  fromClause,
  fromClauses,
  type InvalidScope,
  isClauseWithin,
  isScope,
  makeInvalid,
  meet,
  requireName,
  type Scope,
  type ScopeClause,
  type ScopeProcessor,
  scopeKey,
  type Taint,
} from './scope.js';

/** Every processor, also those that are not enabled by default. Dagger: `AnyScope()`. */
export const anyScope: Scope = fromClause({});

/** Every processor that is enabled by default: where a task runs that says nothing (K3). Dagger: `DefaultScope()`. */
export const defaultScope: Scope = fromClause({ defaultEnabled: true });

/**
 * The processors of one machine. Dagger: `NodeScope`.
 *
 * @example
 * ```ts
 * import { formatScope, nodeScope } from '@poniard/scopes';
 *
 * console.log(formatScope(nodeScope('attic'))); // any processor on node "attic"
 * ```
 */
export function nodeScope(name: string): Scope {
  return fromClause({ node: requireName(name, "a node's name") });
}

/**
 * The processors of one process. Dagger: `ProcessScope`.
 *
 * @example
 * ```ts
 * import { formatScope, processScope } from '@poniard/scopes';
 *
 * console.log(formatScope(processScope('w1'))); // any processor of process "w1"
 * ```
 */
export function processScope(id: string): Scope {
  return fromClause({ process: requireName(id, "a process's id") });
}

/**
 * The processors of one kind that `inner` admits too. Dagger: `ProcessorTypeScope`.
 *
 * @example
 * ```ts
 * import { formatScope, processorTypeScope, processScope } from '@poniard/scopes';
 *
 * console.log(formatScope(processorTypeScope('thread', processScope('w1')))); // any thread processor of process "w1"
 * ```
 */
export function processorTypeScope(kind: string, inner: Scope = anyScope): Scope {
  return constrain(fromClause({ kind: requireName(kind, "a processor's kind") }), inner);
}

/**
 * Exactly one processor. The scope holds what tells the processor from others, not the processor itself.
 * Dagger: `ExactScope`.
 *
 * @example
 * ```ts
 * import { exactScope, formatScope } from '@poniard/scopes';
 *
 * console.log(formatScope(exactScope({ id: 'gpu:0', kind: 'webgpu', defaultEnabled: false }))); // gpu:0
 * ```
 */
export function exactScope(processor: ScopeProcessor): Scope {
  if (typeof processor !== 'object' || processor === null) {
    throw new ScopeError(`exactScope takes a processor, not ${show(processor)}`);
  }
  requireName(processor.id, "a processor's id");
  requireName(processor.kind, "a processor's kind");
  return fromClause(describe(processor));
}

/**
 * What at least one of the scopes admits. Nested unions are flattened, and what lies within another member is left
 * out. Dagger: `UnionScope`.
 *
 * @throws {@link ScopeError} without any scope.
 * @example
 * ```ts
 * import { formatScope, processorTypeScope, scope, unionScope } from '@poniard/scopes';
 *
 * console.log(formatScope(unionScope(scope({ thread: 0 }), processorTypeScope('webgpu')))); // cpu:0 or any webgpu processor
 * ```
 */
export function unionScope(...scopes: readonly Scope[]): Scope {
  const [first] = scopes;
  if (first === undefined)
    throw new ScopeError('a union needs at least one scope: an empty one admits no processor');
  for (const scope of scopes) requireScope(scope);
  const clauses = scopes.flatMap((scope) => (isInvalid(scope) ? [] : scope.anyOf));
  return clauses.length > 0 ? fromClauses(clauses) : first;
}

/**
 * What `scope` admits and the taints allow. The one taint there is, `'default-enabled'`, keeps out processors that are
 * not enabled by default. Dagger: `TaintScope`.
 *
 * @throws {@link ScopeError} for a taint that does not exist.
 * @example
 * ```ts
 * import { formatScope, nodeScope, taintScope } from '@poniard/scopes';
 *
 * const scope = taintScope(nodeScope('attic'), 'default-enabled');
 * console.log(formatScope(scope)); // any processor on node "attic" that is enabled by default
 * ```
 */
export function taintScope(scope: Scope, ...taints: readonly Taint[]): Scope {
  for (const taint of taints) {
    if (taint !== 'default-enabled')
      throw new ScopeError(`there is no taint ${show(taint)}; use 'default-enabled'`);
  }
  return taints.length === 0 ? requireScope(scope) : constrain(scope, defaultScope);
}

/** Whether a scope is an intersection without any processor. Dagger: `x isa InvalidScope`. */
export function isInvalid(scope: Scope): scope is InvalidScope {
  return requireScope(scope).type === 'invalid-scope';
}

/**
 * The intersection (K2). The order and the grouping of the scopes make no difference; `anyScope` changes nothing.
 * Where no processor can be in all of them, an {@link InvalidScope} that remembers the two sides that clashed.
 * Dagger: `constrain`.
 *
 * @example
 * ```ts
 * import { constrain, formatScope, isInvalid, scope } from '@poniard/scopes';
 *
 * console.log(formatScope(constrain(scope({ threads: [0, 1] }), scope({ threads: [1, 2] })))); // cpu:1
 * console.log(isInvalid(constrain(scope({ thread: 0 }), scope({ gpu: 0 })))); // true
 * ```
 */
export function constrain(...scopes: readonly Scope[]): Scope {
  let result = anyScope;
  for (const scope of scopes) {
    // The usual cases first: this runs for every task.
    if (scope === anyScope || scope === result) continue;
    result = result === anyScope ? requireScope(scope) : constrainTwo(result, scope);
  }
  return result;
}

function constrainTwo(a: Scope, b: Scope): Scope {
  if (isInvalid(a) || isInvalid(b))
    return isInvalid(a) && isInvalid(b) ? firstByKey(a, b) : isInvalid(a) ? a : b;
  // Giving an operand back keeps its identity, by which callers may remember what they computed for a scope.
  if (isWithin(a, b)) return a;
  if (isWithin(b, a)) return b;
  const clauses: ScopeClause[] = [];
  for (const left of a.anyOf) {
    for (const right of b.anyOf) {
      const both = meet(left, right);
      if (both) clauses.push(both);
    }
  }
  return clauses.length > 0 ? fromClauses(clauses) : makeInvalid(a, b);
}

/**
 * Whether a scope admits a processor. Dagger: `proc in compatible_processors(scope)`.
 *
 * @example
 * ```ts
 * import { anyScope, defaultScope, includes } from '@poniard/scopes';
 *
 * const gpu = { id: 'gpu:0', kind: 'webgpu', defaultEnabled: false };
 * console.log(includes(defaultScope, gpu), includes(anyScope, gpu)); // false true
 * ```
 */
export function includes(scope: Scope, processor: ScopeProcessor): boolean {
  if (isInvalid(scope)) return false;
  const described = describe(processor);
  return scope.anyOf.some((clause) => isClauseWithin(described, clause));
}

/**
 * Whether `inner` admits nothing that `outer` does not. An invalid scope lies within every other.
 * Dagger: `issubset`.
 */
export function isWithin(inner: Scope, outer: Scope): boolean {
  if (isInvalid(inner)) return true;
  if (isInvalid(outer)) return false;
  return inner.anyOf.every((clause) => outer.anyOf.some((other) => isClauseWithin(clause, other)));
}

/**
 * Whether two scopes admit the same. All invalid scopes are equal, since they admit nothing, however that came about.
 * Dagger: `==`, which takes any two unions of the same size for equal.
 */
export function scopeEquals(a: Scope, b: Scope): boolean {
  if (isInvalid(a) || isInvalid(b)) return isInvalid(a) && isInvalid(b);
  return a === b || scopeKey(a) === scopeKey(b);
}

/** A processor as the narrowest clause that admits it. */
function describe(processor: ScopeProcessor): ScopeClause {
  let process: string | undefined;
  let node: string | undefined;
  for (let at: ScopeProcessor | undefined = processor; at; at = at.parent) {
    process ??= at.process;
    node ??= at.node;
  }
  const { id, kind, defaultEnabled } = processor;
  return { id, kind, process: process ?? null, node: node ?? null, defaultEnabled: defaultEnabled === true };
}

function firstByKey(a: Scope, b: Scope): Scope {
  return scopeKey(a) <= scopeKey(b) ? a : b;
}

/** Catches the mistake that reads best: a specification where a scope belongs. */
function requireScope(value: Scope): Scope {
  if (isScopeLike(value)) return value;
  throw new ScopeError(`expected a scope, not ${show(value)}; build one, for example scope({ thread: 0 })`);
}

/** The cheap half of {@link isScope}: this runs for every task. */
function isScopeLike(value: unknown): value is Scope {
  if (typeof value !== 'object' || value === null) return false;
  const { type } = value as Scope;
  return (type === 'scope' || type === 'invalid-scope') && (Object.isFrozen(value) || isScope(value));
}
