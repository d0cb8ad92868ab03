import { ClockedProcessor, FakeClock, FakeMemory, FakePlacement, FakeProcessor } from '@poniard/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TaskRecord } from './record.js';
import { Driver } from './testing/driver.js';
import { failureOf, names, one, phases } from './testing/tasks.js';

type P = FakeProcessor;

/** Runs where a test says: on `cpu` by one implementation, on `gpu` by another. */
const both = (): string => 'never called';
const cpu = (traits: Partial<P> = {}): P => new FakeProcessor({ id: 'cpu', kind: 'cpu', ...traits });
const gpu = (traits: Partial<P> = {}): P =>
  new FakeProcessor({ id: 'gpu', kind: 'gpu', implementations: ['gpu'], ...traits });

/** The task goes to the GPU, and the CPU has nothing to do. */
function tried(device = gpu(), options = {}) {
  const host = cpu();
  const driver = new Driver([host, device], { policy: new FakePlacement(() => 'gpu') });
  const fn = driver.fn(both, { implementations: { host: () => 'by cpu', gpu: () => 'by gpu' } });
  const task = driver.spawn(both, [], { name: 'task', ...options });
  return { driver, fn, task, host, device };
}

describe('a kind of processor that is tried', () => {
  it('P2. an idle processor of another kind runs the call too, and the first result counts', () => {
    const { task, host, device, fn } = tried();
    expect([names(host), names(device)]).toEqual([['twin of task'], ['task']]);
    host.finish(undefined, 70);
    expect(task.read()).toBe('by cpu');
    // What is not wanted any more is asked back, and its time counts all the same.
    expect(device.asked.map(({ name }) => name)).toEqual(['task']);
    device.finish(undefined, 5000);
    expect(task.read()).toBe('by cpu');
    expect([fn.times.expected('cpu', 0), fn.times.expected('gpu', 0)]).toEqual([70, 5000]);
  });

  it('P2. the twin is stopped where the first run wins, and what it took is learnt', () => {
    const { task, host, device, fn } = tried();
    device.finish(undefined, 30);
    expect(task.read()).toBe('by gpu');
    expect(host.asked).toHaveLength(1);
    host.finish(undefined, 900);
    expect([fn.times.expected('cpu', 0), fn.times.expected('gpu', 0)]).toEqual([900, 30]);
    expect([...fn.trials.keys()]).toEqual([]);
  });

  it('P2. one that was stopped counts as slower than the first', () => {
    const { host, device, fn } = tried();
    host.finish(undefined, 70);
    device.fail();
    expect(fn.times.expected('gpu', 0)).toBe(140);
  });

  it('P2. a twin that fails changes nothing', () => {
    const { task, host, device } = tried();
    host.fail();
    expect(phases(task)).toEqual(['Sent']);
    device.finish();
    expect(task.read()).toBe('by gpu');
  });

  it('E1. a task that fails ends its twin', () => {
    const { task, host, device } = tried();
    device.fail(undefined, new Error('no'));
    expect(failureOf(task).error).toEqual(new Error('no'));
    expect(host.asked).toHaveLength(1);
    host.finish();
    expect(phases(task)).toEqual(['Failed']);
  });

  it('a task that is cancelled ends its twin', () => {
    const { driver, task, host, device } = tried();
    driver.cancel(task);
    expect([host.asked.length, device.asked.length]).toEqual([1, 1]);
    host.giveBack();
    device.giveBack();
    expect(phases(task)).toEqual(['Cancelled']);
    expect(driver.state.unsettled).toBe(0);
  });

  it('E3. a task whose processor dies has the result of its twin', () => {
    const { driver, task, host, device } = tried();
    device.lose([task], true);
    expect(phases(task)).toEqual(['Queued']);
    host.finish();
    expect(task.read()).toBe('by cpu');
    driver.back(device);
    expect(device.calls).toEqual([]);
  });

  it('C2. the result of a twin that stays with its processor comes to the host first', () => {
    const space = new FakeMemory('gpu', false);
    const device = gpu({ space, keeps: () => true });
    const host = cpu();
    const driver = new Driver([host, device], { policy: new FakePlacement(() => 'cpu') });
    driver.fn(both, { implementations: { host: () => 'by cpu', gpu: () => 'by gpu' } });
    const task = driver.spawn(both);
    device.finish();
    expect(phases(task)).toEqual(['Sent']);
    driver.arrive();
    expect(task.read()).toBe('by gpu');
    expect(space.values.size).toBe(0);
    host.finish();
    expect(task.read()).toBe('by gpu');
  });

  it('E3. a task with retries: 0 starts once', () => {
    const { host, device } = tried(gpu(), { retries: 0 });
    expect([names(host), names(device)]).toEqual([[], ['task']]);
  });

  it('a plain function runs once, whatever kinds of processor there are', () => {
    const [host, device] = [cpu(), gpu({ implementations: ['host'] })];
    const driver = new Driver([host, device], { policy: new FakePlacement(() => 'gpu') });
    driver.spawn(one);
    expect([host.calls.length, device.calls.length]).toEqual([0, 1]);
  });

  it('nothing runs twice where what it takes is known', () => {
    const { driver, host, device } = tried();
    host.finish();
    device.finish();
    driver.spawn(both, [], { name: 'next' });
    expect([names(host), names(device)]).toEqual([[], ['next']]);
  });
});

/** µs that 100 equal tasks take, all at once or one after the other. */
function timeOf(times: Times, isKnown: boolean): number {
  const clock = new FakeClock();
  const host = new ClockedProcessor(clock, times.cpu, {
    ...cpu(),
    capacity: times.threads,
    queues: times.queues,
  });
  const device = new ClockedProcessor(clock, times.gpu, { ...gpu(), queues: times.queues });
  const driver = new Driver([host, device], { checked: false });
  const fn = driver.fn(both, { implementations: { host: () => 1, gpu: () => 1 } });
  if (isKnown) {
    fn.times.observe('cpu', 0, times.cpu);
    fn.times.observe('gpu', 0, times.gpu);
  }
  const tasks: TaskRecord[] = [];
  const wanted = (): boolean => tasks.length < 100 && (times.atOnce || (tasks.at(-1)?.terminal ?? true));
  for (;;) {
    while (wanted()) tasks.push(driver.spawn(both));
    if (tasks.length === 100 && tasks.every(({ terminal }) => terminal)) return clock.now();
    if (!clock.next()) throw new Error(`nothing moves\n${driver.story()}`);
  }
}

interface Times {
  readonly cpu: number;
  readonly gpu: number;
  readonly threads: number;
  readonly queues: boolean;
  readonly atOnce: boolean;
}

describe('P2. the cost of trials', () => {
  it('is at most 10 % of what 100 equal tasks take where all is known', { timeout: 60_000 }, () => {
    const micros = fc.integer({ min: 0, max: 20 }).map((power) => Math.round(50 * 2 ** (power / 1.5)));
    const times: fc.Arbitrary<Times> = fc.record({
      cpu: micros,
      gpu: micros,
      threads: fc.integer({ min: 1, max: 4 }),
      queues: fc.boolean(),
      atOnce: fc.boolean(),
    });
    fc.assert(
      fc.property(times, (given) => {
        expect(timeOf(given, false)).toBeLessThanOrEqual(1.1 * timeOf(given, true));
      }),
      { numRuns: Number(process.env['N'] ?? 200) },
    );
  });
});
