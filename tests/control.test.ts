/** @file Dynamic control: what a task can ask of its scheduler. */
import { threadId } from 'node:worker_threads';
import { anyScope, CancelledError, scope, type TaskFailedError } from '@poniard/core';
import { describe, expect, it } from 'vitest';
import * as control from './fixtures/control.mjs';
import { set } from './fixtures/families.mjs';
import { changed, counters, gate, type Kind, rejection, testRuntime } from './runtimes.js';

const same = <T>(x: T): T => x;

describe.each<Kind>(['threads', 'inline'])('the scheduler inside a task on %s', (kind) => {
  const made = () => testRuntime(kind, {}, { threads: 1 });

  it('S9. exec runs on its thread, and gives what the function gives', async () => {
    expect(await made().spawn(control.executes)).toEqual([threadId, true]);
  });

  it('S9. exec runs there each time, whatever withOptions says of tasks', async () => {
    const runtime = made();
    const [id, where] = kind === 'threads' ? ['cpu:0', scope({ thread: 0 })] : ['inline:0', anyScope];
    const options = { processor: id, proclist: [id], scope: where, resultScope: where, cache: true };
    const words = counters(1);
    expect(await runtime.withOptions(options, () => runtime.spawn(control.executesTwice, words))).toEqual([
      0, 1,
    ]);
  });

  it('S9. exec runs there also where withOptions says single', async () => {
    const runtime = made();
    const options = { single: kind === 'threads' ? 0 : `${process.pid}`, scope: anyScope };
    const executes = () => runtime.spawn.with({ single: null }, control.executes);
    expect(await runtime.withOptions(options, executes)).toEqual([threadId, true]);
  });

  it('S9. exec rejects with what the function throws', async () => {
    expect(await made().spawn(control.executesBadly)).toEqual([
      'TaskFailedError',
      'RangeError',
      'not like this',
    ]);
  });

  it('S9. dag tells who waits for whom, at each depth', async () => {
    const { spawn } = made();
    const words = counters(2);
    const { promise, open } = gate<number>();
    const done = spawn(same, 1);
    await done;
    const looks = spawn(control.looks, words);
    const [left, right] = [spawn(same, looks), spawn(same, looks)];
    const bottom = spawn((a: unknown, b: unknown, c: number) => [a, b, c], left, right, promise);
    const order = spawn.with({ syncdeps: [bottom] }, same, 1);
    await changed(words, 0);
    set(words, 1);
    const dag = await looks;
    expect([...dag].sort(([a], [b]) => a - b)).toEqual([
      [looks.id, new Set([left.id, right.id])],
      [left.id, new Set([bottom.id])],
      [right.id, new Set([bottom.id])],
      [bottom.id, new Set([order.id])],
      [order.id, new Set()],
    ]);
    open(1);
    await order;
  });

  it('S11. handles and runtimes inside a task print and write as JSON', async () => {
    const runtime = made();
    const [task, chunk, own, text] = await runtime.spawn.with(
      { meta: true },
      control.printsHandles,
      runtime.tochunk('x') as never,
    );
    expect(task).toEqual({ id: expect.any(Number), name: 'same', state: 'finished' });
    expect(chunk).toMatchObject({ kind: 'string', space: 'host' });
    expect(own).toMatchObject({ state: 'open' });
    expect(text).toMatch(/^Runtime \(/);
  });

  it('S9. a task knows the ids of those that it spawns at once, and events name them so', async () => {
    const runtime = made();
    const spawned: unknown[] = [];
    runtime.subscribe(({ type, task, name }) => type === 'task:spawn' && spawned.push([name, task]));
    const { before, after, cached } = await runtime.spawn(control.names);
    expect(before[0]).toBeGreaterThan(0);
    expect(before[1]).toMatch(`Task #${before[0]} child (`);
    expect(after).toEqual([before[0], `Task #${before[0]} child (finished)`]);
    expect(spawned).toContainEqual(['child', before[0]]);
    expect(cached[1]).toBe(cached[0]);
    expect(spawned).toContainEqual(['same', cached[0]]);
  });

  it('S9. addTask adds tasks, which are awaited like others', async () => {
    expect(await made().spawn(control.adds, 3)).toBe(4);
  });

  it('S9. a task that was added goes on when the one that added it fails', async () => {
    const words = counters(3);
    await rejection(made().spawn.with({ occupancy: 0 }, control.addsAndFails, words));
    const done = changed(words, 2);
    set(words, 1);
    await done;
    expect(words[2]).toBe(1);
  });

  it('S9. halt cancels everything; what is spawned later runs', async () => {
    const runtime = made();
    const never = runtime.spawn(same, new Promise(() => {}));
    const halts = runtime.spawn(control.halts);
    const errors = (await Promise.all([never, halts].map(rejection))) as TaskFailedError[];
    for (const { cause } of errors) {
      expect(cause).toBeInstanceOf(CancelledError);
      expect(cause).toMatchObject({
        message: `everything was cancelled by halts (#${halts.id}), which called halt()`,
      });
      expect((cause as Error).cause).toBe('enough');
    }
    expect(await runtime.spawn(same, 1)).toBe(1);
  });
});

describe('the scheduler outside of tasks', () => {
  it('S9. halt cancels everything, dag tells the graph', async () => {
    const runtime = testRuntime('inline');
    const waits = runtime.spawn(same, new Promise(() => {}));
    expect(await runtime.dag()).toEqual(new Map([[waits.id, new Set()]]));
    runtime.halt('enough');
    expect(((await rejection(waits)) as Error).message).toMatch(/everything was cancelled by halt\(\)/);
    expect(await runtime.dag()).toEqual(new Map());
  });
});
