import { describe, expect, it } from 'vitest';
import { PoniardError } from '../errors.js';
import type { TaskRecord } from './record.js';
import { Driver, processors } from './testing/driver.js';
import { add, increment, one, runAll } from './testing/tasks.js';

const N = 100_000;

describe.each([true, false])('graphs of 100,000 tasks (processors that queue: %s)', (queues) => {
  const make = () => {
    const both = processors(2, { queues });
    return { both, driver: new Driver(both, { checked: false }) };
  };

  it('a chain does not recurse', () => {
    const { both, driver } = make();
    let last = driver.spawn(one);
    for (let i = 1; i < N; i++) last = driver.spawn(increment, [last]);
    runAll(...both);
    expect(last.read()).toBe(N);
    expect(driver.state.unsettled).toBe(0);
  });

  it('a chain fails without recursion when its first link does', () => {
    const { both, driver } = make();
    const gate = driver.promise();
    let last = driver.spawn(increment, [gate]);
    for (let i = 1; i < N; i++) last = driver.spawn(increment, [last]);
    driver.cancel(gate);
    runAll(...both);
    expect(driver.state.counts[5]).toBe(N + 1);
    expect((last.value as { chain(): unknown[] }).chain()).toHaveLength(N + 1);
  });

  it('a fan-out and a fan-in', () => {
    const { both, driver } = make();
    const root = driver.spawn(one);
    const middle = Array.from({ length: N }, () => driver.spawn(increment, [root]));
    const sum = driver.spawn(add, middle);
    runAll(...both);
    expect(sum.read()).toBe(2 * N);
  });
});

describe('100,000 tasks', () => {
  const make = () => {
    const both = processors(2, { queues: true });
    return { both, driver: new Driver(both, { checked: false }) };
  };

  it('of which every third fails', () => {
    const { both, driver } = make();
    const maybe = (i: number): number => {
      if (i % 3 === 0) throw new Error('third');
      return i;
    };
    const tasks = Array.from({ length: N }, (_, i) => driver.spawn(maybe, [i]));
    runAll(...both);
    const failed = Math.ceil(N / 3);
    expect([...driver.state.counts]).toEqual([0, 0, 0, N - failed, failed, 0]);
    expect(tasks[4]?.read()).toBe(4);
  });

  it('a binary tree', () => {
    const { both, driver } = make();
    let level: TaskRecord[] = Array.from({ length: 65_536 }, () => driver.spawn(one));
    while (level.length > 1) {
      level = Array.from({ length: level.length / 2 }, (_, i) =>
        driver.spawn(add, [level[2 * i], level[2 * i + 1]] as never),
      );
    }
    runAll(...both);
    expect(level[0]?.read()).toBe(65_536);
  });
});

describe('a scheduler that does not come to rest', () => {
  it('is stopped, with an error that says so', () => {
    const [p] = processors(1);
    const driver = new Driver([p as never], { checked: false });
    const { state } = driver;
    // A bug that feeds a processor again and again.
    state['feed'] = (place) => state.feedLater(place);
    const record = { type: 'processorUp', processor: p } as never;
    expect(() => state.handle(record)).toThrow(
      new PoniardError('the scheduler does not come to rest; please report this'),
    );
  });
});
