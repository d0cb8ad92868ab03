/** @file P1 to P5 as far as users can see them; the policy's own arithmetic has tests of its own in the core. */
import {
  exactScope,
  type PlacementReport,
  type PoniardEvent,
  SchedulingError,
  scope,
  taskContext,
  unionScope,
} from '@poniard/core';
import { describe, expect, it } from 'vitest';
import { causeOf, changed, counters, testRuntime } from './runtimes.js';

const double = (x: number): number => 2 * x;

/** Says that it has begun, and holds its thread until it is let go. */
const hold = (words: Int32Array): string => {
  Atomics.store(words, 0, 1);
  Atomics.notify(words, 0);
  Atomics.wait(words, 1, 0);
  return taskContext().processor.id;
};
const letGo = (words: Int32Array): void => {
  Atomics.store(words, 1, 1);
  Atomics.notify(words, 1);
};
const where = (): string => taskContext().processor.id;

describe('placement', () => {
  it('P5. explain tells for every processor the terms of its cost, or why it was refused', async () => {
    const runtime = testRuntime('threads');
    await runtime.ready();
    const task = runtime.spawn.with({ name: 'weigh', timeUtil: 5 }, double, 1);
    expect(await task).toBe(2);
    const report = runtime.explain(task);
    expect(report).toMatchObject({ task: task.id, name: 'weigh' });
    expect(report.rows.map((row) => row.processor).sort()).toEqual(['cpu:0', 'cpu:1', 'inline:0']);
    for (const row of report.rows) {
      if (row.kind === 'inline') {
        expect(row.cost).toBeUndefined();
        expect(row.refusal).toMatch(/name/);
      } else {
        // P1. In µs: what is queued, what must be brought, and what it takes.
        const { total, queued, transfer, run } = row.cost!;
        expect(run).toBe(5000);
        expect(total).toBeCloseTo(queued + transfer + run, 6);
      }
    }
    expect(String(report)).toMatch(
      /weigh \(#\d+\) → cpu:[01]\n +µs +queued +transfer +run\n.*cpu:0 +\d+ +\d+ +\d+ +5000\n/s,
    );
  });

  it('P2. the run time of a function is learnt, and expected from then on', async () => {
    const runtime = testRuntime('threads', {}, { threads: 1 });
    const first = runtime.spawn(double, 1);
    await first;
    const row = runtime.explain(runtime.spawn(double, 2)).rows.find(({ processor }) => processor === 'cpu:0');
    expect(row?.cost?.measured).toBe(true);
    const unknown = runtime.explain(runtime.spawn((x: number) => x, 2));
    expect(unknown.rows.find(({ processor }) => processor === 'cpu:0')?.cost?.measured).toBe(false);
  });

  it('P2. a function that is written anew each time is one function all the same', async () => {
    const runtime = testRuntime('threads', {}, { threads: 1 });
    const spawnFresh = (x: number) => runtime.spawn((y: number) => y * 3, x);
    expect(await spawnFresh(1)).toBe(3);
    const again = spawnFresh(2);
    expect(await again).toBe(6);
    expect(runtime.explain(again).rows.find(({ processor }) => processor === 'cpu:0')?.cost?.measured).toBe(
      true,
    );
  });

  it('P4. an idle thread takes what waits behind a busy one', async () => {
    const runtime = testRuntime('threads');
    const words = counters(2);
    const busy = runtime.spawn(hold, words);
    await changed(words, 0);
    // They look cheap, so that many are queued behind the busy thread too.
    const tasks = Array.from({ length: 200 }, () => runtime.spawn.with({ timeUtil: 0.01 }, where));
    const ran = await Promise.all(tasks);
    letGo(words);
    const busyOn = await busy;
    expect(new Set(ran)).toEqual(new Set([busyOn === 'cpu:0' ? 'cpu:1' : 'cpu:0']));
  });

  it('P4. both threads work on a flood of tasks', async () => {
    const runtime = testRuntime('threads');
    const words = counters(1);
    const meet = async (flags: Int32Array): Promise<string> => {
      Atomics.add(flags, 0, 1);
      Atomics.notify(flags, 0);
      // Only ends when the other thread has one of these too.
      while (Atomics.load(flags, 0) < 2) Atomics.wait(flags, 0, 1, 1000);
      return taskContext().processor.id;
    };
    const ran = await Promise.all(Array.from({ length: 50 }, () => runtime.spawn(meet, words)));
    expect(new Set(ran).size).toBe(2);
  });

  it('P1. a task goes where its large input is', async () => {
    const runtime = testRuntime('threads');
    const moved: string[] = [];
    const stop = runtime.subscribe(({ type }) => {
      if (type === 'chunk:move') moved.push(type);
    });
    const made = runtime.spawn.with({ scope: scope({ thread: 1 }) }, () =>
      Array.from({ length: 100_000 }, (_, i) => i),
    );
    await made.wait();
    const last = runtime.spawn((xs: number[]) => [xs.length, taskContext().processor.id], made);
    expect(await last).toEqual([100_000, 'cpu:1']);
    stop();
    expect(moved).toEqual([]);
  });

  it('E5. where nothing fits, the error lists every processor and why', async () => {
    const runtime = testRuntime('threads');
    const error = await causeOf(runtime.spawn.with({ scope: scope({ kind: 'webgpu' }) }, double, 1));
    expect(error).toBeInstanceOf(SchedulingError);
    for (const id of ['cpu:0', 'cpu:1', 'inline:0']) expect(error.message).toMatch(new RegExp(`${id}: `));
  });

  it('K3. a union that names the calling thread admits it', async () => {
    const runtime = testRuntime('threads');
    await runtime.ready();
    const inline = runtime.processors().find(({ kind }) => kind === 'inline')!;
    const both = unionScope(exactScope(inline), scope({ thread: 0 }));
    expect(['inline:0', 'cpu:0']).toContain(await runtime.spawn.with({ scope: both }, where));
    expect(await runtime.spawn.with({ scope: exactScope(inline) }, where)).toBe('inline:0');
    expect(await runtime.spawn(where)).toMatch(/^cpu:/);
  });

  it('P5. the event of a task that is queued tells its costs at that moment, and not later', async () => {
    const runtime = testRuntime('threads', {}, { threads: 1 });
    await runtime.ready();
    const reports: PlacementReport[] = [];
    const kept: PoniardEvent[] = [];
    const stop = runtime.subscribe((event) => {
      if (event.type !== 'task:ready') return;
      reports.push(event.explain!());
      kept.push(event);
    });
    await runtime.fetchAll([runtime.spawn(double, 1), runtime.spawn(double, 2)]);
    stop();
    const queued = reports.map(
      ({ rows }) => rows.find(({ processor }) => processor === 'cpu:0')?.cost?.queued,
    );
    expect(queued[0]).toBe(0);
    expect(queued[1]).toBeGreaterThan(0);
    expect(() => kept[0]?.explain?.()).toThrow('call it in the listener');
  });

  it('events. a task tells its story in order, and under debug explain and stats know it', async () => {
    const runtime = testRuntime('threads', { debug: true }, { threads: 1 });
    const types: string[] = [];
    const stop = runtime.subscribe(({ type, task }) => {
      if (task === 1) types.push(type);
    });
    const task = runtime.spawn(double, 4);
    await task;
    stop();
    expect(types[0]).toBe('task:spawn');
    expect(types.at(-1)).toBe('task:finish');
    expect(types.indexOf('task:ready')).toBeLessThan(types.indexOf('task:assigned'));
    expect(runtime.explain(task).story).toMatch(/task:spawn double \(#1\)[\s\S]*task:finish double \(#1\)/);
    const { tasks, processors } = runtime.stats();
    expect(tasks).toMatchObject({ waiting: 0, ready: 0, running: 0, finished: 1 });
    expect(processors.find(({ id }) => id === 'cpu:0')).toMatchObject({
      kind: 'thread',
      up: true,
      sent: 0,
      finished: 1,
    });
    await runtime.spawn(double, 1);
    expect(types.at(-1)).toBe('task:finish');
  });
});
