import { FakeProcessor } from '@poniard/testing';
import { describe, expect, it } from 'vitest';
import { SchedulingError } from '../errors.js';
import { Driver } from './testing/driver.js';
import { failureOf, one, phases } from './testing/tasks.js';

/** A processor whose memory a test fills and empties. */
function made(free: number, capacity = 4) {
  const memory = { free };
  const processor = new FakeProcessor({ capacity, freeMemory: () => memory.free });
  return { memory, processor, driver: new Driver([processor]) };
}

const tick = (driver: Driver): void => {
  expect(driver.wakeIn).toBeDefined();
  driver.wakeIn = undefined;
  driver.handle({ type: 'tick' });
};

describe('tasks that do not fit into memory', () => {
  it('O4. wait while what runs may leave some, and run when it has', () => {
    const { memory, processor, driver } = made(1000);
    const first = driver.spawn(one, [], { allocUtil: 700 });
    const second = driver.spawn(one, [], { allocUtil: 700 });
    const small = driver.spawn(one, [], { allocUtil: 200 });
    expect(phases(first, second, small)).toEqual(['Sent', 'Waiting', 'Sent']);
    memory.free = 300;
    processor.finish(small);
    tick(driver);
    expect(phases(second)).toEqual(['Waiting']);
    processor.finish(first);
    memory.free = 1000;
    tick(driver);
    expect(phases(second)).toEqual(['Sent']);
  });

  it('O4. take turns where they do not fit together, however many', () => {
    const { processor, driver } = made(1000);
    const tasks = Array.from({ length: 200 }, () => driver.spawn(one, [], { allocUtil: 400 }));
    let most = 0;
    let ticks = 0;
    while (processor.calls.length > 0) {
      most = Math.max(most, processor.calls.length);
      processor.finish();
      for (; driver.wakeIn !== undefined; ticks++) tick(driver);
    }
    expect(ticks).toBeLessThan(1000);
    expect(most).toBe(2);
    expect(new Set(phases(...tasks))).toEqual(new Set(['Finished']));
  });

  it('O4. fail where nothing runs that could leave any, and say what is missing', () => {
    const { driver } = made(1000);
    const task = driver.spawn(one, [], { allocUtil: 2000 });
    const { error } = failureOf(task);
    expect(error).toBeInstanceOf(SchedulingError);
    expect((error as Error).message).toContain('fake:0: it has 1000 bytes free and the task takes 2000');
  });

  it('O4. fail when the last that ran has left too little', () => {
    const { processor, driver } = made(1000);
    driver.spawn(one, [], { allocUtil: 500 });
    const task = driver.spawn(one, [], { allocUtil: 2000 });
    expect(phases(task)).toEqual(['Waiting']);
    processor.finish();
    tick(driver);
    expect(phases(task)).toEqual(['Failed']);
  });

  it('O4. fail when they wait for a parent that waits for them', () => {
    const { processor, driver } = made(1000);
    const parent = driver.spawn(one, [], { allocUtil: 700 });
    processor.report?.suspended(parent);
    expect(phases(driver.spawnIn(parent, one, [], { allocUtil: 700 }))).toEqual(['Failed']);
  });

  it('O4. are cancelled like others, and fail when the processor is gone', () => {
    const { processor, driver } = made(1000);
    driver.spawn(one, [], { allocUtil: 900, retries: 0 });
    const [cancelled, stranded] = [900, 900].map((allocUtil) => driver.spawn(one, [], { allocUtil }));
    driver.cancel(cancelled!);
    expect(phases(cancelled!, stranded!)).toEqual(['Cancelled', 'Waiting']);
    processor.lose();
    tick(driver);
    expect(phases(stranded!)).toEqual(['Failed']);
  });

  it('O4. share the memory of the host, on whichever processor', () => {
    const [p, q] = [0, 1].map((i) => new FakeProcessor({ id: `fake:${i}`, freeMemory: () => 1000 })) as [
      FakeProcessor,
      FakeProcessor,
    ];
    const driver = new Driver([p, q]);
    const tasks = [700, 700].map((allocUtil) => driver.spawn(one, [], { allocUtil }));
    expect(phases(...tasks)).toEqual(['Sent', 'Waiting']);
    (p.calls.length > 0 ? p : q).finish();
    tick(driver);
    expect(phases(...tasks)).toEqual(['Finished', 'Sent']);
  });

  it('O4. go where there is room', () => {
    const [full, roomy] = [1000, 5000].map(
      (free, i) => new FakeProcessor({ id: `fake:${i}`, capacity: 4, freeMemory: () => free }),
    ) as [FakeProcessor, FakeProcessor];
    const driver = new Driver([full, roomy]);
    for (let i = 0; i < 2; i++) driver.spawn(one, [], { allocUtil: 2000 });
    expect([full.calls.length, roomy.calls.length]).toEqual([0, 2]);
  });
});
