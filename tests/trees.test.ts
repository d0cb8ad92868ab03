/** @file Random trees of tasks that spawn tasks, with all that may go wrong with them. */
import { TaskFailedError } from '@poniard/core';
import { FakeHost } from '@poniard/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAILED, grow, type TreeNode } from './fixtures/trees.mjs';
import { type Kind, suiteRuntime } from './runtimes.js';

/** What a node may come to: one value, or one of several errors, since several may fail at the same time. */
type Outcome = { readonly value: number } | { readonly errors: ReadonlySet<string> };

const isFailed = (outcome: Outcome): outcome is Extract<Outcome, { errors: unknown }> => 'errors' in outcome;
const failed = (...errors: string[]): Outcome => ({ errors: new Set(errors) });
const either = (outcomes: readonly Outcome[]): Outcome =>
  failed(...outcomes.flatMap((outcome) => (isFailed(outcome) ? [...outcome.errors] : [])));

/** What the children of a node come to, in their order. */
function childrenOf(node: TreeNode): Outcome[] {
  const outcomes: Outcome[] = [];
  for (const child of node.children) {
    const before = child.after ? outcomes.filter(isFailed) : [];
    const own = child.cancelled ? failed('CancelledError: by the tree') : outcomeOf(child);
    outcomes.push(before.length === 0 ? own : either(child.cancelled ? [...before, own] : before));
  }
  return outcomes;
}

function outcomeOf(node: TreeNode): Outcome {
  if (node.hangs) return failed('TimeoutError');
  const lastFails = (node.options.retries ?? 0) < node.fails;
  const own = failed(`RangeError: ${node.name}`);
  if (lastFails && node.early) return own;
  const children = childrenOf(node);
  const bad = children.filter(isFailed);
  const values = children.map((child) => (isFailed(child) ? FAILED : child.value));
  const total = values.reduce((sum, value) => sum + value, 0);
  if (bad.length > 0 && node.takes === 'each') return bad[0] as Outcome;
  if (bad.length > 0 && (node.takes === 'all' || node.takes === 'input')) return either(bad);
  if (lastFails) return own;
  return { value: node.value + (node.takes === 'none' ? 0 : total) };
}

/** What a task failed with in the end, however many tasks hand it on. */
function rootCause(error: unknown): string {
  let at = error;
  while (at instanceof TaskFailedError || (at as Error)?.name === 'TaskFailedError') at = (at as Error).cause;
  const { name, message, cause } = at as Error;
  if (name === 'RangeError') return `RangeError: ${message}`;
  return cause === undefined ? name : `${name}: ${cause}`;
}

const often = <T>(usual: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );

const node = (children: fc.Arbitrary<TreeNode[]>): fc.Arbitrary<TreeNode> =>
  fc
    .record({
      number: fc.nat(9),
      retries: often<number | undefined>(undefined, 0, 1, 2),
      priority: often(0, -1, 3),
      occupancy: often(1, 0, 0.5),
      timeout: often<number | undefined>(undefined, 60_000),
      cache: often(false, true),
      hangs: fc.oneof({ weight: 15, arbitrary: fc.constant(false) }, fc.constant(true)),
      takes: fc.constantFrom('none', 'each', 'caught', 'all', 'input', 'tolerant'),
      fails: often(0, 1, 2),
      early: fc.boolean(),
      cancelled: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
      after: often(false, true),
      children,
    })
    .map(({ number, retries, priority, occupancy, timeout, cache, hangs, ...rest }) => {
      // Who cancels a task that calls share by the cache cancels it for all.
      const shares = cache && rest.children.length === 0 && rest.fails === 0 && !hangs && !rest.cancelled;
      const options = { retries, priority, occupancy, timeout: hangs ? 5 : timeout, cache: shares };
      return { ...rest, name: `node ${number}`, value: number, hangs, options };
    });

const { tree } = fc.letrec<{ tree: TreeNode; leaf: TreeNode }>((tie) => ({
  leaf: node(fc.constant([])),
  tree: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    tie('leaf'),
    node(fc.array(tie('tree'), { maxLength: 4 })),
  ),
}));

const RUNS = Number(process.env['PONIARD_RUNS'] ?? 60);
/** In ms: for many runs, by `PONIARD_RUNS`. */
const LIMIT = Math.max(20_000, RUNS * 200);

describe.each<Kind>(['threads', 'inline'])('trees of tasks on %s', (kind) => {
  // It warns of failed children that nobody takes.
  const runtime = suiteRuntime(kind, { fakes: { host: new FakeHost() } });
  const root = (tree: TreeNode) => runtime.spawn.with({ ...tree.options, cache: false }, grow, tree);

  it('S9. E1. give the right values, or fail with what was thrown first', { timeout: LIMIT }, async () => {
    await fc.assert(
      fc.asyncProperty(tree, async (spec) => {
        const expected = outcomeOf(spec);
        const found = await root(spec).then((value) => ({ value }), rootCause);
        if (isFailed(expected)) expect([...expected.errors]).toContain(found);
        else expect(found).toEqual(expected);
      }),
      { numRuns: RUNS, timeout: 10_000, endOnFailure: true },
    );
  });

  it('O5. do so, or are cancelled, when that is asked for at any moment', { timeout: LIMIT }, async () => {
    await fc.assert(
      fc.asyncProperty(tree, fc.nat(30), fc.boolean(), async (spec, moment, force) => {
        const expected = outcomeOf(spec);
        let events = 0;
        const task = root(spec);
        const stop = runtime.subscribe(() => {
          if (++events === moment) task.cancel('by the test', { force });
        });
        const found = await task.then((value) => ({ value }), rootCause);
        stop();
        if (found === 'CancelledError: by the test') return;
        if (isFailed(expected)) expect([...expected.errors]).toContain(found);
        else expect(found).toEqual(expected);
      }),
      { numRuns: RUNS, timeout: 10_000, endOnFailure: true },
    );
  });
});
