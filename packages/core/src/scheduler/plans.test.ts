import { processorTypeScope } from '@poniard/scopes';
import { FakeMemory, FakeProcessor } from '@poniard/testing';
import { describe, expect, it } from 'vitest';
import { Driver, processors } from './testing/driver.js';
import { failureOf, increment, names, one, phases, runAll } from './testing/tasks.js';

type P = FakeProcessor;
const sum = (xs: number): number => xs;

/** An operation that adds the numbers below `n`, one block for each processor. */
function planned(
  driver: Driver,
  options: { block?: (...args: never[]) => unknown; refuses?: boolean } = {},
): number[] {
  const asked: number[] = [];
  driver.fn(sum, {
    name: 'sum',
    plan: ([n], count) => {
      asked.push(count);
      if (options.refuses) return undefined;
      const block =
        options.block ??
        ((from: number, step: number, to: number): number => {
          let total = 0;
          for (let i = from; i < to; i += step) total += i;
          return total;
        });
      return {
        blocks: Array.from({ length: count }, (_, i) => ({ fn: block, args: [i, count, n] })),
        finish: (results) => (results as number[]).reduce((a, b) => a + b, 0),
      };
    },
  });
  return asked;
}

/** An operation with two blocks on processors, or whole on a device, which keeps its results. */
function plannedOrWhole() {
  const both = processors(2) as [P, P];
  const device = new FakeProcessor({
    id: 'gpu:0',
    kind: 'gpu',
    implementations: ['gpu'],
    queues: true,
    space: new FakeMemory('gpu:0', false),
    keeps: () => true,
  });
  const driver = new Driver([...both, device]);
  driver.fn(sum, {
    name: 'sum',
    implementations: { host: sum, gpu: sum },
    plan: ([n]) => ({
      blocks: [1, 2].map(() => ({ fn: one, args: [] })),
      finish: () => n,
    }),
  });
  const [host] = both;
  const on = ({ kind }: P) => ({ scope: processorTypeScope(kind) });
  return { driver, both, device, onHost: on(host), onDevice: on(device) };
}

