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
import { scope } from './build.js';
import { ScopeError } from './errors.js';
import { isScope, type Scope, type ScopeProcessor } from './scope.js';

const machine = { id: 'machine', kind: 'machine', defaultEnabled: false, node: 'attic' };
const worker = (process: string) => ({
  id: process,
  kind: 'process',
  defaultEnabled: false,
  process,
  parent: machine,
});
const thread = (number: number, process = 'w1'): ScopeProcessor => ({
  id: `cpu:${number}`,
  kind: 'thread',
  defaultEnabled: true,
  parent: worker(process),
});
const gpu: ScopeProcessor = { id: 'gpu:0', kind: 'webgpu', defaultEnabled: false, parent: worker('w1') };
const everything = [thread(0), thread(1), thread(0, 'w2'), thread(1, 'w2'), gpu];
const admitted = (s: Scope) => everything.filter((p) => includes(s, p));

describe('K1. the scopes', () => {
  it.each<[string, Scope, ScopeProcessor[]]>([
    ['anyScope admits all', anyScope, everything],
    ['defaultScope admits what is enabled by default', defaultScope, everything.slice(0, 4)],
    ['nodeScope admits what is on the machine', nodeScope('attic'), everything],
    ['nodeScope refuses what is on another', nodeScope('cellar'), []],
    ['processScope admits what is in the process', processScope('w2'), [everything[2]!, everything[3]!]],
    ['processorTypeScope admits a kind', processorTypeScope('webgpu'), [gpu]],
    [
      'processorTypeScope stays within its inner scope',
      processorTypeScope('thread', processScope('w1')),
      everything.slice(0, 2),
    ],
    ['exactScope admits one processor', exactScope(thread(1)), [everything[1]!]],
    ['exactScope admits what is not enabled by default', exactScope(gpu), [gpu]],
    [
      'unionScope admits what a member admits',
      unionScope(exactScope(gpu), exactScope(thread(0, 'w2'))),
      [everything[2]!, gpu],
    ],
    [
      'taintScope keeps out what is not enabled by default',
      taintScope(processScope('w1'), 'default-enabled'),
      everything.slice(0, 2),
    ],
    ['taintScope without taints changes nothing', taintScope(anyScope), everything],
  ])('%s', (_, s, expected) => {
    expect(admitted(s)).toEqual(expected);
  });

  it('takes process and node from the processor itself before its ancestors', () => {
    const moved = { ...thread(0), node: 'cellar', process: 'w9' };
    expect(includes(nodeScope('cellar'), moved)).toBe(true);
    expect(includes(nodeScope('attic'), moved)).toBe(false);
    expect(includes(processScope('w9'), moved)).toBe(true);
  });

  it('admits nothing by node or process where a processor has neither', () => {
    const bare = { id: 'cpu:0', kind: 'thread', defaultEnabled: true };
    expect(includes(nodeScope('attic'), bare)).toBe(false);
    expect(includes(processScope('w1'), bare)).toBe(false);
    expect(includes(exactScope(bare), bare)).toBe(true);
  });

  it('flattens a union and leaves out what another member covers', () => {
    const [a, b, c] = [exactScope(thread(0)), exactScope(thread(1)), exactScope(gpu)];
    expect(unionScope(unionScope(a, b), unionScope(b, c), a)).toEqual(unionScope(c, b, a));
    expect(unionScope(a, processorTypeScope('thread'))).toEqual(processorTypeScope('thread'));
    expect(unionScope(a, anyScope)).toEqual(anyScope);
    expect(unionScope(a)).toEqual(a);
  });

  it('leaves an invalid member out of a union, unless there is no other', () => {
    const invalid = constrain(exactScope(gpu), exactScope(thread(0)));
    expect(unionScope(invalid, exactScope(gpu))).toEqual(exactScope(gpu));
    expect(unionScope(invalid, invalid)).toEqual(invalid);
  });
});

