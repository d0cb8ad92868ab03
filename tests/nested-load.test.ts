import type { Runtime } from '@poniard/core';
import { describe, expect, it } from 'vitest';
import { type Kind, suiteRuntime } from './runtimes.js';

/** Spawns many children before it awaits the first. */
const manyChildren = async (count: number): Promise<number> => {
  const { spawn } = await import('@poniard/core');
  const add = (a: number, b: number): number => a + b;
  const children = Array.from({ length: count }, (_, i) => spawn(add, i, 1));
  let sum = 0;
  for (const child of children) sum += await child;
  return sum;
};

describe.each<Kind>(['threads', 'inline'])('many tasks inside tasks on %s', (kind) => {
  const runtime: Runtime = suiteRuntime(kind);

  it('S9. a thousand children of each of several tasks, spawned at once', async () => {
    const sums = await Promise.all([1, 2, 3, 4].map(() => runtime.spawn(manyChildren, 1000)));
    expect(sums).toEqual([500_500, 500_500, 500_500, 500_500]);
  });

  it('S9. ids of children are known when their values are', async () => {
    const ids = await runtime.spawn(async (count: number) => {
      const { spawn } = await import('@poniard/core');
      const children = Array.from({ length: count }, (_, i) => spawn((x: number) => x, i));
      for (const child of children) await child;
      return children.map(({ id }) => id);
    }, 300);
    expect(new Set(ids).size).toBe(300);
    expect(Math.min(...ids)).toBeGreaterThan(0);
  });
});
