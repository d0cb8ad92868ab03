/** @file Scopes in words, for errors and logs. */
import { includes, isInvalid } from './algebra.js';
import { fromClauses, makeClause, type Scope, type ScopeClause, type ScopeProcessor } from './scope.js';

/** A longer union is counted, not listed: a message is read by a person. */
const listed = 8;

/**
 * A scope in words, as errors and logs show it.
 *
 * @example
 * ```ts
 * import { defaultScope, formatScope, scope } from '@poniard/scopes';
 *
 * console.log(formatScope(defaultScope)); // any processor that is enabled by default
 * console.log(formatScope(scope({ threads: [0, 1] }))); // cpu:0 or cpu:1
 * ```
 */
export function formatScope(scope: Scope): string {
  if (isInvalid(scope)) {
    return `no processor (nothing is both in [${formatScope(scope.left)}] and in [${formatScope(scope.right)}])`;
  }
  const words = scope.anyOf.slice(0, listed).map(formatClause);
  if (scope.anyOf.length > listed) words.push(`${scope.anyOf.length - listed} more`);
  return words.join(' or ');
}

/**
 * Why a scope does not admit a processor, as the end of a sentence that begins with the processor; `undefined` where
 * it does.
 *
 * @example
 * ```ts
 * import { defaultScope, whyExcluded } from '@poniard/scopes';
 *
 * const gpu = { id: 'gpu:0', kind: 'webgpu', defaultEnabled: false };
 * console.log(whyExcluded(defaultScope, gpu)); // is not enabled by default: name it in the scope
 * ```
 */
export function whyExcluded(scope: Scope, processor: ScopeProcessor): string | undefined {
  if (includes(scope, processor)) return undefined;
  if (!isInvalid(scope) && includes(withoutTaint(scope.anyOf), processor)) {
    return 'is not enabled by default: name it in the scope';
  }
  return `is not in the scope: ${formatScope(scope)}`;
}

function withoutTaint(clauses: readonly ScopeClause[]): Scope {
  return fromClauses(clauses.map(({ defaultEnabled: _, ...rest }) => makeClause(rest)));
}

function formatClause(clause: ScopeClause): string {
  const { id, kind, process, node, defaultEnabled } = clause;
  const words = [id ?? `any ${kind === undefined ? '' : `${kind} `}processor`];
  if (process != null) words.push(`of process ${JSON.stringify(process)}`);
  if (node != null) words.push(`on node ${JSON.stringify(node)}`);
  // Of a processor with a name it goes without saying.
  if (id === undefined && defaultEnabled !== undefined) {
    words.push(`that is ${defaultEnabled ? '' : 'not '}enabled by default`);
  }
  return words.join(' ');
}
