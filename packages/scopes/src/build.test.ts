import { describe, expect, it } from 'vitest';
import {
  anyScope,
  constrain,
  defaultScope,
  exactScope,
  isInvalid,
  nodeScope,
  processorTypeScope,
  processScope,
  taintScope,
  unionScope,
} from './algebra.js';
import { type ScopeSpec, scope } from './build.js';
import { PoniardError, ScopeError } from './errors.js';
import { registerScopeKey, type ScopeKeyRule, scopeKeys } from './keys.js';
import type { Scope } from './scope.js';

const numbered = (kind: string, id: string): Scope => ({ type: 'scope', anyOf: [{ id, kind }] });
const cpu = (number: number) => numbered('thread', `cpu:${number}`);
const gpu = (number: number) => numbered('webgpu', `gpu:${number}`);
const threads = processorTypeScope('thread');

describe('K1. scope(spec)', () => {
  it.each<[ScopeSpec, Scope]>([
    ['any', anyScope],
    ['default', defaultScope],
    [{ thread: 0 }, cpu(0)],
    [{ threads: [0] }, cpu(0)],
    [{ threads: [1, 0, 1] }, unionScope(cpu(0), cpu(1))],
    [{ threads: 'all' }, threads],
    [{ gpu: 1 }, gpu(1)],
    [{ gpus: [0, 1] }, unionScope(gpu(0), gpu(1))],
    [{ gpus: 'all' }, processorTypeScope('webgpu')],
    [{ kind: 'inline' }, processorTypeScope('inline')],
    [{ worker: 'w1' }, constrain(threads, processScope('w1'))],
    [{ workers: ['w1'] }, constrain(threads, processScope('w1'))],
    [{ workers: ['w1', 'w2'] }, constrain(threads, unionScope(processScope('w1'), processScope('w2')))],
    [{ workers: 'all' }, threads],
    [{ node: 'attic' }, taintScope(nodeScope('attic'), 'default-enabled')],
    [{ worker: 'w1', thread: 1 }, constrain(cpu(1), processScope('w1'))],
    [
      { workers: ['w1', 'w2'], threads: 'all' },
      constrain(threads, unionScope(processScope('w1'), processScope('w2'))),
    ],
    [{ gpu: 0, worker: 'w1', node: 'attic' }, constrain(gpu(0), processScope('w1'), nodeScope('attic'))],
    [{ node: 'attic', kind: 'webgpu' }, constrain(processorTypeScope('webgpu'), nodeScope('attic'))],
    [['any'], anyScope],
    [[{ thread: 0 }, { gpu: 0 }], unionScope(cpu(0), gpu(0))],
    [[{ thread: 0 }, [{ thread: 1 }, 'default']], unionScope(cpu(0), cpu(1), defaultScope)],
    [[gpu(0), { thread: 0 }], unionScope(cpu(0), gpu(0))],
  ])('%j', (spec, expected) => {
    expect(scope(spec)).toEqual(expected);
  });

  it('gives a scope back as it is', () => {
    const exact = exactScope({ id: 'gpu:0', kind: 'webgpu', defaultEnabled: false });
    expect(scope(exact)).toBe(exact);
  });

  it('names a processor by number as exactScope names it by itself', () => {
    const exact = exactScope({ id: 'cpu:0', kind: 'thread', defaultEnabled: true });
    expect(constrain(scope({ thread: 0 }), exact)).toEqual(exact);
    expect(isInvalid(constrain(scope({ thread: 1 }), exact))).toBe(true);
  });

  it('lets the key of highest precedence decide', () => {
    expect(scope({ thread: 0, gpu: 1 })).toEqual(gpu(1));
    expect(scope({ kind: 'inline', gpus: 'all' })).toEqual(processorTypeScope('webgpu'));
  });
});

