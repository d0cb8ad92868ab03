import { CancelledError, type Runtime, TaskFailedError, TimeoutError } from '@poniard/core';
import { collectGarbage } from '@poniard/testing';
import { describe, expect, it } from 'vitest';
import { counters, gate, type Kind, rejection, suiteRuntime, testRuntime } from './runtimes.js';

/** Counts its runs on shared memory, which is the same in all calls. */
const count = (runs: Int32Array, ..._others: unknown[]): number => Atomics.add(runs, 0, 1) + 1;
const numbers = (length: number): number[] => Array.from({ length }, (_, i) => i);
const add = (a: number, b: number): number => a + b;

describe.each<Kind>(['threads', 'inline'])('cache on %s', (kind) => {
  const runtime: Runtime = suiteRuntime(kind);
  const cached = (runs: Int32Array, ...others: unknown[]) =>
    runtime.spawn.with({ cache: true }, count, runs, ...others);

  it('O3. an equal call gets the task of the first, running or finished', async () => {
    const runs = counters(1);
    const first = cached(runs, 1, 'a', { deep: [1, new Map([[1, 2]])] });
    const meanwhile = cached(runs, 1, 'a', { deep: [1, new Map([[1, 2]])] });
    expect(meanwhile.id).toBe(first.id);
    expect(await Promise.all([first, meanwhile])).toEqual([1, 1]);
    const later = cached(runs, 1, 'a', { deep: [1, new Map([[1, 2]])] });
    expect([later.id, await later]).toEqual([first.id, 1]);
    expect(await cached(runs, 1, 'a', { deep: [1, new Map([[1, 3]])] })).toBe(2);
    expect(await cached(runs, 1, 'b')).toBe(3);
    expect(await runtime.spawn(count, runs, 1, 'b')).toBe(4);
  });

  it('O3. tasks, chunks and shared arrays are compared by identity', async () => {
    const runs = counters(1);
    const task = runtime.spawn(add, 1, 2);
    const chunk = runtime.tochunk([1, 2]);
    expect(await cached(runs, task)).toBe(1);
    expect(await cached(runs, task)).toBe(1);
    expect(await cached(runs, runtime.spawn(add, 1, 2))).toBe(2);
    expect(await cached(runs, chunk)).toBe(3);
    expect(await cached(runs, chunk)).toBe(3);
    expect(await cached(runs, runtime.tochunk([1, 2]))).toBe(4);
    const words = counters(4);
    expect(await cached(runs, words)).toBe(5);
    expect(await cached(runs, words)).toBe(5);
    expect(await cached(runs, words.subarray(1))).toBe(6);
    expect(await cached(counters(1), words)).toBe(1);
  });

  it('O3. a chain of cached calls is cached as a whole', async () => {
    const runs = counters(1);
    const chain = () => cached(runs, cached(runs, cached(runs, 'bottom')));
    const first = chain();
    await first;
    expect(chain().id).toBe(first.id);
    expect(runs[0]).toBe(3);
  });

  it('O3. another function is another call, also one that is written alike', async () => {
    const make = () => (x: number) => x + 1;
    const [f, g] = [make(), make()];
    const first = runtime.spawn.with({ cache: true }, f, 1);
    expect(runtime.spawn.with({ cache: true }, g, 1).id).not.toBe(first.id);
    expect(runtime.spawn.with({ cache: true }, f, 1).id).toBe(first.id);
  });

  it('O3. a failed or cancelled task is not reused', async () => {
    const runs = counters(1);
    const flaky = (words: Int32Array): number => {
      if (Atomics.add(words, 0, 1) === 0) throw new Error('the first time');
      return 7;
    };
    await rejection(runtime.spawn.with({ cache: true }, flaky, runs));
    expect(await runtime.spawn.with({ cache: true }, flaky, runs)).toBe(7);
    const { promise } = gate<number>();
    const never = runtime.spawn.with({ cache: true }, add, 1, promise);
    never.cancel();
    expect(await cached(counters(1), 'still here')).toBe(1);
  });

  it('O3. a call that takes errors is another than one that fails with its inputs', async () => {
    const failing = runtime.spawn((): number => {
      throw new Error('no');
    });
    const take = (x: unknown): string => typeof x;
    expect(await runtime.spawn.with({ cache: true, allowErrors: true }, take, failing)).toBe('object');
    expect(await rejection(runtime.spawn.with({ cache: true }, take, failing))).toBeInstanceOf(
      TaskFailedError,
    );
  });

  it('O3. what cannot be compared runs each time', async () => {
    const runs = counters(1);
    const large = (): unknown => ({ text: 'x'.repeat(100_000) });
    expect(await cached(runs, large())).toBe(1);
    expect(await cached(runs, large())).toBe(2);
    expect(await cached(runs, Promise.resolve(1))).toBe(3);
    expect(await cached(runs, Promise.resolve(1))).toBe(4);
  });

  it('O3. O5. a signal ends the call that it was given to, and not the one that others wait for', async () => {
    const runs = counters(1);
    const { promise, open } = gate<number>();
    const input = runtime.spawn((x: number) => x, promise);
    const ask = (signal?: AbortSignal) => runtime.spawn.with({ cache: true, signal }, count, runs, input);
    const [first, second] = [new AbortController(), new AbortController()];
    const tasks = [ask(first.signal), ask(), ask(second.signal)];
    first.abort('not needed');
    second.abort();
    expect((await rejection(tasks[0] as never)).cause).toMatchObject({
      name: 'CancelledError',
      cause: 'not needed',
    });
    await rejection(tasks[2] as never);
    expect(tasks.map(({ state }) => state)).toEqual(['cancelled', 'waiting', 'cancelled']);
    expect((await rejection(ask(AbortSignal.abort()))).cause).toBeInstanceOf(CancelledError);
    open(1);
    expect(await tasks[1]).toBe(1);
    // What has finished is there at once.
    expect(await ask(AbortSignal.abort())).toBe(1);
    expect(await ask(new AbortController().signal)).toBe(1);
  });

  it('O3. O5. the shared task ends when the last who wanted it has', async () => {
    const { promise, open } = gate<number>();
    const controllers = [new AbortController(), new AbortController()];
    const ask = (signal?: AbortSignal) => runtime.spawn.with({ cache: true, signal }, add, 1, input);
    const input = runtime.spawn((x: number) => x, promise);
    const tasks = controllers.map(({ signal }) => ask(signal));
    const cancelled: unknown[] = [];
    const stop = runtime.subscribe(({ type, name }) => type === 'task:error' && cancelled.push(name));
    controllers[0]?.abort();
    await rejection(tasks[0] as never);
    expect(cancelled).toEqual(['add']);
    controllers[1]?.abort();
    await rejection(tasks[1] as never);
    expect(cancelled).toEqual(['add', 'add', 'add']);
    stop();
    open(2);
    expect(await ask(new AbortController().signal)).toBe(3);
  });

  it('O3. O5. so does a timeout, which counts from the beginning', async () => {
    const words = counters(2);
    const hold = async (its: Int32Array): Promise<number> => {
      Atomics.add(its, 1, 1);
      while (Atomics.load(its, 0) === 0) await new Promise((resolve) => setImmediate(resolve));
      return Atomics.load(its, 1);
    };
    const ask = (timeout?: number) => runtime.spawn.with({ cache: true, timeout }, hold, words);
    const [impatient, patient, quick] = [ask(30), ask(60_000), ask(10)];
    expect((await rejection(quick)).cause).toBeInstanceOf(TimeoutError);
    expect((await rejection(impatient)).cause).toBeInstanceOf(TimeoutError);
    const late = ask();
    Atomics.store(words, 0, 1);
    expect(await Promise.all([patient, late])).toEqual([1, 1]);
    expect(await ask(1)).toBe(1);
  });

  it('O3. O5. this holds for calls inside tasks', async () => {
    const words = counters(2);
    const parent = async (its: Int32Array): Promise<unknown[]> => {
      const { spawn: inner } = await import('@poniard/core');
      const hold = async (words: Int32Array): Promise<string> => {
        while (Atomics.load(words, 0) === 0) await new Promise((resolve) => setImmediate(resolve));
        return 'held';
      };
      const own = new AbortController();
      const ask = (signal?: AbortSignal) => inner.with({ cache: true, occupancy: 0, signal }, hold, its);
      const tasks = [ask(own.signal), ask(), ask(new AbortController().signal)];
      own.abort();
      const error = await tasks[0]?.catch((error) => ((error as Error).cause as Error).name);
      Atomics.store(its, 0, 1);
      return [error, await tasks[1], await tasks[2]];
    };
    expect(await runtime.spawn.with({ occupancy: 0 }, parent, words)).toEqual([
      'CancelledError',
      'held',
      'held',
    ]);
  });

  it('O2, O3. tasks inside tasks share it', async () => {
    const runs = counters(1);
    const twice = async (words: Int32Array): Promise<number[]> => {
      const { spawn: inner } = await import('@poniard/core');
      const once = (shared: Int32Array): number => Atomics.add(shared, 0, 1) + 1;
      return [await inner.with({ cache: true }, once, words), await inner.with({ cache: true }, once, words)];
    };
    expect(await runtime.spawn(twice, runs)).toEqual([1, 1]);
  });
});

