import { cpuThreads } from '@poniard/proc-cpu';
import {
  ClockedProcessor,
  createSuiteRuntime,
  createTestRuntime,
  FakeClock,
  FakeHost,
  FakeMemory,
  FakeProcessor,
  FakeStore,
  runtimeTest,
  TestRuntimes,
} from '@poniard/testing';
import { describe, expect, it } from 'vitest';

const add = (a: number, b: number): number => a + b;

describe('runtimes for tests', () => {
  const shared = createSuiteRuntime();

  it('run tasks', async () => {
    expect(await createTestRuntime().spawn(add, 1, 2)).toBe(3);
    expect(await shared.spawn(add, 3, 4)).toBe(7);
  });

  runtimeTest('come from a fixture, as many as are needed', async ({ createRuntime }) => {
    const [one, two] = [createRuntime(), createRuntime()];
    expect(await one.spawn(add, 1, 2)).toBe(3);
    expect(await two.spawn(add, await one.spawn(add, 1, 2), 2)).toBe(5);
  });

  runtimeTest('take threads, and leave none', async ({ createRuntime }) => {
    const runtime = createRuntime({ plugins: [cpuThreads({ threads: 2 })] });
    expect(await runtime.spawn(add, 1, 2)).toBe(3);
    const large = runtime.tochunk(new Float64Array(100_000));
    expect(await runtime.spawn((xs: Float64Array) => xs.length, large)).toBe(100_000);
    large.release();
  });

  it('run tasks on fake processors, in the time of a fake clock', async () => {
    const clock = new FakeClock();
    const processors = [0, 1].map((n) => new ClockedProcessor(clock, 1000, { id: `fake:${n}` }));
    const runtime = createTestRuntime({ fakes: { clock, processors } });
    const tasks = runtime.map((x: number) => x * x, [1, 2, 3, 4]);
    await runtime.ready();
    await Promise.resolve();
    clock.advance(999);
    expect(tasks.map((task) => task.isReady())).toEqual([false, false, false, false]);
    clock.advance(1);
    await Promise.resolve();
    expect(tasks.map((task) => task.isReady()).filter(Boolean)).toHaveLength(2);
    clock.advance(1000);
    expect(await runtime.fetchAll(tasks)).toEqual([1, 4, 9, 16]);
  });

  it('move a result out of the memory of a fake processor', async () => {
    const clock = new FakeClock();
    const space = new FakeMemory('gpu:0', false);
    const processor = new ClockedProcessor(clock, 10, { space, keeps: () => true });
    const runtime = createTestRuntime({ fakes: { clock, processors: [processor] } });
    const task = runtime.spawn(add, 1, 2);
    await runtime.ready();
    clock.advance(10);
    expect(space.values).toEqual(new Map([[task.id, 3]]));
    expect(await task).toBe(3);
    expect(space.moved).toEqual([task.id]);
  });

  it('show warnings of failures that nobody looked at', async () => {
    const host = new FakeHost();
    const runtimes = new TestRuntimes();
    const runtime = runtimes.create({ fakes: { host } });
    runtime.spawn(() => {
      throw new Error('unseen');
    });
    await runtime.close();
    await runtimes.close();
    expect(host.warnings.map(({ code }) => code)).toEqual(['PONIARD_UNSEEN_FAILURE']);
  });
});

describe('the leak check', () => {
  it('finds a worker thread and a task that never ends', async () => {
    const { Worker } = await import('node:worker_threads');
    const runtimes = new TestRuntimes();
    const worker = new Worker('setInterval(() => {}, 1000)', { eval: true });
    await expect(runtimes.close()).rejects.toThrow(/left behind:\n {2}worker thread \d/);
    await worker.terminate();
  });

  it('finds values that stay', async () => {
    const store = new FakeStore();
    const runtimes = new TestRuntimes();
    const chunk = runtimes.create({ fakes: { store } }).tochunk(new Float64Array(100_000));
    await expect(runtimes.close()).rejects.toThrow(/800\d* bytes in the memory space host/);
    expect(chunk.bytes).toBeGreaterThan(0);
  });

  it('finds a port that holds the process', async () => {
    const { MessageChannel } = await import('node:worker_threads');
    const runtimes = new TestRuntimes();
    const { port1 } = new MessageChannel();
    port1.on('message', () => {});
    await expect(runtimes.close()).rejects.toThrow('1 × MessagePort that holds the process');
    port1.close();
  });
});

describe('the fake clock', () => {
  it('fires timers in the order of their times, those set meanwhile too', () => {
    const clock = new FakeClock();
    const fired: string[] = [];
    clock.after(20, () => fired.push(`b${clock.now()}`));
    clock.after(10, () => {
      fired.push(`a${clock.now()}`);
      clock.after(5, () => fired.push(`c${clock.now()}`));
    });
    const stop = clock.after(12, () => fired.push('never'));
    stop();
    clock.advance(16);
    expect(fired).toEqual(['a10', 'c15']);
    expect(clock.now()).toBe(16);
    expect(clock.next()).toBe(true);
    expect(fired).toEqual(['a10', 'c15', 'b20']);
    expect(clock.next()).toBe(false);
    expect(clock.pending).toBe(0);
  });
});

describe('the fake processor', () => {
  it('does nothing until it is told', () => {
    const processor = new FakeProcessor();
    expect(() => processor.finish()).toThrow('does not have call');
    expect(processor.accepts({} as never)).toBe(true);
  });
});