describe('an operation with a plan', () => {
  it('runs as blocks on all processors, and gives the whole', () => {
    const both = processors(2) as [P, P];
    const driver = new Driver(both);
    const asked = planned(driver);
    const task = driver.spawn(sum, [10]);
    expect(asked).toEqual([2]);
    expect(phases(task)).toEqual(['Waiting']);
    expect(both.map(names)).toEqual([['block'], ['block']]);
    runAll(...both);
    expect(task.read()).toBe(45);
  });

  it('runs whole where its planner says so', () => {
    const both = processors(2) as [P, P];
    const driver = new Driver(both);
    planned(driver, { refuses: true });
    const task = driver.spawn(sum, [10]);
    runAll(...both);
    expect(task.read()).toBe(10);
  });

  it('is not asked where there is one processor, of capacity 1', () => {
    const [p] = processors(1) as [P];
    const driver = new Driver([p]);
    const asked = planned(driver);
    driver.spawn(sum, [10]);
    expect(asked).toEqual([]);
    expect(names(p)).toEqual(['sum']);
  });

  it('waits for its inputs first, and others wait for it', () => {
    const both = processors(2) as [P, P];
    const driver = new Driver(both);
    planned(driver);
    const input = driver.spawn(increment, [9]);
    const task = driver.spawn(sum, [input]);
    const user = driver.spawn(increment, [task]);
    runAll(...both);
    expect(user.read()).toBe(46);
  });

  it('E1. fails when a block fails, with the others', () => {
    const both = processors(2) as [P, P];
    const driver = new Driver(both);
    planned(driver, {
      block: ((from: number) => {
        if (from === 0) throw new Error('block 0');
        return 1;
      }) as never,
    });
    const task = driver.spawn(sum, [10]);
    both[0].finish();
    expect(failureOf(task).error).toEqual(new Error('block 0'));
    expect(new Set(phases(...driver.records))).toEqual(new Set(['Failed']));
  });

  it('ends its blocks when it is cancelled', () => {
    const both = processors(2) as [P, P];
    const driver = new Driver(both);
    planned(driver);
    const task = driver.spawn(sum, [10]);
    driver.cancel(task);
    expect(driver.state.unsettled).toBe(0);
    expect([...both[0].asked, ...both[1].asked]).toHaveLength(2);
    for (const processor of both) processor.giveBack();
    driver.spawn(one, [], { name: 'next' });
    expect(both.flatMap(names)).toEqual(['next']);
  });

  it.each([
    [600, 'blocks'],
    [400, 'whole'],
  ])('P1. with a device that takes %i µs and all processors together 500, runs as %s', (micros, where) => {
    const { driver, both, device, onHost, onDevice } = plannedOrWhole();
    driver.spawn(sum, [10], onHost);
    for (const processor of both) processor.finish(processor.calls[0], 500);
    driver.spawn(sum, [10], onDevice);
    device.finish(device.calls[0], micros);
    driver.spawn(sum, [10]);
    expect(both.map(names)).toEqual(where === 'blocks' ? [['block'], ['block']] : [[], []]);
    expect(names(device)).toEqual(where === 'blocks' ? [] : ['sum']);
  });

  it('is cut only for processors that run blocks', () => {
    const { driver, both, device, onDevice } = plannedOrWhole();
    const task = driver.spawn(sum, [10], onDevice);
    expect(both.map(names)).toEqual([[], []]);
    device.finish();
    expect(phases(task)).toEqual(['Finished']);
  });

  it('gets what a device has before it is cut', () => {
    const { driver, both, device, onHost, onDevice } = plannedOrWhole();
    const made = driver.spawn(sum, [10], onDevice);
    device.finish();
    const task = driver.spawn(sum, [made], onHost);
    expect(both.map(names)).toEqual([[], []]);
    driver.arrive();
    expect(both.map(names)).toEqual([['block'], ['block']]);
    runAll(...both);
    expect(phases(task)).toEqual(['Finished']);
  });

  it('P3. follows its input on a device without waiting for it there', () => {
    const { driver, device, onDevice } = plannedOrWhole();
    const first = driver.spawn(sum, [10], onDevice);
    const second = driver.spawn(sum, [first]);
    expect(names(device)).toEqual(['sum', 'sum']);
    runAll(device);
    expect(phases(first, second)).toEqual(['Finished', 'Finished']);
  });

  it('C4. leaves no block on any processor', () => {
    const both = ['a', 'b'].map(
      (id) => new FakeProcessor({ id, space: new FakeMemory(id), keeps: () => true }),
    );
    const driver = new Driver(both);
    planned(driver);
    const task = driver.spawn(sum, [10]);
    runAll(...both);
    while (driver.moving.length > 0) driver.arrive();
    expect(task.read()).toBe(45);
    expect(both.flatMap(({ space }) => [...space.values.keys()])).toEqual([]);
  });
});

describe('operations with a plan, many of which are ready at once', () => {
  it('P2. are cut a few at a time, while one tries the device', () => {
    const { driver, both, device } = plannedOrWhole();
    for (let i = 0; i < 9; i++) driver.spawn(sum, [10]);
    expect(names(device)).toEqual(['sum']);
    expect(driver.records.filter(({ name }) => name === 'block')).toHaveLength(4);
    runAll(device, ...both);
    expect(driver.state.unsettled).toBe(0);
  });

  it('P2. go where they end first, when it is known what one takes', () => {
    const { driver, both, device } = plannedOrWhole();
    const tasks = Array.from({ length: 9 }, () => driver.spawn(sum, [10]));
    device.finish(undefined, 10);
    for (const processor of both) processor.finish(undefined, 5000);
    expect(names(device)).toEqual(['sum', 'sum', 'sum', 'sum', 'sum', 'sum']);
    runAll(device, ...both);
    expect(new Set(phases(...tasks))).toEqual(new Set(['Finished']));
  });

  it('O5. are cut by priority', () => {
    const { driver, both } = plannedOrWhole();
    const [, , , low, high] = [0, 0, 0, 0, 1].map((priority) => driver.spawn(sum, [10], { priority }));
    for (const processor of both) processor.finish(undefined, 5000);
    expect([low, high].map((task) => task?.planned)).toEqual([false, true]);
  });

  it('may be cancelled while they wait, and while they are cut', () => {
    const { driver, both, device } = plannedOrWhole();
    const tasks = Array.from({ length: 5 }, () => driver.spawn(sum, [10]));
    for (const task of [...tasks].reverse()) driver.cancel(task);
    for (const processor of [...both, device]) while (processor.calls.length > 0) processor.giveBack();
    expect(driver.state.unsettled).toBe(0);
    const next = driver.spawn(sum, [10]);
    runAll(...both, device);
    expect(phases(next)).toEqual(['Finished']);
  });
});