it('O3, S9. a task that a call inside another task shares outlives the one that spawned it', async () => {
  const runtime = testRuntime('threads');
  // The words: go on; how often it has run; it is shared.
  const words = counters(3);
  const parent = async (shared: Int32Array, fails: boolean): Promise<string> => {
    const { spawn: inner } = await import('@poniard/core');
    const hold = async (its: Int32Array): Promise<string> => {
      Atomics.add(its, 1, 1);
      while (Atomics.load(its, 0) === 0) await new Promise((resolve) => setImmediate(resolve));
      return 'held';
    };
    const child = inner.with({ cache: true, occupancy: 0 }, hold, shared);
    // The host has heard of the child when it answers for another.
    await inner.with({ occupancy: 0 }, () => 0);
    if (!fails) {
      Atomics.store(shared, 2, 1);
      return child;
    }
    while (Atomics.load(shared, 2) === 0) await new Promise((resolve) => setImmediate(resolve));
    throw new Error('the first parent fails');
  };
  const first = runtime.spawn.with({ occupancy: 0 }, parent, words, true);
  const second = runtime.spawn.with({ occupancy: 0 }, parent, words, false);
  await rejection(first);
  Atomics.store(words, 0, 1);
  expect([await second, words[1]]).toEqual(['held', 1]);
});

