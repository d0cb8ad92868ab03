import { CancelledError, createRuntime, PoniardError, TaskFailedError, TimeoutError } from '@poniard/core';
import { cpuThreads } from '@poniard/proc-cpu';
import {
  ClockedProcessor,
  collectGarbage,
  createTestRuntime,
  FakeClock,
  FakeKeepAlive,
  FakeMemory,
  FakeProcessor,
  FakeStore,
  rejection,
  settle,
} from '@poniard/testing';
import { describe, expect, it } from 'vitest';

const add = (a: number, b: number): number => a + b;
const never = (): Promise<never> => new Promise(() => {});

describe('a runtime', () => {
  it('S10. holds the process while a task is unsettled, and not a moment longer', async () => {
    const keepAlive = new FakeKeepAlive();
    const runtime = createTestRuntime({ fakes: { keepAlive } });
    expect(keepAlive.held).toBe(false);
    const task = runtime.spawn(add, 1, 2);
    expect(keepAlive.held).toBe(true);
    await task;
    await settle();
    expect(keepAlive.held).toBe(false);
  });

  it('S10. close() lets everything that was spawned finish', async () => {
    const runtime = createRuntime();
    const task = runtime.spawn(add, runtime.spawn(add, 1, 2), 3);
    await runtime.close();
    expect(task.state).toBe('finished');
    expect(await task).toBe(6);
  });

  it('S10. close({ timeout }) stops waiting', async () => {
    const clock = new FakeClock();
    const processor = new FakeProcessor();
    const runtime = createTestRuntime({ fakes: { clock, processors: [processor] } });
    const task = runtime.spawn(add, 1, 2);
    await runtime.ready();
    const closed = runtime.close({ timeout: 5 });
    clock.advance(4999);
    await settle();
    expect(processor.closed).toBe(false);
    clock.advance(1);
    await closed;
    expect(processor.closed).toBe(true);
    expect((await rejection(task)).cause).toBeInstanceOf(CancelledError);
  });

  it('S10. close({ force }) stops the work, also while a gentle close waits', async () => {
    const runtime = createTestRuntime();
    const task = runtime.spawn(never);
    const gentle = runtime.close();
    await runtime.close({ force: true });
    await gentle;
    expect(task.state).toBe('cancelled');
  });

  it('E4. nothing can be spawned once it closes', async () => {
    const runtime = createTestRuntime();
    const closed = runtime.close();
    expect(() => runtime.spawn(add, 1, 2)).toThrow(PoniardError);
    expect(() => runtime.spawn(add, 1, 2)).toThrow('closed');
    expect(() => runtime.tochunk([1])).toThrow('this runtime is closed: nothing can be kept on it any more');
    await closed;
  });

  it('`await using` closes it', async () => {
    let task: PromiseLike<number>;
    {
      await using runtime = createRuntime();
      task = runtime.spawn(add, 1, 2);
    }
    expect(await task).toBe(3);
  });

  it('E4. names an option that it does not know', () => {
    expect(() => createRuntime({ thread: 2 } as never)).toThrow('createRuntime: unknown option "thread"');
    expect(() => createRuntime({ name: 'all' } as never)).toThrow('name is an option of a task');
    expect(() => createRuntime({ retries: -1 })).toThrow('retries must be 0 or a positive integer');
  });

  it('S9. a task on its only processor may wait for tasks of its own', async () => {
    const runtime = createTestRuntime();
    const fib = async (n: number): Promise<number> => {
      if (n < 2) return n;
      const [a, b] = [runtime.spawn(fib, n - 1), runtime.spawn(fib, n - 2)];
      return (await a) + (await b);
    };
    expect(await runtime.spawn(fib, 10)).toBe(55);
  });
});

