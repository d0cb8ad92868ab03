import { describe, expect, it } from 'vitest';
import { Driver, processors } from './testing/driver.js';
import { add, failureOf, increment, names, one, phases, runAll } from './testing/tasks.js';

describe('dependencies', () => {
  it('S2. a task starts when its inputs have finished, and gets their values', () => {
    const [p] = processors(1) as [never];
    const driver = new Driver([p]);
    const a = driver.spawn(one, [], { name: 'a' });
    const b = driver.spawn(increment, [a], { name: 'b' });
    expect(phases(a, b)).toEqual(['Sent', 'Waiting']);
    runAll(p);
    expect(b.read()).toBe(2);
  });

  it('S2. the same task may be several inputs', () => {
    const [p] = processors(1) as [never];
    const driver = new Driver([p]);
    const a = driver.spawn(one);
    const sum = driver.spawn(add, [a, a, 5, a]);
    runAll(p);
    expect(sum.read()).toBe(8);
  });

  it('S2. inputs come in any order of finishing', () => {
    const both = processors(2);
    const driver = new Driver(both);
    const slow = driver.spawn(one);
    const fast = driver.spawn(increment, [1]);
    const sum = driver.spawn(add, [slow, fast]);
    (both[1] as (typeof both)[0]).finish();
    expect(phases(slow, fast, sum)).toEqual(['Sent', 'Finished', 'Waiting']);
    runAll(...both);
    expect(sum.read()).toBe(3);
  });

  it('S4. a value that is given later is an input like any other', () => {
    const [p] = processors(1) as [never];
    const driver = new Driver([p]);
    const given = driver.promise();
    const task = driver.spawn(increment, [given]);
    expect(phases(given, task)).toEqual(['Waiting', 'Waiting']);
    driver.give(given, 41);
    runAll(p);
    expect(task.read()).toBe(42);
  });

  it('S5. what has its inputs starts while the graph is being built', () => {
    const [p] = processors(1) as [ReturnType<typeof processors>[0]];
    const driver = new Driver([p]);
    driver.spawn(one, [], { name: 'first' });
    expect(names(p)).toEqual(['first']);
    p.finish();
    driver.spawn(one, [], { name: 'second' });
    expect(names(p)).toEqual(['second']);
  });

  it('S5. a task that is spawned on a finished one starts at once', () => {
    const [p] = processors(1) as [ReturnType<typeof processors>[0]];
    const driver = new Driver([p]);
    const a = driver.spawn(one);
    p.finish();
    const b = driver.spawn(increment, [a]);
    expect(phases(b)).toEqual(['Sent']);
    expect(p.calls[0]?.argument(0)).toMatchObject({ kind: 'value', value: 1 });
  });

  it('S8. a diamond computes its shared part once', () => {
    const both = processors(2);
    const driver = new Driver(both);
    let runs = 0;
    const top = driver.spawn(() => ++runs);
    const [left, right] = [driver.spawn(increment, [top]), driver.spawn(increment, [top])];
    const bottom = driver.spawn(add, [left, right]);
    runAll(...both);
    expect([bottom.read(), runs]).toEqual([4, 1]);
  });

  it('S8. the handles in the middle of a chain may go', () => {
    const [p] = processors(1) as [never];
    const driver = new Driver([p]);
    const chain = [driver.spawn(one)];
    for (let i = 0; i < 5; i++) chain.push(driver.spawn(increment, [chain.at(-1) as never]));
    for (const task of chain.slice(0, -1)) driver.drop(task);
    runAll(p);
    expect(chain.at(-1)?.read()).toBe(6);
  });

  it('O4. syncdeps order tasks and pass no value', () => {
    const both = processors(2);
    const driver = new Driver(both);
    const first = driver.spawn(one, [], { name: 'first' });
    const then = driver.spawn(add, [7], { syncdeps: [first] });
    expect(phases(first, then)).toEqual(['Sent', 'Waiting']);
    runAll(...both);
    expect(then.read()).toBe(7);
  });

  it('O4. a task may be an input and among the syncdeps', () => {
    const [p] = processors(1, { queues: true }) as [never];
    const driver = new Driver([p]);
    const first = driver.spawn(one);
    const then = driver.spawn(increment, [first], { syncdeps: [first] });
    runAll(p);
    expect(then.read()).toBe(2);
  });

  it('O4. a task fails with its syncdeps', () => {
    const [p] = processors(1) as [ReturnType<typeof processors>[0]];
    const driver = new Driver([p]);
    const first = driver.spawn(one);
    const then = driver.spawn(one, [], { syncdeps: [first] });
    p.fail();
    expect(failureOf(then).rootTask.id).toBe(first.id);
  });
});