it('O3. the cache is bounded, forgets what was used longest ago, and is counted', async () => {
  const runtime = testRuntime('inline', { cacheLimit: 2 });
  const double = (x: number): number => 2 * x;
  const ask = (x: number) => runtime.spawn.with({ cache: true }, double, x);
  const [one, two] = [ask(1), ask(2)];
  expect(ask(1).id).toBe(one.id);
  await ask(3);
  expect(ask(1).id).toBe(one.id);
  expect(ask(2).id).not.toBe(two.id);
  expect(runtime.stats().cache).toEqual({ hits: 2, misses: 4, entries: 2 });
  await runtime.waitAll([one, two]);
  expect(() => testRuntime('inline', { cacheLimit: -1 })).toThrow(/cacheLimit must be 0 or a positive/);
  const none = testRuntime('inline', { cacheLimit: 0, cache: true });
  expect(none.spawn(double, 1).id).not.toBe(none.spawn(double, 1).id);
  expect(none.stats().cache.entries).toBe(0);
});

describe('persist', () => {
  const bytesOf = (runtime: Runtime): number =>
    (runtime.stats().bytes['cpu:0'] ?? 0) + (runtime.stats().bytes['cpu:1'] ?? 0);
  /** Lets a result stay on its thread, and its handle go. */
  const leave = async (runtime: Runtime, persist: boolean): Promise<void> => {
    await runtime.spawn.with({ persist }, numbers, 20_000).wait();
  };
  const settled = async (runtime: Runtime): Promise<number> => {
    for (let i = 0; i < 20; i++) await collectGarbage();
    return bytesOf(runtime);
  };

  it('O3. keeps a result though nobody holds it; without it, it goes', async () => {
    const runtime = testRuntime('threads');
    await leave(runtime, true);
    const kept = await settled(runtime);
    expect(kept).toBeGreaterThan(0);
    await leave(runtime, false);
    expect(await settled(runtime)).toBe(kept);
  });

  it.each(['task', 'chunk'] as const)('O3. until release() of its %s', async (which) => {
    const runtime = testRuntime('threads');
    const later = async (): Promise<void> => {
      const task = runtime.spawn.with({ persist: true }, numbers, 20_000);
      const chunk = await task.chunk();
      for (let i = 0; i < 3; i++) await collectGarbage();
      expect(bytesOf(runtime)).toBeGreaterThan(0);
      if (which === 'task') task.release();
      chunk.release();
    };
    await later();
    expect(await settled(runtime)).toBe(0);
  });

  it('O3. holds for the task of an equal call, which the cache may forget', async () => {
    const runtime = testRuntime('threads', { cacheLimit: 1 });
    const ask = (length: number, persist: boolean): Promise<void> =>
      runtime.spawn.with({ cache: true, persist }, numbers, length).wait();
    await ask(20_000, false);
    await ask(20_000, true);
    const kept = await settled(runtime);
    await ask(0, false);
    expect(await settled(runtime)).toBeGreaterThanOrEqual(kept);
  });

  it('O3. until release() of a task inside a task', async () => {
    const runtime = testRuntime('threads', {}, { threads: 1 });
    const inside = async (release: boolean): Promise<number> => {
      const { spawn: inner } = await import('@poniard/core');
      const many = (length: number): number[] => new Array(length).fill(1);
      const task = inner.with({ persist: true }, many, 20_000);
      await task.wait();
      if (release) task.release();
      return 1;
    };
    /** The thread collects its handles too. */
    const settledThere = async (): Promise<number> => {
      await runtime.spawn(async () => {
        const [{ setFlagsFromString }, { runInNewContext }] = [
          await import('node:v8'),
          await import('node:vm'),
        ];
        setFlagsFromString('--expose-gc');
        for (let i = 0; i < 5; i++) {
          (runInNewContext('gc') as () => void)();
          await new Promise((resolve) => setImmediate(resolve));
        }
      });
      return settled(runtime);
    };
    await runtime.spawn(inside, true);
    expect(await settledThere()).toBe(0);
    await runtime.spawn(inside, false);
    expect(await settledThere()).toBeGreaterThan(0);
  });
});
