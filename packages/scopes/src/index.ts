/** Where tasks may run and values may go: the algebra of scopes. Pure functions, no dependency. */
export {
  anyScope,
  constrain,
  defaultScope,
  exactScope,
  includes,
  isInvalid,
  isWithin,
  nodeScope,
  processorTypeScope,
  processScope,
  scopeEquals,
  taintScope,
  unionScope,
} from './algebra.js';
export { type ScopeKeySpec, type ScopeSpec, scope } from './build.js';
export { PoniardError, ScopeError } from './errors.js';
export { formatScope, whyExcluded } from './format.js';
export { registerScopeKey, type ScopeKeyRule, type ScopeKeys, scopeKeys } from './keys.js';
export {
  type InvalidScope,
  isScope,
  type Scope,
  type ScopeClause,
  type ScopeProcessor,
  scopeKey,
  type Taint,
  type ValidScope,
} from './scope.js';
