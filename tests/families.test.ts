/** @file What becomes of a task's own tasks when it fails, is cancelled, or starts again. */
import type { PoniardEvent, Runtime, Task } from '@poniard/core';
import { describe, expect, it } from 'vitest';
import * as families from './fixtures/families.mjs';
import { changed, counters, gate, rejection, suiteRuntime } from './runtimes.js';

const kinds = ['one thread', 'two threads', 'the calling thread'] as const;

describe.each(kinds)('children on %s', (kind) => {
  const runtime: Runtime =
    kind === 'the calling thread'
      ? suiteRuntime('inline')
      : suiteRuntime('threads', {}, { threads: kind === 'one thread' ? 1 : 2 });
  const { spawn } = runtime;

  /** Resolves when so many tasks of this name have been cancelled. */
  const cancelled = (name: string, count: number): Promise<PoniardEvent[]> =>
    new Promise((resolve) => {
      const seen: PoniardEvent[] = [];
      const stop = runtime.subscribe((event) => {
        if (event.type !== 'task:error' || event.name !== name) return;
        if (seen.push(event) < count) return;
        stop();
        resolve(seen);
      });
    });

  it('S9. that run are told when their parent fails', async () => {
    const words = counters(2);
    const parent = spawn(families.failsBesides, words);
    expect(((await rejection(parent)) as Error).message).toMatch(/the parent/);
    await changed(words, 1);
    expect(words[1]).toBe(1);
  });

  it('S9. that wait are cancelled when their parent fails, and name it', async () => {
    const orphans = cancelled('orphan', 2);
    const parent = spawn(families.failsBeforeItsChild, counters(2));
    await rejection(parent);
    for (const { error } of await orphans) {
      expect(error).toMatchObject({ name: 'CancelledError' });
      expect((error as Error).message).toMatch(`since failsBeforeItsChild (#${parent.id})`);
    }
  });

  it('S9. that wait for a promise are cancelled when their parent fails', async () => {
    const words = counters(2);
    const told = changed(words, 0);
    await rejection(spawn(families.failsBeforeAPromise, words));
    await told;
    expect([...words]).toEqual([1, 0]);
  });

  it('O5. are cancelled with their parent, and theirs too', async () => {
    const words = counters(2);
    const parent = spawn(families.grandparent, words);
    await changed(words, 0);
    parent.cancel('not needed');
    await rejection(parent);
    await changed(words, 1);
    expect(words[1]).toBe(1);
  });

  it('O5. are cancelled when their parent takes too long', async () => {
    const words = counters(2);
    const parent = spawn.with({ timeout: 30 }, families.awaitsListener, words);
    expect(((await rejection(parent)) as Error).message).toMatch(/TimeoutError/);
    await changed(words, 1);
    expect(words[1]).toBe(1);
  });

  it('S9. of a run that threw are cancelled before the next begins', async () => {
    const words = counters(3);
    expect(await spawn.with({ retries: 1 }, families.failsOnce, words)).toBe('second');
    await changed(words, 1);
    expect([words[1], words[2]]).toEqual([1, 2]);
  });

  it('S9. that are spawned when their parent has failed never begin', async () => {
    const words = counters(2);
    await rejection(spawn(families.spawnsTooLate, words));
    const done = changed(words, 1);
    families.set(words, 0);
    await done;
    expect(words[1]).toBe(1);
  });

  it.runIf(kind !== 'two threads')('S9. go on where another task waits for them', async () => {
    const words = counters(3);
    const parent = spawn.with({ occupancy: 0 }, families.leaks, words);
    const other = spawn.with({ occupancy: 0 }, families.picks, words);
    await rejection(parent);
    families.set(words, 2);
    expect(await other).toBe('still there');
  });
});

describe('what a failed task made', () => {
  const { spawn } = suiteRuntime('threads', {}, { threads: 1 });

  it('C1. a chunk is still there for others', async () => {
    await rejection(spawn(families.chunksAndFails));
    expect(await spawn(families.usesChunk)).toBe(3);
  });
});

describe('children whose handles leave their parent', () => {
  const runtime = suiteRuntime('inline');

  it.each<[string, (child: Task<number>) => PromiseLike<number>]>([
    ['awaits them', (child) => child.fetch()],
    ['waits for them', (child) => child.wait().then(() => child)],
    ['fetches them with others', (child) => runtime.fetchAll([child]).then(([value]) => value as number)],
    ['takes their chunk', (child) => child.chunk().then((chunk) => chunk.fetch())],
    ['passes them on', (child) => runtime.spawn((x: number) => x, child)],
  ])('S9. go on where code outside %s', async (_, take) => {
    const input = gate<number>();
    const end = gate<void>();
    const handle = gate<{ child: Task<number> }>();
    const parent = runtime.spawn(async () => {
      handle.open({ child: runtime.spawn((x: number) => x + 1, input.promise) });
      await end.promise;
      throw new Error('the parent');
    });
    const seen = take((await handle.promise).child);
    end.open();
    await rejection(parent);
    input.open(1);
    expect(await seen).toBe(2);
  });

  it('S9. go on where their parent handed them out in its value', async () => {
    const input = gate<number>();
    const { child } = await runtime.spawn(async () => ({
      child: runtime.spawn((x: number) => x + 1, input.promise),
    }));
    input.open(1);
    expect(await child).toBe(2);
  });
});