describe('K2. constrain', () => {
  // Each scope against each: the one of the two that is the narrower, 'x' where they exclude each other, or a scope.
  const node = nodeScope('attic');
  const process = processScope('w1');
  const kind = processorTypeScope('thread');
  const exact = exactScope(thread(0));
  const other = exactScope(thread(1));
  const union = unionScope(exact, other);
  const both = (values: object) => ({ type: 'scope', anyOf: [values] });
  it.each<[string, Scope, Scope, unknown]>([
    ['any, default', anyScope, defaultScope, defaultScope],
    ['any, union', anyScope, union, union],
    ['any, node', anyScope, node, node],
    ['any, process', anyScope, process, process],
    ['any, kind', anyScope, kind, kind],
    ['any, exact', anyScope, exact, exact],
    ['default, union', defaultScope, union, union],
    ['default, node', defaultScope, node, both({ node: 'attic', defaultEnabled: true })],
    ['default, process', defaultScope, process, both({ process: 'w1', defaultEnabled: true })],
    ['default, kind', defaultScope, kind, both({ kind: 'thread', defaultEnabled: true })],
    ['default, exact', defaultScope, exact, exact],
    ['default, exact of one that is not', defaultScope, exactScope(gpu), 'invalid'],
    ['union, node', union, node, union],
    ['union, process', union, process, union],
    ['union, another process', union, processScope('w2'), 'invalid'],
    ['union, kind', union, kind, union],
    ['union, exact', union, exact, exact],
    ['union, exact that is not in it', union, exactScope(gpu), 'invalid'],
    ['union, overlapping union', union, unionScope(other, exactScope(gpu)), other],
    ['union, disjoint union', union, unionScope(exactScope(gpu), exactScope(thread(2))), 'invalid'],
    ['node, process', node, process, both({ process: 'w1', node: 'attic' })],
    ['node, another node', node, nodeScope('cellar'), 'invalid'],
    ['node, kind', node, kind, both({ kind: 'thread', node: 'attic' })],
    ['node, exact', node, exact, exact],
    ['node, exact elsewhere', nodeScope('cellar'), exact, 'invalid'],
    ['process, kind', process, kind, both({ kind: 'thread', process: 'w1' })],
    ['process, another process', process, processScope('w2'), 'invalid'],
    ['process, exact', process, exact, exact],
    ['process, exact elsewhere', processScope('w2'), exact, 'invalid'],
    ['kind, another kind', kind, processorTypeScope('webgpu'), 'invalid'],
    ['kind, exact', kind, exact, exact],
    ['kind, exact of another', kind, exactScope(gpu), 'invalid'],
    ['exact, itself', exact, exactScope(thread(0)), exact],
    ['exact, another', exact, other, 'invalid'],
    ['exact, the same id in another process', exact, exactScope(thread(0, 'w2')), 'invalid'],
  ])('gives the intersection of %s', (_, a, b, expected) => {
    const result = constrain(a, b);
    if (expected === 'invalid') expect(isInvalid(result)).toBe(true);
    else expect(result).toEqual(expected);
    expect(constrain(b, a)).toEqual(result);
  });

  it('remembers both sides of an empty intersection, and keeps them', () => {
    const invalid = constrain(exact, other);
    expect(invalid).toEqual({ type: 'invalid-scope', left: exact, right: other });
    expect(constrain(other, exact)).toEqual(invalid);
    expect(constrain(invalid, anyScope, process)).toBe(invalid);
    expect(constrain(exactScope(gpu), invalid)).toBe(invalid);
  });

  it('of nothing is anyScope, and of one scope that scope', () => {
    expect(constrain()).toBe(anyScope);
    expect(constrain(union)).toBe(union);
  });

  it('gives an operand back as it is where that is the intersection', () => {
    expect(constrain(anyScope, union)).toBe(union);
    expect(constrain(union, exact)).toBe(exact);
    expect(constrain(defaultScope, anyScope, defaultScope)).toBe(defaultScope);
  });

  it('stays quick for unions of a thousand processors', () => {
    const range = (from: number) => scope({ threads: Array.from({ length: 1000 }, (_, i) => from + i) });
    const overlap = constrain(range(0), range(900));
    expect(overlap).toMatchObject({ anyOf: { length: 100 } });
  });
});

describe('K3. a processor that is not enabled by default', () => {
  it.each([
    [defaultScope, false],
    [scope({ worker: 'w1' }), false],
    [scope({ node: 'attic' }), false],
    [scope({ threads: 'all' }), false],
    [scope({ gpu: 0 }), true],
    [scope({ kind: 'webgpu' }), true],
    [scope([{ gpus: 'all' }, 'default']), true],
    [exactScope(gpu), true],
    [anyScope, true],
  ])('is used only by what names it: %j %s', (s, expected) => {
    expect(includes(s, gpu)).toBe(expected);
  });
});