describe('processors that queue', () => {
  it('a chain is handed over at once: its links need not come home', () => {
    const [p] = processors(1, { queues: true }) as [ReturnType<typeof processors>[0]];
    const driver = new Driver([p]);
    const a = driver.spawn(one, [], { name: 'a' });
    const b = driver.spawn(increment, [a], { name: 'b' });
    const c = driver.spawn(increment, [b], { name: 'c' });
    expect(names(p)).toEqual(['a', 'b', 'c']);
    expect(p.calls[1]?.argument(0)).toEqual({ kind: 'local', call: a });
    runAll(p);
    expect(c.read()).toBe(3);
  });

  it('a task whose inputs are made on two of them waits for both', () => {
    const both = processors(2, { queues: true });
    const driver = new Driver(both, { policy: { choose: (task, places) => places[task.id % 2] as never } });
    const [a, b] = [driver.spawn(one), driver.spawn(one)];
    const sum = driver.spawn(add, [a, b]);
    expect(phases(a, b, sum)).toEqual(['Sent', 'Sent', 'Waiting']);
    runAll(...both);
    expect(sum.read()).toBe(2);
  });

  it('a task that is only ordered behind another is not handed over before that has ended', () => {
    const [p] = processors(1, { queues: true }) as [ReturnType<typeof processors>[0]];
    const driver = new Driver([p]);
    const first = driver.spawn(one);
    const then = driver.spawn(one, [], { syncdeps: [first] });
    const handle = driver.spawn(one, [first], { meta: true });
    expect(phases(first, then, handle)).toEqual(['Sent', 'Waiting', 'Waiting']);
    runAll(p);
    expect(phases(then, handle)).toEqual(['Finished', 'Finished']);
  });

  it('a task is not queued behind its input where it is refused', () => {
    const [p, q] = processors(2, { queues: true }) as [never, never];
    Object.assign(p, { accepts: (call: { name: string }) => call.name !== 'b' });
    const driver = new Driver([p, q], { policy: { choose: (_, places) => places[0] as never } });
    const a = driver.spawn(one, [], { name: 'a' });
    const b = driver.spawn(increment, [a], { name: 'b' });
    expect(phases(a, b)).toEqual(['Sent', 'Waiting']);
    runAll(p, q);
    expect(b.place?.processor.id).toBe('fake:1');
  });

  it('take no more than their window', () => {
    const [p] = processors(1, { queues: true, window: 3 }) as [ReturnType<typeof processors>[0]];
    const driver = new Driver([p]);
    for (let i = 0; i < 10; i++) driver.spawn(one, [], { timeUtil: 0.001 });
    expect(p.calls).toHaveLength(3);
    p.finish();
    expect(p.calls).toHaveLength(3);
  });

  it('take so much work that they stay busy for 4 ms, and no more', () => {
    const [p] = processors(1, { queues: true }) as [ReturnType<typeof processors>[0]];
    const driver = new Driver([p]);
    for (let i = 0; i < 10; i++) driver.spawn(one, [], { timeUtil: 1 });
    expect(p.calls).toHaveLength(4);
  });
});

describe('occupancy and priority', () => {
  it('O4. as many tasks run at a time as their occupancies allow', () => {
    const [p] = processors(1) as [ReturnType<typeof processors>[0]];
    const driver = new Driver([p]);
    for (let i = 0; i < 4; i++) driver.spawn(one, [], { occupancy: 0.5 });
    expect(p.calls).toHaveLength(2);
    p.finish();
    expect(p.calls).toHaveLength(2);
  });

  it('O4. tasks of occupancy 0 all run at once', () => {
    const [p] = processors(1) as [ReturnType<typeof processors>[0]];
    const driver = new Driver([p]);
    for (let i = 0; i < 20; i++) driver.spawn(one, [], { occupancy: 0 });
    expect(p.calls).toHaveLength(20);
  });

  it('a processor runs as many at a time as its capacity', () => {
    const [p] = processors(1, { capacity: 3 }) as [ReturnType<typeof processors>[0]];
    const driver = new Driver([p]);
    for (let i = 0; i < 5; i++) driver.spawn(one);
    expect(p.calls).toHaveLength(3);
  });

  it('O5. ready tasks of a higher priority start first, equal ones in the order of spawning', () => {
    const [p] = processors(1) as [ReturnType<typeof processors>[0]];
    const driver = new Driver([p]);
    const started: string[] = [];
    const priorities = [0, 0, 5, -1, 5, 0.5];
    for (const [i, priority] of priorities.entries()) driver.spawn(one, [], { name: `${i}`, priority });
    while (p.calls.length > 0) {
      started.push(...names(p));
      p.finish();
    }
    expect(started).toEqual(['0', '2', '4', '5', '1', '3']);
  });

  it('of tasks of one priority those with inputs start before roots', () => {
    const [p] = processors(1) as [ReturnType<typeof processors>[0]];
    const driver = new Driver([p]);
    const a = driver.spawn(one, [], { name: 'a' });
    driver.spawn(one, [], { name: 'root' });
    driver.spawn(increment, [a], { name: 'inner' });
    p.finish();
    expect(names(p)).toEqual(['inner']);
  });

  it('S9. a task that waits for one of its own gives its place up, and takes it again', () => {
    const [p] = processors(1) as [ReturnType<typeof processors>[0]];
    const driver = new Driver([p]);
    const parent = driver.spawn(one, [], { name: 'parent' });
    const child = driver.spawn(one, [], { name: 'child' });
    expect(phases(parent, child)).toEqual(['Sent', 'Queued']);
    p.report?.suspended(parent);
    expect(names(p)).toEqual(['parent', 'child']);
    p.finish(child);
    p.report?.resumed(parent);
    const next = driver.spawn(one, [], { name: 'next' });
    expect(phases(next)).toEqual(['Queued']);
    p.finish(parent);
    expect(names(p)).toEqual(['next']);
  });

  it('S9. code that a finished task left running changes nothing when it waits', () => {
    const [p] = processors(1) as [ReturnType<typeof processors>[0]];
    const driver = new Driver([p]);
    const task = driver.spawn(one);
    p.finish();
    p.report?.suspended(task);
    p.report?.resumed(task);
    expect(driver.place(p).sentCount).toBe(0);
  });
});
