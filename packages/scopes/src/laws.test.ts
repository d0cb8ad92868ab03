import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
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
import { formatScope, whyExcluded } from './format.js';
import { isScope, type Scope, type ScopeProcessor, scopeKey } from './scope.js';

const names = fc.constantFrom('a', 'b');
const place = fc.record({ node: names, process: names }, { requiredKeys: [] });
const processor: fc.Arbitrary<ScopeProcessor> = fc
  .record({
    id: fc.constantFrom('cpu:0', 'cpu:1', 'gpu:0'),
    kind: fc.constantFrom('thread', 'webgpu'),
    defaultEnabled: fc.boolean(),
    own: place,
    above: fc.option(place, { nil: undefined }),
  })
  .map(({ own, above, ...rest }) => ({
    ...rest,
    ...own,
    ...(above && { parent: { id: 'parent', kind: 'process', defaultEnabled: false, ...above } }),
  }));

const leaf: fc.Arbitrary<Scope> = fc.oneof(
  fc.constantFrom(anyScope, defaultScope),
  names.map(nodeScope),
  names.map(processScope),
  fc.constantFrom('thread', 'webgpu').map((kind) => processorTypeScope(kind)),
  processor.map(exactScope),
);
const { scope } = fc.letrec<{ scope: Scope }>((tie) => ({
  scope: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie('scope'), { minLength: 1, maxLength: 4 }).map((members) => unionScope(...members)),
    tie('scope').map((inner) => processorTypeScope('thread', inner)),
    tie('scope').map((inner) => taintScope(inner, 'default-enabled')),
    fc.tuple(tie('scope'), tie('scope')).map(([a, b]) => constrain(a, b)),
  ),
}));

describe('K2. the laws of scopes', () => {
  const law = (title: string, body: (a: Scope, b: Scope, c: Scope, p: ScopeProcessor) => void) =>
    it(title, () => {
      fc.assert(fc.property(scope, scope, scope, processor, body), { numRuns: 500 });
    });

  law('constrain is commutative, to the last byte', (a, b) => {
    expect(constrain(b, a)).toEqual(constrain(a, b));
  });

  law('constrain is associative', (a, b, c) => {
    const [left, right] = [constrain(constrain(a, b), c), constrain(a, constrain(b, c))];
    expect(scopeEquals(left, right)).toBe(true);
    expect(scopeEquals(constrain(a, b, c), left)).toBe(true);
  });

  law('constrain is idempotent', (a) => {
    expect(constrain(a, a)).toEqual(a);
    expect(constrain(a, structuredClone(a))).toEqual(a);
  });

  law('anyScope is neutral', (a) => {
    expect(constrain(anyScope, a)).toBe(a);
    expect(constrain(a, anyScope)).toBe(a);
  });

  law('an intersection admits what both sides admit', (a, b, _, p) => {
    expect(includes(constrain(a, b), p)).toBe(includes(a, p) && includes(b, p));
  });

  law('an invalid scope admits nothing, and its sides exclude each other', (a, b, _, p) => {
    const both = constrain(a, b);
    if (!isInvalid(both)) return;
    expect(includes(both, p)).toBe(false);
    expect(isInvalid(constrain(both.left, both.right))).toBe(true);
  });

  law('a union is commutative, associative and idempotent, and admits what a member admits', (a, b, c, p) => {
    expect(scopeEquals(unionScope(a, b), unionScope(b, a))).toBe(true);
    expect(scopeEquals(unionScope(unionScope(a, b), c), unionScope(a, unionScope(b, c)))).toBe(true);
    expect(scopeEquals(unionScope(a, a), a)).toBe(true);
    expect(includes(unionScope(a, b), p)).toBe(includes(a, p) || includes(b, p));
  });

  law('an intersection distributes over a union', (a, b, c) => {
    expect(scopeEquals(constrain(a, unionScope(b, c)), unionScope(constrain(a, b), constrain(a, c)))).toBe(
      true,
    );
  });

  law('an intersection lies within its sides, which lie within their union', (a, b) => {
    expect(isWithin(constrain(a, b), a)).toBe(true);
    expect(isWithin(a, unionScope(a, b))).toBe(true);
    expect(isWithin(a, b) && isWithin(b, a)).toBe(scopeEquals(a, b));
  });

  law('what lies within a scope admits no more', (a, b, _, p) => {
    if (isWithin(a, b) && includes(a, p)) expect(includes(b, p)).toBe(true);
  });

  law('an exact scope admits its processor', (a, _b, _c, p) => {
    expect(includes(exactScope(p), p)).toBe(true);
    expect(isInvalid(constrain(exactScope(p), a))).toBe(!includes(a, p));
  });

  law('a scope is data: it survives JSON and structured clone', (a) => {
    expect(isScope(structuredClone(a))).toBe(true);
    expect(scopeKey(JSON.parse(JSON.stringify(a)))).toBe(scopeKey(a));
  });

  law('words and reasons exist for every scope', (a, _b, _c, p) => {
    expect(formatScope(a)).not.toBe('');
    expect(whyExcluded(a, p) === undefined).toBe(includes(a, p));
  });
});
