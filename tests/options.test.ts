/** @file Options of tasks on threads: what they change, and what is refused. */
import { CancelledError, constrain, ScopeError, scope, TaskFailedError, TimeoutError, unionScope } from '@poniard/core';
import { describe, expect, it } from 'vitest';
import { causeOf, changed, counters, gate, rejection, testRuntime } from './runtimes.js';

const one = (): number => 1;
/** Says that it runs, and goes on for ever. */
const announcesAndWaits = (words: Int32Array): Promise<never> => {
  Atomics.store(words, 0, 1);
  Atomics.notify(words, 0);
  return new Promise(() => {});
};

describe('E4. wrong options', () => {
  const runtime = () => testRuntime('threads', {}, { threads: 1 });

  it('E4. an unknown option is named, with those that there are', () => {
    const { spawn } = runtime();
    expect(() => spawn.with({ prioritY: 1 } as never, one)).toThrow(/unknown option "prioritY".*priority/s);
    expect(() => spawn.with({ cache: true } as never, one)).toThrow(TypeError);
  });

  it.each([
    ['name', ''],
    ['priority', Number.NaN],
    ['retries', -1],
    ['retries', 1.5],
    ['occupancy', 2],
    ['timeout', 0],
    ['timeUtil', '5'],
    ['signal', {}],
    ['syncdeps', 'none'],
    ['scope', 'cpu:0'],
    ['meta', 1],
  ])('E4. %s: %j is a TypeError that says what it must be', (name, value) => {
    const { spawn } = runtime();
    expect(() => spawn.with({ [name]: value } as never, one)).toThrow(new RegExp(`option ${name} must be`));
  });

  it('E4. a scope that nothing can be in is a ScopeError; so is an empty union', () => {
    const { spawn } = runtime();
    expect(() => unionScope()).toThrow(ScopeError);
    const nowhere = constrain(scope({ thread: 0 }), scope({ gpu: 0 }));
    expect(() => spawn.with({ scope: nowhere }, one)).toThrow(ScopeError);
  });

  it('E4. what is no function is a TypeError that says what it is', () => {
    const { spawn } = runtime();
    expect(() => spawn(42 as never)).toThrow(/must be a function, and is number/);
    expect(() => spawn(null as never)).toThrow(/null/);
    const task = spawn(one);
    expect(() => spawn(task as never)).toThrow(/a Task is an argument/);
    expect(() => spawn.with(undefined as never, one)).toThrow(TypeError);
  });
});

describe('O1. precedence', () => {
  it("O1. a task's own options win over withOptions, these over the runtime's", async () => {
    const runtime = testRuntime('threads', { retries: 4, priority: 1 });
    expect(runtime.getOptions()).toEqual({ retries: 4, priority: 1 });
    const names = runtime.withOptions({ name: 'around', priority: 2 }, () => {
      expect(runtime.getOptions()).toEqual({ retries: 4, priority: 2, name: 'around' });
      return [runtime.spawn(one).name, runtime.spawn.with({ name: 'own' }, one).name];
    });
    expect(names).toEqual(['around', 'own']);
    expect(runtime.spawn(one).name).toBe('one');
  });

  it('O1. inner withOptions win over outer ones, and each is restored on exit, also through await', async () => {
    const runtime = testRuntime('threads');
    const names: string[] = [];
    await runtime.withOptions({ name: 'outer' }, async () => {
      await runtime.withOptions({ name: 'inner' }, async () => {
        await Promise.resolve();
        names.push(runtime.spawn(one).name);
      });
      names.push(runtime.spawn(one).name);
    });
    names.push(runtime.spawn(one).name);
    expect(names).toEqual(['inner', 'outer', 'one']);
  });
});

describe('O4. order and placement', () => {
  it('O4. syncdeps make a task wait, and pass nothing', async () => {
    const runtime = testRuntime('threads');
    const { promise, open } = gate<number>();
    const first = runtime.spawn((x: number) => x, promise);
    const second = runtime.spawn.with({ syncdeps: [first] }, (...args: unknown[]) => args.length);
    expect(second.state).toBe('waiting');
    open(1);
    expect(await second).toBe(0);
    expect(first.state).toBe('finished');
  });

  it('E1. a failed task among syncdeps fails those that wait for it', async () => {
    const runtime = testRuntime('threads');
    const fails = runtime.spawn(() => {
      throw new Error('first');
    });
    expect((await causeOf(runtime.spawn.with({ syncdeps: [fails] }, one))).message).toBe('first');
  });

  it('O5. a higher priority starts first', async () => {
    const runtime = testRuntime('threads', {}, { threads: 1 });
    const order = counters(4);
    const note = (words: Int32Array, id: number): void => {
      words[1 + Atomics.add(words, 0, 1)] = id;
    };
    const { promise, open } = gate<number>();
    const start = runtime.spawn((x: number) => x, promise);
    const tasks = [-1, 0, 5].map((priority) =>
      runtime.spawn.with({ priority, syncdeps: [start] }, note, order, priority + 10),
    );
    open(1);
    await runtime.waitAll(tasks);
    expect([...order.slice(1)]).toEqual([15, 10, 9]);
  });

  it('O4. tasks of occupancy 0 overlap on one thread', async () => {
    const runtime = testRuntime('threads', {}, { threads: 1 });
    const words = counters(1);
    // Each waits until all have begun: one after another they would never end.
    const meets = async (all: Int32Array, count: number): Promise<number> => {
      Atomics.add(all, 0, 1);
      while (Atomics.load(all, 0) < count) await new Promise((resolve) => setTimeout(resolve, 0));
      return Atomics.load(all, 0);
    };
    const tasks = Array.from({ length: 16 }, () => runtime.spawn.with({ occupancy: 0 }, meets, words, 16));
    expect(await runtime.fetchAll(tasks)).toEqual(new Array(16).fill(16));
  });
});

