import {
  CancelledError,
  currentRuntime,
  type Runtime,
  ScopeError,
  scope,
  type TaskOptions,
  TimeoutError,
  taskContext,
  unionScope,
} from '@poniard/core';
import { describe, expect, it } from 'vitest';
import {
  causeOf,
  changed,
  counters,
  gate,
  type Kind,
  rejection,
  suiteRuntime,
  testRuntime,
} from './runtimes.js';

const add = (a: number, b: number): number => a + b;

/** Throws as often as `failures` says, and counts its starts. */
const flaky = (starts: Int32Array, failures: number): number => {
  if (Atomics.add(starts, 0, 1) < failures) throw new Error('not yet');
  return Atomics.load(starts, 0);
};

/** Says that it has begun, and ends when all have. */
const meet = async (words: Int32Array, count: number): Promise<number> => {
  Atomics.add(words, 0, 1);
  while (Atomics.load(words, 0) < count) await new Promise((resolve) => setImmediate(resolve));
  return Atomics.load(words, 0);
};

describe.each<Kind>(['threads', 'inline'])('options on %s', (kind) => {
  const runtime: Runtime = suiteRuntime(kind);
  const { spawn } = runtime;
  // Tasks on this thread share its modules; elsewhere the framework's names are bound.
  const context = taskContext;

  it("O1. a task's own option wins over withOptions, and that over the function's name", async () => {
    await runtime.withOptions({ name: 'around' }, async () => {
      expect(spawn(add, 1, 2).name).toBe('around');
      expect(spawn.with({ name: 'own' }, add, 1, 2).name).toBe('own');
      expect(spawn.with({ priority: 1 }, add, 1, 2).name).toBe('around');
      await runtime.withOptions({ name: 'inner' }, async () => {
        await new Promise((resolve) => setImmediate(resolve));
        expect(spawn(add, 1, 2).name).toBe('inner');
      });
      expect(spawn(add, 1, 2).name).toBe('around');
    });
    expect(spawn(add, 1, 2).name).toBe('add');
    expect(spawn(() => 1).name).toBe('anonymous');
  });

  it('O1. withOptions gives what its body gives, and is restored when it throws', async () => {
    expect(runtime.withOptions({ priority: 1 }, () => 'result')).toBe('result');
    expect(() =>
      runtime.withOptions({ name: 'broken' }, () => {
        throw new Error('from the body');
      }),
    ).toThrow('from the body');
    expect(spawn(add, 1, 2).name).toBe('add');
    await expect(
      runtime.withOptions({ name: 'broken' }, async () => {
        await undefined;
        throw new Error('later');
      }),
    ).rejects.toThrow('later');
    expect(runtime.getOptions().name).toBeUndefined();
  });

  it('O1. layers are merged option by option', () => {
    runtime.withOptions({ retries: 2, name: 'outer' }, () => {
      runtime.withOptions({ name: 'inner' }, () => {
        expect(runtime.getOptions()).toMatchObject({ retries: 2, name: 'inner' });
      });
    });
  });

  it('O2. code that goes on asynchronously keeps its own options', async () => {
    const names = await Promise.all(
      ['a', 'b', 'c'].map((name) =>
        runtime.withOptions({ name }, async () => {
          await spawn(add, 1, 2);
          return spawn(add, 1, 2).name;
        }),
      ),
    );
    expect(names).toEqual(['a', 'b', 'c']);
  });

  it('O3. meta hands over the handle itself', async () => {
    const source = spawn(() => [1, 2, 3]);
    const look = async (chunk: { fetch(): Promise<number[]>; bytes: number }): Promise<unknown> => [
      Object.prototype.toString.call(chunk),
      await chunk.fetch(),
    ];
    const seen = spawn.with({ meta: true }, look as never as (xs: number[]) => unknown, source);
    expect(await seen).toEqual(['[object Chunk]', [1, 2, 3]]);
    const given = spawn.with(
      { meta: true },
      look as never as (xs: number[]) => unknown,
      runtime.tochunk([4]),
    );
    expect(await given).toEqual(['[object Chunk]', [4]]);
    expect(await spawn.with({ meta: true }, add, 1, 2)).toBe(3);
  });

  it('O4. syncdeps order tasks and pass nothing', async () => {
    const order = counters(2);
    const { promise, open } = gate<number>();
    const first = spawn((words: Int32Array, _go: number) => Atomics.add(words, 0, 1), order, promise);
    const second = spawn.with(
      { syncdeps: [first] },
      function (words: Int32Array) {
        // biome-ignore lint/complexity/noArguments: shows that nothing else was passed
        return [Atomics.add(words, 0, 1), arguments.length];
      },
      order,
    );
    expect(second.state).toBe('waiting');
    open(1);
    expect(await second).toEqual([1, 1]);
    expect(await first).toBe(0);
  });

  it('O4. a task whose syncdep failed fails', async () => {
    const bad = spawn(() => {
      throw new Error('before');
    });
    expect((await causeOf(spawn.with({ syncdeps: [bad] }, add, 1, 2))).message).toBe('before');
    expect((await causeOf(spawn.with({ syncdeps: [spawn(add, 1, 2), bad] }, add, 1, 2))).message).toBe(
      'before',
    );
  });

  it('O4. a task may be argument and syncdep at once', async () => {
    const task = spawn(add, 1, 2);
    expect(await spawn.with({ syncdeps: [task, task] }, add, task, task)).toBe(6);
  });

  it.each([0, 1, 2])('O5. with %i retries a task that throws starts once more each time', async (retries) => {
    const starts = counters(1);
    await rejection(spawn.with({ retries }, flaky, starts, 10));
    expect(starts[0]).toBe(retries + 1);
    expect(await spawn.with({ retries }, flaky, counters(1), retries)).toBe(retries + 1);
  });

  it('O5. a task that throws is not tried again unless retries says so', async () => {
    const starts = counters(1);
    await rejection(spawn(flaky, starts, 1));
    expect(starts[0]).toBe(1);
  });

  it('O5. a signal that has aborted cancels the task before it begins', async () => {
    const starts = counters(1);
    const task = spawn.with({ signal: AbortSignal.abort('never mind') }, flaky, starts, 0);
    const error = await causeOf(task);
    expect(error).toBeInstanceOf(CancelledError);
    expect(error.cause).toBe('never mind');
    expect(task.state).toBe('cancelled');
    expect(starts[0]).toBe(0);
  });

  it('O5. a signal cancels a task that waits, and those behind it', async () => {
    const { promise } = gate<number>();
    const controller = new AbortController();
    const task = spawn.with({ signal: controller.signal }, add, promise, 1);
    const behind = spawn(add, task, 1);
    const beside = spawn(add, 1, 1);
    controller.abort(new Error('enough'));
    expect(await causeOf(task)).toBeInstanceOf(CancelledError);
    expect((await causeOf(task)).cause).toMatchObject({ message: 'enough' });
    expect(await causeOf(behind)).toBeInstanceOf(CancelledError);
    expect(behind.state).toBe('cancelled');
    expect(await beside).toBe(2);
  });

  it('O5. cancel ends a waiting task; one that has ended stays as it is', async () => {
    const { promise } = gate<number>();
    const task = spawn(add, promise, 1);
    task.cancel('no longer');
    expect((await causeOf(task)).cause).toBe('no longer');
    const done = spawn(add, 1, 2);
    expect(await done).toBe(3);
    runtime.cancel(done);
    expect(await done).toBe(3);
    expect(done.state).toBe('finished');
  });

  it('O5. a task that is cancelled in the turn that spawned it never begins', async () => {
    const starts = counters(1);
    await spawn(flaky, counters(1), 0);
    const task = spawn(flaky, starts, 0);
    task.cancel();
    expect(await causeOf(task)).toBeInstanceOf(CancelledError);
    expect(await spawn(add, 1, 2)).toBe(3);
    expect(starts[0]).toBe(0);
  });

  it('O5. a running task learns by its signal that nobody wants it any more', async () => {
    const words = counters(2);
    const task = spawn(async (flags: Int32Array) => {
      const { signal } = taskContext();
      Atomics.store(flags, 0, 1);
      Atomics.notify(flags, 0);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      Atomics.store(flags, 1, 1);
      Atomics.notify(flags, 1);
    }, words);
    await changed(words, 0);
    expect(task.state).toBe('running');
    task.cancel();
    expect(await causeOf(task)).toBeInstanceOf(CancelledError);
    await changed(words, 1);
  });

  it('O5. a task that asks for its signal after it was cancelled finds it aborted', async () => {
    const words = counters(2);
    const task = spawn(async (flags: Int32Array) => {
      const before = taskContext();
      Atomics.store(flags, 0, 1);
      Atomics.notify(flags, 0);
      while (!before.signal.aborted) await new Promise((resolve) => setImmediate(resolve));
      Atomics.store(flags, 1, 1);
      Atomics.notify(flags, 1);
    }, words);
    await changed(words, 0);
    task.cancel();
    await rejection(task);
    await changed(words, 1);
  });

  it('O5. a task that takes longer than its timeout fails, and others go on', async () => {
    const task = spawn.with({ timeout: 20, occupancy: 0 }, () => new Promise<void>(() => {}));
    expect(await causeOf(task)).toBeInstanceOf(TimeoutError);
    expect((await causeOf(task)).message).toMatch(/anonymous \(#\d+\) took longer than 20 ms/);
    expect(await spawn.with({ timeout: 10_000 }, add, 1, 2)).toBe(3);
  });

  it('O4. tasks of occupancy 0 overlap on one processor', async () => {
    const words = counters(1);
    const tasks = Array.from({ length: 16 }, () => spawn.with({ occupancy: 0 }, meet, words, 16));
    expect(await Promise.all(tasks)).toEqual(new Array(16).fill(16));
  });

  it('name. it is seen in the handle, the context, the events and the errors', async () => {
    const names = new Set<string | undefined>();
    const stop = runtime.subscribe((event) => names.add(event.name));
    const task = spawn.with({ name: 'weigh' }, () => taskContext().name);
    expect(await task).toBe('weigh');
    stop();
    expect(task.name).toBe('weigh');
    expect(names).toContain('weigh');
    const bad = spawn.with({ name: 'weigh badly' }, () => {
      throw new Error('heavy');
    });
    expect(((await rejection(bad)) as Error).message).toMatch(/^task weigh badly \(#\d+\) failed/);
  });

  it('taskContext tells what a task is, and is an error outside of one', async () => {
    const task = spawn(() => {
      const { id, name, attempt, processor } = taskContext();
      return { id, name, attempt, kind: processor.kind };
    });
    expect(await task).toEqual({
      id: task.id,
      name: 'anonymous',
      attempt: 0,
      kind: kind === 'inline' ? 'inline' : 'thread',
    });
    expect(() => context()).toThrow(/no task is running/);
  });

  it('a runtime has what every runtime shares as methods too, inside tasks as outside', async () => {
    const shared = ['taskContext', 'task', 'operation', 'capture', 'delayed', 'par'] as const;
    const missing = (): string[] => shared.filter((name) => typeof currentRuntime()[name] !== 'function');
    expect(await spawn(missing)).toEqual([]);
    expect(shared.filter((name) => typeof runtime[name] !== 'function')).toEqual([]);
    expect(() => runtime.taskContext()).toThrow(/no task is running/);
  });

  it('the attempt counts the runs before', async () => {
    const task = spawn.with({ retries: 3 }, () => {
      const { attempt } = taskContext();
      if (attempt < 2) throw new Error('again');
      return attempt;
    });
    expect(await task).toBe(2);
  });

  it('currentRuntime is the one that runs the task', async () => {
    expect(await spawn(async () => currentRuntime().spawn((x: number) => x + 1, 1))).toBe(2);
  });

  it.each([
    [{ prio: 1 }, /unknown option "prio".*priority/s],
    [{ name: 3 }, /name must be a string/],
    [{ name: '' }, /name/],
    [{ retries: -1 }, /retries must be 0 or a positive integer/],
    [{ retries: 1.5 }, /retries/],
    [{ priority: Number.NaN }, /priority must be a finite number/],
    [{ occupancy: 2 }, /occupancy must be a number from 0 to 1/],
    [{ timeUtil: 0 }, /timeUtil must be a positive number of milliseconds/],
    [{ timeout: '5' }, /timeout must be a positive number of milliseconds/],
    [{ signal: {} }, /signal must be an AbortSignal/],
    [{ scope: 'gpu' }, /scope must be a scope/],
    [{ syncdeps: 3 }, /syncdeps must be an array/],
    [{ meta: 1 }, /meta must be true or false/],
  ])('E4. bad options are a TypeError at once: %j', (options, message) => {
    expect(() => spawn.with(options as TaskOptions, add, 1, 2)).toThrow(TypeError);
    expect(() => spawn.with(options as TaskOptions, add, 1, 2)).toThrow(message);
    expect(() => runtime.withOptions(options as TaskOptions, () => 1)).toThrow(message);
  });

  it('E4. options that are none, or forgotten, are a TypeError', () => {
    for (const options of [undefined, null, 3, 'name', [1]]) {
      expect(() => spawn.with(options as never, add, 1, 2)).toThrow(TypeError);
    }
    expect(() => spawn.with(add as never, 1 as never, 2 as never)).toThrow(TypeError);
    expect(() => spawn.with({ syncdeps: [1 as never] }, add, 1, 2)).toThrow(/a Task is needed/);
  });

  it('E4. a scope that nothing can be in is a ScopeError at once', () => {
    expect(() => spawn.with({ scope: unionScope() }, add, 1, 2)).toThrow(ScopeError);
  });

  it('E4. what is not a function is a TypeError that says what it is', () => {
    for (const [value, noun] of [
      [42, 'number'],
      [null, 'null'],
      [undefined, 'undefined'],
      [[1], 'an array'],
      [spawn(add, 1, 2), 'a Task is an argument'],
    ] as const) {
      expect(() => spawn(value as never)).toThrow(TypeError);
      expect(() => spawn(value as never)).toThrow(noun);
    }
  });

  it("E4. the web's fetch is told from this one", () => {
    expect(() => runtime.fetch('https://example.org' as never)).toThrow(/globalThis\.fetch/);
    expect(() => runtime.wait(3 as never)).toThrow(/a Task is needed/);
    expect(() => runtime.isReady(null as never)).toThrow(TypeError);
  });
});

describe('options of a runtime', () => {
  it('O1. they hold for its tasks, and are weaker than others', async () => {
    const runtime = testRuntime('threads', { retries: 2 }, { threads: 1 });
    const starts = counters(1);
    await rejection(runtime.spawn(flaky, starts, 10));
    expect(starts[0]).toBe(3);
    const fewer = counters(1);
    await rejection(runtime.withOptions({ retries: 1 }, () => runtime.spawn(flaky, fewer, 10)));
    expect(fewer[0]).toBe(2);
    const none = counters(1);
    await rejection(
      runtime.withOptions({ retries: 1 }, () => runtime.spawn.with({ retries: 0 }, flaky, none, 10)),
    );
    expect(none[0]).toBe(1);
    expect(runtime.getOptions().retries).toBe(2);
    const nested = counters(1);
    const outer = runtime.spawn.with(
      { retries: 0 },
      async (words: Int32Array) => {
        const inner = currentRuntime().spawn((w: Int32Array) => {
          Atomics.add(w, 0, 1);
          throw new Error('inner');
        }, words);
        await inner.wait();
      },
      nested,
    );
    await outer;
    expect(nested[0]).toBe(3);
  });

  it('O1. bad ones are errors that say so', () => {
    expect(() => testRuntime('inline', { retry: 1 } as never)).toThrow(/unknown option "retry"/);
    expect(() => testRuntime('inline', { name: 'all' } as never)).toThrow(/name/);
    expect(() => testRuntime('inline', { plugins: [3 as never] })).toThrow(/plugin/);
  });

  it.each<Kind>(['threads', 'inline'])(
    'O5. ready tasks of a higher priority start first, on %s',
    async (kind) => {
      const runtime = testRuntime(kind, {}, { threads: 1 });
      const order = counters(2);
      const hold = async (words: Int32Array): Promise<void> => {
        while (Atomics.load(words, 1) === 0) await new Promise((resolve) => setImmediate(resolve));
      };
      const take = (words: Int32Array): number => Atomics.add(words, 0, 1);
      // As much as a thread is handed beforehand; what comes after it waits on the host's side.
      const held = Array.from({ length: 2 }, () => runtime.spawn.with({ timeUtil: 1000 }, hold, order));
      const priorities = [0, 3, -2, 5, 1];
      const tasks = priorities.map((priority) => runtime.spawn.with({ priority }, take, order));
      Atomics.store(order, 1, 1);
      await Promise.all(held);
      const places = await Promise.all(tasks);
      const byPlace = places.map((place, i) => [place, priorities[i]!] as const).sort(([a], [b]) => a - b);
      expect(byPlace.map(([, priority]) => priority)).toEqual([5, 3, 1, 0, -2]);
    },
  );

  it('O4. half of a processor is enough for tasks of half its occupancy', async () => {
    const runtime = testRuntime('threads', {}, { threads: 1 });
    const words = counters(1);
    const tasks = Array.from({ length: 2 }, () => runtime.spawn.with({ occupancy: 0.5 }, meet, words, 2));
    expect(await Promise.all(tasks)).toEqual([2, 2]);
  });

  it('O5. cancel with force stops a task that never looks, and the others run all the same', async () => {
    const runtime = testRuntime('threads', {}, { threads: 1 });
    const words = counters(1);
    const spins = runtime.spawn((flags: Int32Array) => {
      Atomics.store(flags, 0, 1);
      Atomics.notify(flags, 0);
      for (;;);
    }, words);
    const behind = runtime.map((x: number) => x + 1, [1, 2, 3]);
    await changed(words, 0);
    spins.cancel('enough', { force: true });
    const error = await causeOf(spins);
    expect(error).toBeInstanceOf(CancelledError);
    expect(error.cause).toBe('enough');
    expect(await Promise.all(behind)).toEqual([2, 3, 4]);
  });

  it('O4. a scope names the thread', async () => {
    const runtime = testRuntime('threads');
    for (const thread of [1, 0, 1]) {
      const where = runtime.spawn.with({ scope: scope({ thread }) }, () => taskContext().processor.id);
      expect(await where).toBe(`cpu:${thread}`);
    }
  });
});