describe('time', () => {
  it('O5. a task that takes longer than its timeout fails, counted from when it begins', async () => {
    const clock = new FakeClock();
    const processor = new FakeProcessor();
    const runtime = createTestRuntime({ fakes: { clock, processors: [processor] } });
    const [first, second] = [1, 2].map(() =>
      runtime.spawn.with({ timeout: 10, name: 'slow' }, add, 1, 2),
    ) as [never, never];
    await runtime.ready();
    await settle();
    clock.advance(9999);
    expect([first, second].map(({ state }) => state)).toEqual(['running', 'ready']);
    clock.advance(1);
    const error = await rejection(first);
    expect(error).toBeInstanceOf(TaskFailedError);
    expect(error.cause).toBeInstanceOf(TimeoutError);
    expect((error.cause as Error).message).toContain('took longer than 10 ms');
    expect(processor.aborted).toHaveLength(1);
    processor.giveBack();
    await settle();
    processor.finish();
    expect(await second).toBe(3);
    // The moment in which the first may still end by itself.
    clock.next();
    expect(processor.aborted).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it('O5. a signal cancels its tasks, and is left alone afterwards', async () => {
    const runtime = createTestRuntime();
    const controller = new AbortController();
    const { signal } = controller;
    expect(await runtime.spawn.with({ signal }, add, 1, 2)).toBe(3);
    const running = runtime.spawn.with({ signal }, never);
    controller.abort('enough');
    const error = await rejection(running);
    expect(error.cause).toBeInstanceOf(CancelledError);
    expect((error.cause as Error).cause).toBe('enough');
    expect((await rejection(runtime.spawn.with({ signal }, add, 1, 2))).cause).toBeInstanceOf(CancelledError);
  });
});

describe('tasks that go on asynchronously on a thread', () => {
  const thread = () => createTestRuntime({ plugins: [cpuThreads({ threads: 1 })] });
  const later = (x: number): Promise<number> => new Promise((resolve) => setImmediate(() => resolve(x)));

  it('S2. one that was sent along behind such a task waits for its value', async () => {
    const { spawn } = thread();
    const slow = spawn.with({ occupancy: 0 }, later, 5);
    const next = spawn(add, slow, 1);
    const last = spawn(add, next, slow);
    expect(await last).toBe(11);
  });

  it('S2. S9. also while that task waits for one of its own, which stands behind both', async () => {
    const { spawn } = thread();
    const parent = spawn(async (x: number) => (await spawn((y: number) => y + 1, x)) * 2, 4);
    const next = spawn(add, parent, 1);
    expect(await next).toBe(11);
  });

  it('E1. and fails when it does', async () => {
    const { spawn } = thread();
    const slow = spawn.with({ occupancy: 0 }, async () => {
      await null;
      throw new Error('late');
    });
    const next = spawn(add, slow as never, 1);
    expect((await rejection(next)).cause).toEqual(new Error('late'));
  });
});

describe('a processor that throws', () => {
  it('fails the tasks that it was handed, and no others', async () => {
    const processor = new FakeProcessor({ capacity: 2 });
    const run = processor.run.bind(processor);
    processor.run = (batch, report) => {
      if (batch.some(({ name }) => name === 'bad')) throw new Error('out of paper');
      run(batch, report);
    };
    const runtime = createTestRuntime({ fakes: { processors: [processor] } });
    await runtime.ready();
    const bad = runtime.spawn.with({ name: 'bad' }, add, 1, 2);
    expect((await rejection(bad)).cause).toEqual(new Error('out of paper'));
    const good = runtime.spawn(add, 1, 2);
    await settle();
    processor.finish();
    expect(await good).toBe(3);
  });
});

describe('results that live elsewhere', () => {
  const far = async (space = new FakeMemory('far', false)) => {
    const clock = new FakeClock();
    const processor = new ClockedProcessor(clock, 10, { space, keeps: () => true, queues: true });
    const store = new FakeStore();
    const runtime = createTestRuntime({ fakes: { clock, processors: [processor], store } });
    await runtime.ready();
    const run = async (): Promise<void> => {
      await settle();
      while (clock.next()) await settle();
    };
    return { clock, space, processor, runtime, run, store };
  };

  it('C2. move to the host once, for however many await them', async () => {
    const { space, runtime, run } = await far();
    const task = runtime.spawn(add, 1, 2);
    const both = Promise.all([task, runtime.fetch(task)]);
    await run();
    expect(await both).toEqual([3, 3]);
    expect(await task).toBe(3);
    expect(space.moved).toEqual([task.id]);
  });

  it('C4. are freed when their last Chunk is released', async () => {
    const { runtime, run } = await far();
    const task = runtime.spawn(add, 1, 2);
    await run();
    const chunk = await task.chunk();
    expect(chunk.space.id).toBe('far');
    const user = runtime.spawn(add, chunk, 4);
    chunk.release();
    await run();
    expect(await user).toBe(7);
    expect(() => chunk.fetch()).toThrow('released');
  });

  it('C4. are freed when their handles are collected, over 10,000 rounds', async () => {
    const { space, runtime, run } = await far();
    for (let round = 0; round < 100; round++) {
      for (let i = 0; i < 100; i++) runtime.spawn(add, runtime.spawn(add, i, 1), 2);
      await run();
    }
    for (let i = 0; i < 20 && space.values.size > 0; i++) await collectGarbage();
    await settle();
    expect(space.values.size).toBe(0);
    expect(space.freed).toHaveLength(20_000);
  });

  it('E3. are made again when their processor died', async () => {
    const { processor, runtime, run } = await far();
    const task = runtime.spawn(add, runtime.spawn(add, 1, 2), 3);
    await run();
    processor.lose([], true);
    const value = runtime.fetch(task);
    await run();
    expect(await value).toBe(6);
  });

  it('E3. are not made again from a value that was released meanwhile: the error says so', async () => {
    const { processor, runtime, run, store } = await far();
    const chunk = runtime.tochunk(new Float64Array(10_000));
    const task = runtime.spawn((xs: unknown) => typeof xs, chunk);
    await run();
    expect(store.bytes).toBeGreaterThan(0);
    chunk.release();
    expect(store.bytes).toBe(0);
    processor.lose([], true);
    const failed = rejection(runtime.fetch(task));
    await run();
    expect((await failed).message).toContain('has been released');
  });

  it('a result that cannot be moved fails its task', async () => {
    class Sealed extends FakeMemory {
      override get mover() {
        return { from: this.id, to: 'host', move: () => Promise.reject(new TypeError('it cannot be read')) };
      }
    }
    const { space, runtime, run } = await far(new Sealed('sealed', false));
    const task = runtime.spawn(add, 1, 2);
    await run();
    expect(space.values.size).toBe(1);
    expect((await rejection(task)).cause).toEqual(new TypeError('it cannot be read'));
    expect(space.values.size).toBe(0);
  });
});
