import { createRuntime } from '@poniard/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Task } from '../task.js';
import { spawnGraph } from './graph.js';
import { Thunk } from './thunk.js';

const sum = (...values: number[]): number => values.reduce((a, b) => a + b, 0);
const node = (...args: unknown[]): Thunk<unknown> => new Thunk(sum as never, args, undefined);

/** Spawns nothing: notes the order, and evaluates. */
function evaluate(roots: readonly Thunk<unknown>[]): { order: unknown[][]; values: unknown[] } {
  const order: unknown[][] = [];
  const read = (arg: unknown): number => (typeof arg === 'number' ? arg : (arg as { value: number }).value);
  const tasks = spawnGraph(roots, (_fn, args) => {
    order.push(args);
    return { value: sum(...args.map(read)) } as unknown as Task<unknown>;
  });
  return { order, values: roots.map((root) => (tasks.get(root) as unknown as { value: number }).value) };
}

describe('a lazy graph', () => {
  it('L1. becomes one task per node, each after its inputs, whatever its shape', () => {
    const shape = fc.array(fc.record({ inputs: fc.array(fc.nat(), { maxLength: 4 }), value: fc.nat(100) }), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(shape, fc.array(fc.nat(), { minLength: 1, maxLength: 3 }), (specs, wanted) => {
        const nodes: Thunk<unknown>[] = [];
        const expected: number[] = [];
        for (const { inputs, value } of specs) {
          const from = nodes.length === 0 ? [] : inputs.map((input) => input % nodes.length);
          nodes.push(node(value, ...from.map((index) => nodes[index])));
          expected.push(value + sum(...from.map((index) => expected[index] as number)));
        }
        const roots = wanted.map((index) => index % nodes.length);
        const { order, values } = evaluate(roots.map((index) => nodes[index] as Thunk<unknown>));
        expect(values).toEqual(roots.map((index) => expected[index]));
        expect(order.length).toBeLessThanOrEqual(nodes.length);
      }),
    );
  });

  it('L1. is not looked at by recursion: a chain of a million is like one of ten', () => {
    let chain = node(0);
    for (let i = 1; i < 1_000_000; i++) chain = node(1, chain);
    const { order, values } = evaluate([chain]);
    expect(order).toHaveLength(1_000_000);
    expect(values).toEqual([999_999]);
  });

  it('L1. a shared node is spawned once, and only what leads to a root', async () => {
    const shared = node(1);
    const aside = node(5, shared);
    const { order, values } = evaluate([node(shared, shared, node(2, shared)), shared]);
    expect(order).toHaveLength(3);
    expect(values).toEqual([5, 1]);
    await using runtime = createRuntime();
    expect(await runtime.collect(aside)).toBe(6);
  });
});
