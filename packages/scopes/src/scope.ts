/**
 * @file What a scope is, as data.
 *
 * A scope is a set of processors in one normal form: a list of *clauses*, any of which admits a processor; a clause
 * admits the processors that have all its attributes. No clause of the list lies within another, and the list is
 * sorted. So equal scopes look equal, an intersection does not depend on the order of its parts, and a scope crosses
 * threads and processes by structured clone. Dagger has a class per kind of scope and a rule per pair of classes.
 */
import { ScopeError, show } from './errors.js';

/** What scopes see of a processor. `node` and `process` are those of the nearest ancestor-or-self that has them. */
export interface ScopeProcessor {
  /** `'cpu:0'`, `'gpu:0'`, … */
  readonly id: string;
  /** `'thread'`, `'webgpu'`, `'inline'`, or a plugin's own. */
  readonly kind: string;
  /** Whether it runs tasks that name no scope (K3). */
  readonly defaultEnabled: boolean;
  /** The machine. */
  readonly node?: string;
  /** The process on that machine. */
  readonly process?: string;
  /** What it is a part of. */
  readonly parent?: ScopeProcessor;
}

/** The attributes that a processor must have, all of them. No attribute: any processor. */
export interface ScopeClause {
  readonly id?: string;
  readonly kind?: string;
  /** `null`: a processor that is part of no named process. */
  readonly process?: string | null;
  /** `null`: a processor that is on no named machine. */
  readonly node?: string | null;
  readonly defaultEnabled?: boolean;
}

/** A scope that admits what at least one of its clauses admits. Frozen plain data; make it by the functions here. */
export interface ValidScope {
  readonly type: 'scope';
  readonly anyOf: readonly ScopeClause[];
}

/**
 * An intersection without any processor. It remembers the two scopes that exclude each other, in an order that does
 * not depend on who was asked first.
 *
 * Dagger: `InvalidScope`.
 */
export interface InvalidScope {
  readonly type: 'invalid-scope';
  readonly left: Scope;
  readonly right: Scope;
}

/** Where a task may run, or where a value may be used. Dagger: `AbstractScope`. */
export type Scope = ValidScope | InvalidScope;

/** A condition that a scope puts on processors besides where they are. Dagger: `ProcessorTaint`. */
export type Taint = 'default-enabled';

const attributes = ['id', 'kind', 'process', 'node', 'defaultEnabled'] as const;

/** A frozen clause with its attributes in a fixed order, so that equal clauses have equal keys. */
export function makeClause(values: ScopeClause): ScopeClause {
  const clause: Record<string, unknown> = {};
  for (const name of attributes) if (values[name] !== undefined) clause[name] = values[name];
  return Object.freeze(clause);
}

/** What both clauses admit; `undefined` where that is nothing. */
export function meet(a: ScopeClause, b: ScopeClause): ScopeClause | undefined {
  for (const name of attributes) {
    if (a[name] !== undefined && b[name] !== undefined && a[name] !== b[name]) return undefined;
  }
  return makeClause({ ...a, ...b });
}

/** Whether all that `inner` admits is admitted by `outer`. */
export function isClauseWithin(inner: ScopeClause, outer: ScopeClause): boolean {
  return attributes.every((name) => outer[name] === undefined || outer[name] === inner[name]);
}

/** The normal form of "any of these clauses", of which there is at least one. */
export function fromClauses(clauses: readonly ScopeClause[]): ValidScope {
  const distinct = [...new Map(clauses.map((clause) => [JSON.stringify(clause), clause])).values()];
  const kept = distinct.length === 1 ? distinct : withoutCovered(distinct);
  kept.sort((a, b) => compareText(JSON.stringify(a), JSON.stringify(b)));
  return Object.freeze({ type: 'scope', anyOf: Object.freeze(kept) });
}

/** Leaves out what lies within another. Only a clause with fewer attributes can be wider, which spares most comparisons. */
function withoutCovered(distinct: readonly ScopeClause[]): ScopeClause[] {
  let kept: ScopeClause[] = [];
  for (let size = 0; size <= attributes.length; size++) {
    const ofSize = distinct.filter((clause) => Object.keys(clause).length === size);
    const wider = kept;
    kept = wider.concat(ofSize.filter((clause) => !wider.some((other) => isClauseWithin(clause, other))));
  }
  return kept;
}

/** A scope of one clause. */
export function fromClause(values: ScopeClause): ValidScope {
  return Object.freeze({ type: 'scope', anyOf: Object.freeze([makeClause(values)]) });
}

/** Remembers the sides in a canonical order. */
export function makeInvalid(a: Scope, b: Scope): InvalidScope {
  const [left, right] = compareText(scopeKey(a), scopeKey(b)) <= 0 ? [a, b] : [b, a];
  return Object.freeze({ type: 'invalid-scope', left, right });
}

/**
 * A text that two scopes share exactly when they are built alike; good as a key of a map.
 *
 * @example
 * ```ts
 * import { scope, scopeKey } from '@poniard/scopes';
 *
 * console.log(scopeKey(scope({ threads: [1, 0] })) === scopeKey(scope({ threads: [0, 1] }))); // true
 * ```
 */
export function scopeKey(scope: Scope): string {
  return JSON.stringify(scope);
}

/** Code unit order: the same on every machine, whatever its language. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Checks a name that a caller gave: of a node, a process or a kind. */
export function requireName(value: unknown, what: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new ScopeError(`${what} must be a text that is not empty, not ${show(value)}`);
}

/**
 * Whether a value is a scope, also one that came from another thread.
 *
 * @example
 * ```ts
 * import { anyScope, isScope } from '@poniard/scopes';
 *
 * console.log(isScope(structuredClone(anyScope)), isScope({ thread: 0 })); // true false
 * ```
 */
export function isScope(value: unknown): value is Scope {
  if (typeof value !== 'object' || value === null) return false;
  const { type, anyOf, left, right } = value as Record<string, unknown>;
  if (type === 'invalid-scope') return isScope(left) && isScope(right);
  return type === 'scope' && Array.isArray(anyOf) && anyOf.length > 0 && anyOf.every(isClause);
}

function isClause(value: unknown): value is ScopeClause {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).every(([name, attribute]) => {
    if (name === 'defaultEnabled') return typeof attribute === 'boolean';
    if (attribute === null) return name === 'process' || name === 'node';
    return attributes.includes(name as keyof ScopeClause) && typeof attribute === 'string';
  });
}