describe('O5. retries, timeouts and cancelling', () => {
  it('O5. a task that throws is run again as often as retries says', async () => {
    const runtime = testRuntime('threads');
    const words = counters(1);
    const third = (starts: Int32Array): string => {
      if (Atomics.add(starts, 0, 1) < 2) throw new Error('not yet');
      return 'third time';
    };
    expect(await runtime.spawn.with({ retries: 2 }, third, words)).toBe('third time');
    expect((await causeOf(runtime.spawn.with({ retries: 1 }, third, counters(1)))).message).toBe('not yet');
  });

  it('O5. a timeout fails the task and those behind it with a TimeoutError', async () => {
    const runtime = testRuntime('threads');
    const task = runtime.spawn.with({ timeout: 5 }, announcesAndWaits, counters(1));
    const error = await causeOf(runtime.spawn((x: number) => x, task));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error.message).toMatch(/took longer than 5 ms/);
    await runtime.close({ force: true });
  });

  it('O5. a waiting task is cancelled at once, with all downstream', async () => {
    const runtime = testRuntime('threads');
    const { promise, open } = gate<number>();
    const waits = runtime.spawn((x: number) => x, promise);
    const below = runtime.spawn((x: number) => x + 1, waits);
    waits.cancel('enough');
    expect([waits.state, below.isReady()]).toEqual(['cancelled', true]);
    const error = (await rejection(below)) as TaskFailedError;
    expect(error).toBeInstanceOf(TaskFailedError);
    expect(error.cause).toBeInstanceOf(CancelledError);
    expect((error.cause as CancelledError).cause).toBe('enough');
    open(1);
  });

  it('O5. a running task hears of it by its signal', async () => {
    const runtime = testRuntime('threads', {}, { threads: 1 });
    const words = counters(2);
    const listens = async (all: Int32Array): Promise<void> => {
      const { taskContext } = (await import('@poniard/core')) as typeof import('@poniard/core');
      const { signal } = taskContext();
      Atomics.store(all, 0, 1);
      Atomics.notify(all, 0);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      Atomics.store(all, 1, 1);
      Atomics.notify(all, 1);
    };
    const task = runtime.spawn(listens, words);
    await changed(words, 0);
    task.cancel();
    expect(await causeOf(task)).toBeInstanceOf(CancelledError);
    await changed(words, 1);
    expect(await runtime.spawn(one)).toBe(1);
  });

  it('O5. force ends a thread that does not listen, and its other tasks run elsewhere', async () => {
    const runtime = testRuntime('threads', {}, { threads: 1 });
    const words = counters(1);
    const spins = (all: Int32Array): never => {
      Atomics.store(all, 0, 1);
      Atomics.notify(all, 0);
      for (;;);
    };
    const task = runtime.spawn(spins, words);
    const others = runtime.map((x: number) => x, [1, 2, 3]);
    await changed(words, 0);
    task.cancel('now', { force: true });
    expect(await causeOf(task)).toBeInstanceOf(CancelledError);
    expect(await runtime.fetchAll(others)).toEqual([1, 2, 3]);
  });

  it("O5. the user's signal cancels, before and after", async () => {
    const runtime = testRuntime('threads');
    const before = AbortSignal.abort('no');
    expect(await causeOf(runtime.spawn.with({ signal: before }, one))).toBeInstanceOf(CancelledError);
    const controller = new AbortController();
    const words = counters(1);
    const task = runtime.spawn.with({ signal: controller.signal, occupancy: 0 }, announcesAndWaits, words);
    await changed(words, 0);
    controller.abort('stop');
    expect(((await causeOf(task)) as CancelledError).cause).toBe('stop');
    await runtime.close({ force: true });
  });

  it('cancelling a finished task changes nothing', async () => {
    const runtime = testRuntime('threads');
    const task = runtime.spawn(one);
    expect(await task).toBe(1);
    task.cancel();
    expect([task.state, await task]).toEqual(['finished', 1]);
  });
});
