import { inspect } from 'node:util';
import { isTask, type Runtime, type Task, TaskFailedError } from '@poniard/core';
import { describe, expect, it } from 'vitest';
import { type Kind, suiteRuntime } from './runtimes.js';

const add1 = (x: number): number => x + 1;

describe.each<Kind>(['threads', 'inline'])('tasks as promises on %s', (kind) => {
  const runtime: Runtime = suiteRuntime(kind);
  const { spawn } = runtime;
  const failing = (): Task<number> =>
    spawn((): number => {
      throw new Error('no');
    });

  it('S11. then maps the value, or the failure', async () => {
    expect(await spawn(add1, 1).then((x) => x * 10)).toBe(20);
    expect(await failing().then(undefined, (error) => error instanceof TaskFailedError)).toBe(true);
    expect(await spawn(add1, 1).then()).toBe(2);
    await expect(failing().then((x) => x)).rejects.toThrow('no');
  });

  it('S11. catch is for failures only', async () => {
    expect(await spawn(add1, 1).catch(() => 'unused')).toBe(2);
    expect(await failing().catch((error) => (error as Error).name)).toBe('TaskFailedError');
  });

  it('S11. finally sees the end, and changes nothing', async () => {
    let ends = 0;
    expect(await spawn(add1, 1).finally(() => ends++)).toBe(2);
    await expect(failing().finally(() => ends++)).rejects.toThrow('no');
    expect(ends).toBe(2);
  });

  it('S11. Promise.all, race, any and allSettled take tasks', async () => {
    expect(await Promise.all([spawn(add1, 1), 5, spawn(add1, 2)])).toEqual([2, 5, 3]);
    expect(await Promise.any([failing(), spawn(add1, 3)])).toBe(4);
    expect(await Promise.race([spawn(add1, 4)])).toBe(5);
    const [good, bad] = await Promise.allSettled([spawn(add1, 5), failing()]);
    expect(good).toEqual({ status: 'fulfilled', value: 6 });
    expect(bad.status).toBe('rejected');
  });

  it('S11. an async function that gives a task gives its value', async () => {
    const outer = async (): Promise<number> => spawn(add1, 6);
    expect(await outer()).toBe(7);
  });

  it('S11. a task is told from other values, and shows itself', async () => {
    const task = spawn(add1, 1);
    expect([isTask(task), isTask(Promise.resolve(1)), isTask(null), isTask({ state: 'finished' })]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    await task;
    expect(String(task)).toBe(`Task #${task.id} add1 (finished)`);
    expect(Object.prototype.toString.call(task)).toBe('[object Task]');
    expect(inspect([task, runtime.delayed(add1)(1)])).toBe(
      `[ Task #${task.id} add1 (finished), Thunk add1 ]`,
    );
    const shard = runtime.shard(() => 1);
    expect(inspect([shard])).toMatch(/^\[ Shard of \d+ pieces, one per processor \]$/);
    expect(JSON.parse(JSON.stringify({ task, node: runtime.delayed(add1)(task), runtime, shard }))).toEqual({
      task: { id: task.id, name: 'add1', state: 'finished' },
      node: { name: 'add1' },
      runtime: { state: 'open', processors: runtime.processors().map(({ id }) => id) },
      shard: { per: 'processor', keys: shard.keys },
    });
  });

  it('S11. a value that has a `then` of its own is taken for a promise', async () => {
    // biome-ignore lint/suspicious/noThenProperty: that is the case
    const task = spawn(() => ({ then: (resolve: (value: string) => void) => resolve('inside') }));
    expect(await task).toBe('inside');
    const hasty = spawn(() => ({
      // biome-ignore lint/suspicious/noThenProperty: that is the case
      then(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
        resolve('first');
        resolve('second');
        reject(new Error('third'));
      },
    }));
    expect(await hasty).toBe('first');
    expect(await spawn(add1, 1)).toBe(2);
  });
});
