/** @file Waits that would never end are errors. */
import { DeadlockError, type Task } from '@poniard/core';
import { describe, expect, it } from 'vitest';
import * as deadlocks from './fixtures/deadlocks.mjs';
import { causeOf, counters, gate, type Kind, suiteRuntime } from './runtimes.js';

describe.each<Kind>(['threads', 'inline'])('a wait that would never end, on %s', (kind) => {
  const { spawn } = suiteRuntime(kind, {}, { threads: 1 });

  it.each(['fetch', 'wait'] as const)('S9. for oneself is an error, by %s', async (how) => {
    expect(await spawn(deadlocks.selfish, counters(2), how)).toEqual(['DeadlockError', ['child', 'child']]);
  });

  it('S9. for a task that depends on oneself is an error that names those between', async () => {
    expect(await spawn(deadlocks.dependent, counters(2))).toEqual([
      'DeadlockError',
      ['child', 'further', 'behind', 'child'],
    ]);
  });

  it('S9. of two tasks for each other is an error of the one that waits last', async () => {
    const outcomes = await spawn(deadlocks.mutual, counters(2));
    expect(outcomes).toContain('a value');
    const [[name, cycle]] = outcomes.filter((outcome) => outcome !== 'a value') as [[string, string[]]];
    expect(name).toBe('DeadlockError');
    expect(new Set(cycle)).toEqual(new Set(['first', 'second']));
    expect(cycle).toHaveLength(3);
  });
});

describe('a wait of a task on the calling thread', () => {
  const { spawn } = suiteRuntime('threads');
  const inline = { processor: 'inline:0' };

  it('S9. for itself is an error, where it gives itself too', async () => {
    const self = gate<{ task: Task<unknown> }>();
    const task: Task<unknown> = spawn.with(inline, async () => (await self.promise).task);
    self.open({ task });
    const error = await causeOf(task);
    expect(error).toBeInstanceOf(DeadlockError);
    expect(error.message).toMatch(/this wait would never end: .* \(#\d+\) → .* \(#\d+\), each of which/);
  });

  it('S9. for one on a thread that depends on it is an error', async () => {
    const below = gate<{ task: Task<number> }>();
    const task: Task<number> = spawn.with(inline, async () => (await below.promise).task.fetch());
    const threads = spawn((x: number) => x + 1, task);
    below.open({ task: threads });
    expect(await causeOf(threads)).toBeInstanceOf(DeadlockError);
  });
});
