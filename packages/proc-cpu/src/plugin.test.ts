import { type Runtime, scope } from '@poniard/core';
import { type CpuThreadsOptions, cpuThreads } from '@poniard/proc-cpu';
import { createTestRuntime } from '@poniard/testing';
import { describe, expect, it } from 'vitest';

const withThreads = (options: CpuThreadsOptions): Runtime =>
  createTestRuntime({ plugins: [cpuThreads(options)] });

/** The error that a task failed with. */
async function causeOf(task: PromiseLike<unknown>): Promise<Error> {
  return task.then(
    () => Promise.reject(new Error('it was expected to fail')),
    (error: Error) => error.cause as Error,
  );
}

describe('cpuThreads', () => {
  it.each([
    [{ thread: 2 }, /unknown option "thread".*threads/s],
    [{ thread: 2 }, /did you mean "threads"/],
    [{ resourceLimits: 5 }, /resourceLimits must be an object of positive numbers such as/],
    [{ resourceLimits: { maxOldGenerationSizeMb: '5' } }, /resourceLimits must be an object/],
    [null, /cpuThreads: options are an object such as/],
    [5, /cpuThreads: options are an object such as/],
    [{ threads: 0 }, /threads must be a positive integer/],
    [{ threads: 1.5 }, /threads must be a positive integer/],
    [{ memoryLimit: 0 }, /memoryLimit must be a positive number of bytes/],
    [{ startTimeout: -1 }, /startTimeout must be a positive number of milliseconds/],
    [{ execArgv: '--import x' }, /execArgv must be an array/],
  ])('E4. refuses bad options at once: %j', (options, message) => {
    expect(() => cpuThreads(options as never)).toThrow(TypeError);
    expect(() => cpuThreads(options as never)).toThrow(message);
  });

  it('brings as many processors as it is told, of kind thread, in this process', async () => {
    const runtime = withThreads({ threads: 3 });
    await runtime.ready();
    const threads = runtime.processors(scope({ threads: 'all' }));
    expect(threads.map(({ id, kind, process: pid }) => [id, kind, pid])).toEqual(
      [0, 1, 2].map((n) => [`cpu:${n}`, 'thread', `${process.pid}`]),
    );
    expect(
      threads.every(
        ({ defaultEnabled, implementations }) => defaultEnabled && implementations.includes('host'),
      ),
    ).toBe(true);
  });

  it('E5. whose threads cannot start is named by what failed for want of them', async () => {
    const runtime = withThreads({ execArgv: ['--max-old-space-size=100'] });
    await expect(runtime.spawn(() => 1)).rejects.toThrow(
      /cpuThreads: the plugin could not start: .*--max-old-space-size=100/,
    );
  });

  it('serves one plug-in object to several runtimes, which share nothing', async () => {
    const plugin = cpuThreads({ threads: 1 });
    const [one, two] = [createTestRuntime({ plugins: [plugin] }), createTestRuntime({ plugins: [plugin] })];
    const count = (): number => {
      const holder = globalThis as { counted?: number };
      holder.counted = (holder.counted ?? 0) + 1;
      return holder.counted;
    };
    await one.spawn(count);
    expect(await one.spawn(count)).toBe(2);
    expect(await two.spawn(count)).toBe(1);
    await one.close();
    expect(await two.spawn(count)).toBe(2);
  });

  it('O4. tasks that take more than memoryLimit together take turns; one that takes more alone fails', async () => {
    const runtime = withThreads({ threads: 2, memoryLimit: 1e6 });
    const words = new Int32Array(new SharedArrayBuffer(8));
    const alone = async (counts: Int32Array): Promise<boolean> => {
      const others = Atomics.add(counts, 0, 1);
      for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
      Atomics.sub(counts, 0, 1);
      return others === 0;
    };
    const tasks = Array.from({ length: 20 }, () => runtime.spawn.with({ allocUtil: 7e5 }, alone, words));
    expect(new Set(await Promise.all(tasks))).toEqual(new Set([true]));
    const error = await causeOf(runtime.spawn.with({ allocUtil: 2e6 }, () => 1));
    expect(error.message).toMatch(/cpu:0: it has 1000000 bytes free and the task takes 2000000/);
  });

  it('gives its threads further options of Node, besides those of this process', async () => {
    const source = encodeURIComponent('globalThis.fromImport = 7');
    const runtime = withThreads({ threads: 1, execArgv: ['--import', `data:text/javascript,${source}`] });
    expect(await runtime.spawn(() => (globalThis as { fromImport?: number }).fromImport)).toBe(7);
  });

  it('E3. says why a thread could not start, and gives it up after two attempts', async () => {
    const runtime = withThreads({
      threads: 1,
      execArgv: ['--import', 'data:text/javascript,throw new Error("not today")'],
    });
    const error = await causeOf(runtime.spawn(() => 1));
    expect(error.message).toMatch(/cpu:0.*could not start.*not today/s);
    expect(runtime.processors(scope({ threads: 'all' }))).toEqual([]);
  });

  it('E3. a thread that hangs at its start is given up by its deadline', async () => {
    const hangs = encodeURIComponent('await new Promise(() => setInterval(() => {}, 1000))');
    const runtime = withThreads({
      threads: 1,
      startTimeout: 100,
      execArgv: ['--import', `data:text/javascript,${hangs}`],
    });
    const error = await causeOf(runtime.spawn(() => 1));
    expect(error.message).toMatch(/did not start within 100 ms/);
  });

  it('a runtime that is closed at once leaves no thread', async () => {
    const runtime = withThreads({ threads: 2 });
    await runtime.close();
    expect(() => runtime.spawn(() => 1)).toThrow(/closed/);
  });

  it('a runtime may be made and closed while tasks are under way', async () => {
    const runtime = withThreads({ threads: 2 });
    const tasks = Array.from({ length: 100 }, (_, i) => runtime.spawn((x: number) => x + 1, i));
    await runtime.close();
    expect(await Promise.all(tasks)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  });
});
