/** Options that say where a task runs, where its result may be used, and what it takes. */
import { anyScope, defaultOptions, type Runtime, scope, type TaskOptions, taskContext } from '@poniard/core';
import { FakeProcessor } from '@poniard/testing';
import { describe, expect, it } from 'vitest';
import { causeOf, suiteRuntime, testRuntime } from './runtimes.js';

const here = (_input?: unknown): string => taskContext().processor.id;
const large = (length: number): number[] => Array.from({ length }, (_, i) => i);

describe('on two threads', () => {
  const runtime: Runtime = suiteRuntime('threads');
  const { spawn } = runtime;

  it('O4. processor names the one that runs the task, by itself or its id', async () => {
    for (const id of ['cpu:0', 'cpu:1', 'inline:0']) {
      const [processor] = runtime.processors().filter((candidate) => candidate.id === id);
      const where = id === 'inline:0' ? () => 'inline:0' : here;
      expect(await spawn.with({ processor: id }, where)).toBe(id);
      expect(await spawn.with({ processor }, where)).toBe(id);
    }
  });

  it('O4. single names a thread by its number, or a process by its id', async () => {
    expect(await Promise.all([0, 1, 0, 1].map((single) => spawn.with({ single }, here)))).toEqual([
      'cpu:0',
      'cpu:1',
      'cpu:0',
      'cpu:1',
    ]);
    expect(await spawn.with({ single: `${process.pid}` }, here)).toMatch(/^cpu:/);
    expect((await causeOf(spawn.with({ single: 'elsewhere' }, here))).name).toBe('SchedulingError');
  });

  it('O4. proclist lists kinds and processors, or chooses by a function', async () => {
    expect(await spawn.with({ proclist: ['thread'] }, here)).toMatch(/^cpu:/);
    expect(await spawn.with({ proclist: ['gpu', 'cpu:1'] }, here)).toBe('cpu:1');
    expect(await spawn.with({ proclist: ({ id }) => id === 'cpu:1' }, here)).toBe('cpu:1');
    expect(await spawn.with({ proclist: ({ kind }) => kind === 'inline' }, () => 1)).toBe(1);
    const error = await causeOf(spawn.with({ proclist: () => false }, here));
    expect(error.message).toMatch(/cpu:1: its proclist refuses it/);
  });

  it('O2. proclist as a function holds inside tasks, though it cannot travel to them', async () => {
    const outer = async (): Promise<string[]> => {
      const { spawn: inner, taskContext: context } = await import('@poniard/core');
      return Promise.all([1, 2, 3, 4].map(() => inner(() => context().processor.id)));
    };
    const task = runtime.withOptions({ proclist: ({ id }) => id === 'cpu:1' }, () => spawn(outer));
    expect(await task).toEqual(['cpu:1', 'cpu:1', 'cpu:1', 'cpu:1']);
  });

  it('O4. computeScope is stronger than a scope of the same place, and not than one nearer', async () => {
    const both = { scope: scope({ thread: 0 }), computeScope: scope({ thread: 1 }) };
    expect(await spawn.with(both, here)).toBe('cpu:1');
    expect(
      await runtime.withOptions({ computeScope: scope({ thread: 1 }) }, () =>
        spawn.with({ scope: scope({ thread: 0 }) }, here),
      ),
    ).toBe('cpu:0');
  });

  it('K2. resultScope restricts the task and all that take its result', async () => {
    const made = spawn.with({ resultScope: scope({ thread: 1 }) }, large, 10);
    expect(await Promise.all([1, 2, 3].map(() => spawn(here, made)))).toEqual(['cpu:1', 'cpu:1', 'cpu:1']);
    expect((await made.chunk()).scope).toEqual(scope({ thread: 1 }));
    expect(await made).toHaveLength(10);
    const error = await causeOf(spawn.with({ scope: scope({ thread: 0 }) }, here, made));
    expect(error.name).toBe('SchedulingError');
    expect(error.message).toMatch(/exclude each other/);
    const free = spawn.with({ scope: scope({ thread: 1 }) }, large, 10);
    expect((await free.chunk()).scope).toBe(anyScope);
    expect(await spawn.with({ scope: scope({ thread: 0 }) }, here, free)).toBe('cpu:0');
  });

  it('O3. getResult brings a large result home with the answer', async () => {
    const stays = spawn(large, 20_000);
    const comes = spawn.with({ getResult: true }, large, 20_000);
    await Promise.all([stays.wait(), comes.wait()]);
    expect((await stays.chunk()).space.id).toMatch(/cpu:/);
    expect((await comes.chunk()).space.id).toBe('host');
    expect(await comes).toHaveLength(20_000);
  });

  it("O1. a function's default is the weakest, and reaches it everywhere", async () => {
    const pinned = defaultOptions((): string => taskContext().processor.id, {
      processor: 'cpu:1',
      name: 'pinned',
    });
    const task = spawn(pinned);
    expect([task.name, await task]).toEqual(['pinned', 'cpu:1']);
    expect(await spawn.with({ processor: 'cpu:0' }, pinned)).toBe('cpu:0');
    expect(await runtime.withOptions({ processor: 'cpu:0' }, () => spawn(pinned))).toBe('cpu:0');
    expect(runtime.withOptions({ priority: 1 }, () => spawn(pinned)).name).toBe('pinned');
    expect(spawn(here).name).toBe('here');
  });

  it("O1. a function's default goes with its source into tasks, where it spawns itself", async () => {
    const down = defaultOptions(
      async (levels: number): Promise<string[]> => {
        const { spawn: inner, taskContext: context } = await import('@poniard/core');
        const { id } = context().processor;
        return levels === 0 ? [id] : [id, ...(await inner(down, levels - 1))];
      },
      { processor: 'cpu:1' },
    );
    expect(await spawn(down, 2)).toEqual(['cpu:1', 'cpu:1', 'cpu:1']);
  });
});