describe('comparing scopes', () => {
  it('tells unions of the same size apart', () => {
    const a = scope({ threads: [0, 1] });
    expect(scopeEquals(a, scope({ threads: [0, 2] }))).toBe(false);
    expect(scopeEquals(a, scope({ threads: [1, 0] }))).toBe(true);
  });

  it('takes invalid scopes for equal, whatever excluded what', () => {
    const [a, b, c] = [scope({ thread: 0 }), scope({ thread: 1 }), scope({ gpu: 0 })];
    expect(scopeEquals(constrain(a, b), constrain(b, c))).toBe(true);
    expect(scopeEquals(constrain(a, b), a)).toBe(false);
  });

  it('knows what lies within what', () => {
    const [one, two, kind] = [scope({ thread: 0 }), scope({ threads: [0, 1] }), scope({ threads: 'all' })];
    const invalid = constrain(one, scope({ gpu: 0 }));
    const pairs: [Scope, Scope][] = [
      [one, two],
      [two, kind],
      [kind, anyScope],
      [invalid, one],
      [one, one],
    ];
    for (const [inner, outer] of pairs) expect(isWithin(inner, outer)).toBe(true);
    for (const [inner, outer] of pairs.slice(0, 4)) expect(isWithin(outer, inner)).toBe(false);
  });
});

describe('scopes as data', () => {
  it('are frozen all the way down', () => {
    const invalid = constrain(scope({ thread: 0 }), scope({ gpu: 0 }));
    const isFrozen = (value: unknown): boolean =>
      typeof value !== 'object' ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every(isFrozen));
    for (const s of [anyScope, exactScope(gpu), scope({ threads: [0, 1] }), invalid])
      expect(isFrozen(s)).toBe(true);
  });

  it('cross threads by structured clone and stay what they were', () => {
    const here = scope([{ thread: 0 }, { gpu: 0, worker: 'w1' }]);
    const there = structuredClone(here);
    expect(isScope(there)).toBe(true);
    expect(scopeEquals(here, there)).toBe(true);
    expect(admitted(there)).toEqual(admitted(here));
    expect(constrain(there, structuredClone(anyScope))).toEqual(here);
  });

  it('hold no processor', () => {
    expect(exactScope(gpu)).toEqual({
      type: 'scope',
      anyOf: [{ id: 'gpu:0', kind: 'webgpu', process: 'w1', node: 'attic', defaultEnabled: false }],
    });
  });

  it('are told from other values', () => {
    const others = [undefined, null, 0, 'any', {}, [], { type: 'scope' }, { type: 'scope', anyOf: [] }];
    const broken = [
      { type: 'scope', anyOf: [{ id: 1 }] },
      { type: 'scope', anyOf: [{ colour: 'red' }] },
      { type: 'scope', anyOf: [null] },
    ];
    for (const value of [...others, ...broken, { type: 'invalid-scope', left: anyScope }])
      expect(isScope(value)).toBe(false);
  });
});

describe('bad input', () => {
  const wrong = (value: unknown) => value as never;
  it.each<[string, () => unknown, RegExp]>([
    ['a union of nothing', () => unionScope(), /union needs at least one scope/],
    ['a node without a name', () => nodeScope(''), /a node's name must be a text that is not empty, not ""/],
    [
      'a process by number',
      () => processScope(wrong(3)),
      /a process's id must be a text that is not empty, not 3/,
    ],
    [
      'a kind that is none',
      () => processorTypeScope(wrong(undefined)),
      /a processor's kind must be .* not undefined/,
    ],
    [
      'an exact scope of an id',
      () => exactScope(wrong('cpu:0')),
      /exactScope takes a processor, not "cpu:0"/,
    ],
    ['an exact scope of any object', () => exactScope(wrong({})), /a processor's id must be/],
    [
      'an unknown taint',
      () => taintScope(anyScope, wrong('red')),
      /there is no taint "red"; use 'default-enabled'/,
    ],
    [
      'a specification for a scope',
      () => constrain(wrong({ thread: 0 })),
      /expected a scope, not an object with keys thread/,
    ],
    ['a scope that is none', () => includes(wrong(undefined), gpu), /expected a scope, not undefined/],
    ['a union with a word', () => unionScope(anyScope, wrong('any')), /expected a scope, not "any"/],
  ])('%s is a ScopeError that says so', (_, body, message) => {
    expect(body).toThrow(ScopeError);
    expect(body).toThrow(message);
  });
});