describe('a specification that makes no sense', () => {
  it.each<[unknown, RegExp]>([
    [{ tread: 0 }, /no scope key "tread"; there are node, worker, workers, kind, thread, threads, gpu, gpus/],
    [{ thread: 0, tread: 0 }, /no scope key "tread"/],
    [{ toString: 0 }, /no scope key "toString"/],
    [{}, /an empty object says nothing; give one of node/],
    [[], /empty list of scopes/],
    [[{ thread: 0 }, []], /empty list of scopes/],
    [{ threads: [] }, /"threads" takes a list of numbers that is not empty, or 'all', not an empty list/],
    [{ workers: [] }, /"workers" takes a list of names that is not empty/],
    [{ threads: 2 }, /"threads" takes a list of numbers/],
    [{ threads: [0, '1'] }, /"threads" takes a number from 0 up, not "1"/],
    [{ thread: -1 }, /"thread" takes a number from 0 up, not -1/],
    [{ thread: 0.5 }, /not 0.5/],
    [{ thread: Number.NaN }, /not NaN/],
    [{ thread: '0' }, /not "0"/],
    [{ thread: undefined }, /not undefined/],
    [{ gpu: [0, 1] }, /"gpu" takes a number from 0 up, not a list of 2; "gpus" takes several/],
    [{ thread: 'all' }, /"threads" takes several/],
    [{ worker: 1 }, /the value of "worker" must be a text that is not empty, not 1/],
    [{ workers: ['w1', ''] }, /the value of "workers" must be a text/],
    [{ node: '' }, /the value of "node"/],
    [{ kind: null }, /the value of "kind" must be a text that is not empty, not null/],
    [{ thread: 0, threads: [1] }, /"thread" and "threads" both decide; give one of them, or a list/],
    [{ worker: 'a', workers: ['b'] }, /"worker" and "workers" both decide/],
    [{ kind: 'thread', thread: 0 }, /"kind" and "thread" both decide/],
    ['all', /a scope is 'any', 'default', keys such as { thread: 0 }, or a list of these, not "all"/],
    [undefined, /not undefined/],
    [null, /not null/],
    [0, /not 0/],
    [() => 0, /not function/],
  ])('%j is a ScopeError that says what to do', (spec, message) => {
    const body = () => scope(spec as ScopeSpec);
    expect(body).toThrow(ScopeError);
    expect(body).toThrow(PoniardError);
    expect(body).toThrow(message);
  });
});

describe('registerScopeKey', () => {
  const rule = (precedence: number, result: Scope): ScopeKeyRule => ({ precedence, build: () => result });

  it('adds a key, whose precedence decides', () => {
    const keys = scopeKeys();
    registerScopeKey('fpga', rule(4, processorTypeScope('fpga')), keys);
    registerScopeKey('weak', rule(-1, processorTypeScope('weak')), keys);
    expect(scope({ fpga: 0, gpu: 0 }, keys)).toEqual(processorTypeScope('fpga'));
    expect(scope({ weak: 0, thread: 0 }, keys)).toEqual(cpu(0));
    expect(scope([{ weak: 0 }, { worker: 'w1', fpga: 0 }], keys)).toEqual(
      unionScope(processorTypeScope('weak'), constrain(processorTypeScope('fpga'), processScope('w1'))),
    );
  });

  it('keeps a private table apart from the shared one', () => {
    registerScopeKey('private', rule(4, anyScope), scopeKeys());
    expect(() => scope({ private: 1 })).toThrow(/no scope key "private"/);
  });

  it('without a table adds to the shared one', () => {
    registerScopeKey('shared-for-test', rule(4, processorTypeScope('shared')));
    expect(scope({ 'shared-for-test': 1 })).toEqual(processorTypeScope('shared'));
  });

  it('takes the same rule twice, and no other for a key that exists', () => {
    const keys = scopeKeys();
    const first = rule(4, anyScope);
    registerScopeKey('site', first, keys);
    registerScopeKey('site', first, keys);
    expect(() => registerScopeKey('site', rule(4, anyScope), keys)).toThrow(
      /the scope key "site" exists already/,
    );
    expect(() => registerScopeKey('thread', first, keys)).toThrow(/the scope key "thread" exists already/);
  });

  it('throws with both sides where two keys exclude each other', () => {
    const keys = scopeKeys();
    registerScopeKey('home', rule(4, processScope('w1')), keys);
    const error = catchError(() => scope({ home: true, worker: 'w2' }, keys));
    expect(error).toBeInstanceOf(ScopeError);
    expect(error).toMatchObject({
      name: 'ScopeError',
      message: expect.stringMatching(/"home" and "worker" give no processor/),
      left: processScope('w1'),
      right: processScope('w2'),
    });
  });

  it.each<[string, unknown, RegExp]>([
    ['', rule(1, anyScope), /a scope key's name must be a text/],
    ['x', undefined, /the rule of scope key "x" needs a number `precedence` and a function `build`/],
    ['x', { precedence: 1 }, /needs a number `precedence` and a function `build`/],
    ['x', { precedence: '1', build: () => anyScope }, /needs a number `precedence`/],
  ])('refuses key %j with rule %j', (name, badRule, message) => {
    expect(() => registerScopeKey(name, badRule as ScopeKeyRule, scopeKeys())).toThrow(message);
  });
});

function catchError(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  return undefined;
}