describe('anywhere', () => {
  it('O1. the runtime is stronger than the function', async () => {
    const fn = defaultOptions(() => 1, { priority: 1, retries: 4 });
    const runtime = testRuntime('inline', { retries: 2 });
    const task = runtime.spawn(fn);
    await task;
    expect(runtime.getOptions()).toEqual({ retries: 2 });
    expect(() => defaultOptions(fn, { retrys: 1 } as never)).toThrow(/did you mean "retries"/);
    expect(() => defaultOptions(3 as never, {})).toThrow(/defaultOptions: the first argument/);
    expect(() => defaultOptions(fn, { syncdeps: [task] } as never)).toThrow(
      /syncdeps is an option of a task/,
    );
  });

  it('O4. a task is not handed to a processor that has less memory than allocUtil says', async () => {
    const small = new FakeProcessor({ id: 'fake:0', freeMemory: () => 100 });
    const roomy = new FakeProcessor({ id: 'fake:1', freeMemory: () => 10_000 });
    const runtime = testRuntime('inline', { fakes: { processors: [small, roomy] } });
    const task = runtime.spawn.with({ allocUtil: 1000 }, () => 1);
    await runtime.ready();
    await undefined;
    expect([small.calls.length, roomy.calls.length]).toEqual([0, 1]);
    roomy.finish();
    expect(await task).toBe(1);
    const error = await causeOf(runtime.spawn.with({ allocUtil: 1e6 }, () => 1));
    expect(error.message).toMatch(/fake:1: it has 10000 bytes free and the task takes 1000000/);
  });

  it.each<[TaskOptions, RegExp]>([
    [{ prio: 1 } as never, /unknown option "prio"; did you mean "priority"\? Known are name, /],
    [{ retires: 1 } as never, /did you mean "retries"/],
    [{ retry: 1 } as never, /did you mean "retries"/],
    [{ computescope: anyScope } as never, /did you mean "computeScope"/],
    [{ zzzzzzz: 1 } as never, /unknown option "zzzzzzz"\. Known are/],
    [{ processor: 3 as never }, /processor must be a processor, or its id/],
    [{ single: -1 }, /single must be a thread's number/],
    [{ proclist: [] }, /proclist must be a list of kinds/],
    [{ resultScope: 'any' as never }, /resultScope must be a scope/],
    [{ computeScope: {} as never }, /computeScope must be a scope/],
    [{ getResult: 1 as never }, /getResult must be true or false/],
    [{ allocUtil: -1 }, /allocUtil must be a number of bytes/],
  ])('E4. bad options are named, and the nearest known: %j', (options, message) => {
    const runtime = testRuntime('inline');
    expect(() => runtime.spawn.with(options, here)).toThrow(message);
    expect(() => runtime.withOptions(options, () => 1)).toThrow(message);
    expect(() => testRuntime('inline', options)).toThrow(message);
  });

  it('E4. a mistyped option of the runtime itself is guessed too', () => {
    expect(() => testRuntime('inline', { debugg: true } as never)).toThrow(/did you mean "debug"/);
  });
});
