/** @file What goes wrong with workers, and what the others notice of it: nothing. */
import {
  exactScope,
  PoniardError,
  SchedulingError,
  scope,
  TaskFailedError,
  WorkerLostError,
} from '@poniard/core';
import { describe, expect, it } from 'vitest';
import { causeOf, counters, rejection, testRuntime } from './runtimes.js';

/** Run by workers: they end themselves in several ways. */
const exits = (): never => process.exit(3);
const countsAndExits = (starts: Int32Array): never => {
  Atomics.add(starts, 0, 1);
  process.exit(1);
};
const exitsOnce = (starts: Int32Array): string => {
  if (Atomics.add(starts, 0, 1) === 0) process.exit(1);
  return 'second time';
};
const exhausts = (): number => {
  const kept: number[][] = [];
  for (;;) kept.push(Array.from({ length: 100_000 }, (_, i) => i + kept.length + 0.5));
};
const double = (x: number): number => 2 * x;

describe('E3. a worker that dies', () => {
  it('E3. fails the task that ended it, after one more try, and names the worker and the reason', async () => {
    const runtime = testRuntime('threads');
    const starts = counters(1);
    const error = await causeOf(runtime.spawn(countsAndExits, starts));
    expect(error).toBeInstanceOf(WorkerLostError);
    expect(error.message).toMatch(
      /cpu:[01] exited with code 1 while it ran countsAndExits \(#\d+\), which has been tried 2 times/,
    );
    expect(starts[0]).toBe(2);
  });

  it('E3. fails no task that only waited there', async () => {
    const runtime = testRuntime('threads', {}, { threads: 1 });
    const lost = runtime.spawn(exits);
    const others = runtime.map(
      double,
      Array.from({ length: 200 }, (_, i) => i),
    );
    expect(await causeOf(lost)).toBeInstanceOf(WorkerLostError);
    expect(await runtime.fetchAll(others)).toEqual(Array.from({ length: 200 }, (_, i) => 2 * i));
  });

  it('E3. is replaced, under the same name', async () => {
    const runtime = testRuntime('threads', {}, { threads: 1 });
    await rejection(runtime.spawn(exits));
    expect(await runtime.spawn(double, 4)).toBe(8);
    expect(runtime.processors(scope({ threads: 'all' })).map(({ id }) => id)).toEqual(['cpu:0']);
  });

  it('E3. is replaced as often as tasks end it, also before it could tell that it has started', async () => {
    const runtime = testRuntime('threads', {}, { threads: 1 });
    const ending = Array.from({ length: 5 }, () => runtime.spawn.with({ retries: 0 }, exits));
    for (const task of ending)
      expect((await causeOf(task)).message).toMatch(/^cpu:0 exited with code 3 while it ran exits/);
    expect(await runtime.spawn(double, 4)).toBe(8);
  });

  it('E3. a task with retries: 0 never starts twice', async () => {
    const runtime = testRuntime('threads');
    const starts = counters(1);
    const task = runtime.spawn.with({ retries: 0 }, countsAndExits, starts);
    expect(await causeOf(task)).toBeInstanceOf(WorkerLostError);
    expect(starts[0]).toBe(1);
  });

  it('E3. a task is tried again as often as retries says', async () => {
    const runtime = testRuntime('threads');
    const starts = counters(1);
    await rejection(runtime.spawn.with({ retries: 3 }, countsAndExits, starts));
    expect(starts[0]).toBe(4);
    expect(await runtime.spawn(exitsOnce, counters(1))).toBe('second time');
  });

  it('E3. results that lived only there are made again from their inputs', async () => {
    const runtime = testRuntime('threads', {}, { threads: 1 });
    const starts = counters(1);
    const big = runtime.spawn((words: Int32Array) => {
      Atomics.add(words, 0, 1);
      return Array.from({ length: 50_000 }, (_, i) => i);
    }, starts);
    const tail = runtime.spawn((xs: number[]) => xs.slice(-20_000).map((x) => x + 1), big);
    await tail.wait();
    expect(runtime.stats().bytes['cpu:0']).toBeGreaterThan(0);
    await rejection(runtime.spawn.with({ retries: 0 }, exits));
    const lengths = await Promise.all([tail, tail, runtime.spawn((xs: number[]) => xs.length, big)]);
    expect([lengths[0].length, lengths[1].at(-1), lengths[2]]).toEqual([20_000, 50_000, 50_000]);
    // Once, however many asked.
    expect(starts[0]).toBe(2);
  });

  it("E3. says 'out of memory' where its limit was exceeded", async () => {
    const runtime = testRuntime(
      'threads',
      {},
      { threads: 1, resourceLimits: { maxOldGenerationSizeMb: 24 } },
    );
    const error = await causeOf(runtime.spawn.with({ retries: 0 }, exhausts));
    expect(error).toBeInstanceOf(WorkerLostError);
    expect(error.message).toMatch(/ran out of memory/);
    expect(await runtime.spawn(double, 1)).toBe(2);
  });

  it('E3. that throws outside a task is replaced, and what it had finished stays', async () => {
    const runtime = testRuntime('threads', {}, { threads: 1 });
    const words = counters(1);
    const bomb = runtime.spawn((flags: Int32Array) => {
      setInterval(() => {
        if (Atomics.load(flags, 0) === 1) throw new RangeError('later');
      }, 1);
      return 'set';
    }, words);
    expect(await bomb).toBe('set');
    const waits = runtime.spawn.with(
      { retries: 0 },
      (flags: Int32Array) => {
        Atomics.store(flags, 0, 1);
        return new Promise<void>(() => {});
      },
      words,
    );
    const error = await causeOf(waits);
    expect(error).toBeInstanceOf(WorkerLostError);
    expect(error.message).toMatch(/died of an uncaught RangeError: later/);
    expect(await runtime.spawn(double, 2)).toBe(4);
  });

  it('E3. a graph survives the deaths of its workers', async () => {
    const runtime = testRuntime('threads');
    const starts = counters(40);
    const leaves = runtime.map(
      (item: { words: Int32Array; i: number }) => {
        if (item.i % 10 === 0 && Atomics.add(item.words, item.i, 1) === 0) process.exit(1);
        return item.i;
      },
      Array.from({ length: 40 }, (_, i) => ({ words: starts, i })),
      // Neighbours of the one that exits may be hit more than once.
      { retries: 10 },
    );
    let level = leaves;
    while (level.length > 1) {
      level = Array.from({ length: Math.ceil(level.length / 2) }, (_, i) => {
        const [a, b] = [level[2 * i], level[2 * i + 1]];
        return b === undefined ? a! : runtime.spawn((x: number, y: number) => x + y, a!, b);
      });
    }
    expect(await level[0]).toBe((39 * 40) / 2);
  });
});

describe('a worker that cannot start', () => {
  it('fails its tasks with the reason, and hangs nothing', async () => {
    const runtime = testRuntime(
      'threads',
      {},
      { threads: 1, execArgv: ['--import', './no-such-module.mjs'] },
    );
    const error = await causeOf(runtime.spawn(double, 1));
    expect(error).toBeInstanceOf(SchedulingError);
    expect(error.message).toMatch(/cpu:0: it could not start: .*no-such-module/);
    expect(await causeOf(runtime.spawn(double, 2))).toBeInstanceOf(SchedulingError);
  });

  it('E5. a scope that nothing fits is an error that lists the processors and why each was refused', async () => {
    const runtime = testRuntime('threads', {}, { threads: 1 });
    const error = await causeOf(runtime.spawn.with({ scope: scope({ gpu: 0 }) }, double, 1));
    expect(error).toBeInstanceOf(SchedulingError);
    expect(error.message).toMatch(/inline:0: /);
    expect(error.message).toMatch(/cpu:0: /);
  });
});

describe('closing', () => {
  const spins = (): never => {
    for (;;);
  };

  it('S10. close({ timeout }) ends a task that never ends', async () => {
    const runtime = testRuntime('threads', {}, { threads: 1 });
    const task = runtime.spawn.with({ retries: 0 }, spins);
    const failed = rejection(task);
    await runtime.close({ timeout: 50 });
    expect((await failed) as Error).toBeInstanceOf(TaskFailedError);
  });

  it('S10. close({ force }) ends it at once', async () => {
    const runtime = testRuntime('threads', {}, { threads: 1 });
    const failed = rejection(runtime.spawn(spins));
    await runtime.close({ force: true });
    expect(((await failed) as Error).message).toMatch(/closed/);
  });

  it('E4. spawn after close is a PoniardError', async () => {
    const runtime = testRuntime('threads');
    await runtime.close();
    expect(() => runtime.spawn(double, 1)).toThrow(PoniardError);
  });
});

describe('failures in numbers', () => {
  it('E1. of 100,000 tasks every third throws, and the others are right', async () => {
    const runtime = testRuntime('threads');
    const tasks = runtime.map(
      (i: number) => {
        if (i % 3 === 0) throw new RangeError(`not ${i}`);
        return i;
      },
      Array.from({ length: 100_000 }, (_, i) => i),
    );
    await runtime.waitAll(tasks);
    expect(tasks.filter(({ state }) => state === 'failed')).toHaveLength(33_334);
    expect(await runtime.fetchAll(tasks.filter((_, i) => i % 3 === 1))).toHaveLength(33_333);
    expect((await causeOf(tasks[99_999] as (typeof tasks)[number])).message).toBe('not 99999');
  });

  it("E2. an error keeps name, message, properties and the worker's stack", async () => {
    const runtime = testRuntime('threads');
    const task = runtime.spawn(function fails() {
      throw Object.assign(new TypeError('deep'), { code: 'E_DEEP' });
    });
    const below = runtime.spawn(double, task as never);
    const error = (await rejection(below)) as TaskFailedError;
    expect(error).toBeInstanceOf(TaskFailedError);
    expect(error.rootTask.name).toBe('fails');
    expect(error.task.name).toBe('double');
    expect(error.message).toMatch(/task double \(#\d+\) failed because fails \(#\d+\) did: TypeError: deep/);
    expect(error.cause).toBeInstanceOf(TypeError);
    expect((error.cause as { code?: string }).code).toBe('E_DEEP');
    expect((error.cause as Error).stack).toMatch(/fails \(poniard-task:/);
  });

  it('E1. a task fails with its first failed input, and does not wait for the others', async () => {
    const runtime = testRuntime('threads');
    const never = new Promise<number>(() => {});
    const fails = runtime.spawn((): number => {
      throw new Error('at once');
    });
    const both = runtime.spawn((a: number, b: number) => a + b, fails, never);
    expect((await causeOf(both)).message).toBe('at once');
    expect((await causeOf(runtime.spawn(double, both))).message).toBe('at once');
    await runtime.close({ force: true });
  });
});

describe('scopes on threads', () => {
  it('K3. the calling thread runs only what names it', async () => {
    const runtime = testRuntime('threads');
    const inline = runtime.processors().find(({ kind }) => kind === 'inline');
    const here = await runtime.spawn.with(
      { scope: exactScope(inline as never) },
      () => globalThis.process.pid,
    );
    expect(here).toBe(process.pid);
    expect(
      runtime.explain(runtime.spawn(double, 1)).rows.find((row) => row.processor === 'inline:0')?.refusal,
    ).toMatch(/names/);
  });

  it('O4. a task runs on the thread that its scope names', async () => {
    const runtime = testRuntime('threads');
    const task = runtime.spawn.with({ scope: scope({ thread: 1 }) }, double, 3);
    expect(await task).toBe(6);
    expect(runtime.explain(task).processor).toBe('cpu:1');
  });
});
