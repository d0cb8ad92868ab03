import { FakeMemory, FakePlacement, FakeProcessor } from '@poniard/testing';
import { describe, expect, it } from 'vitest';
import { CapturedArgument } from './arguments.js';
import { Driver, processors } from './testing/driver.js';
import { add, failureOf, increment, one, phases, runAll } from './testing/tasks.js';

type P = FakeProcessor;
const keeper = (id = 'keeper', traits: Partial<P> = {}): P =>
  new FakeProcessor({ id, space: new FakeMemory(`memory of ${id}`), keeps: () => true, ...traits });
const values = (processor: P): number[] => [...processor.space.values.keys()];

describe('results that stay with a processor', () => {
  it('C4. are there as long as a handle is', () => {
    const p = keeper();
    const driver = new Driver([p]);
    const task = driver.spawn(one);
    p.finish();
    expect(values(p)).toEqual([task.id]);
    expect(driver.place(p).residentBytes).toBe(1000);
    driver.drop(task);
    expect(values(p)).toEqual([]);
    expect(driver.place(p).residentBytes).toBe(0);
  });

  it('C4. are there as long as a task needs them, and go with the last one', () => {
    const p = keeper();
    const driver = new Driver([p]);
    const task = driver.spawn(one);
    const users = [driver.spawn(increment, [task]), driver.spawn(add, [task, task])];
    p.finish();
    driver.drop(task);
    expect(values(p)).toEqual([task.id]);
    p.finish();
    expect(values(p)).toContain(task.id);
    p.finish();
    expect(values(p)).toEqual(users.map(({ id }) => id));
  });

  it('C4. go when the tasks that needed them are cancelled', () => {
    const p = keeper();
    const driver = new Driver([p]);
    const task = driver.spawn(one);
    p.finish();
    driver.spawn(one, [], { name: 'busy' });
    const user = driver.spawn(increment, [task]);
    driver.drop(task);
    driver.cancel(user);
    expect(values(p)).toEqual([]);
  });

  it('C4. of tasks that nobody holds and nobody needs are freed at once', () => {
    const p = keeper();
    const driver = new Driver([p]);
    const task = driver.spawn(one);
    task.handle = undefined;
    p.finish();
    expect(driver.freed).toEqual([{ processor: 'keeper', key: task.id }]);
  });

  it('are at hand for the next task there', () => {
    const p = keeper();
    const driver = new Driver([p]);
    const task = driver.spawn(one);
    const user = driver.spawn(increment, [task]);
    p.finish();
    expect(p.calls[0]?.argument(0)).toEqual({ kind: 'local', call: task });
    p.finish();
    expect(p.space.values.get(user.id)).toBe(2);
    expect(driver.moving).toEqual([]);
  });

  it('C2. are moved once for any number of users elsewhere, and both copies count', () => {
    const [p, q] = [keeper(), processors(1)[0]] as [P, P];
    const driver = new Driver([p, q], { policy: new FakePlacement(({ name }) => name) });
    const task = driver.spawn(one, [], { name: 'keeper' });
    p.finish();
    // Work for the one that has the value, so that it does not take the users over.
    driver.spawn(one, [], { name: 'keeper' });
    const users = [1, 2, 3].map(() => driver.spawn(increment, [task], { name: 'fake:0' }));
    expect(driver.moving).toHaveLength(1);
    expect(phases(...users)).toEqual(['Waiting', 'Waiting', 'Waiting']);
    driver.arrive();
    runAll(q);
    expect(users.map((user) => user.read())).toEqual([2, 2, 2]);
    expect(values(p)).toEqual([task.id]);
    expect(driver.state.costs.transfer(task, driver.place(p))).toBe(0);
    driver.drop(task);
    expect(values(p)).toEqual([]);
    expect(task.read()).toBe(1);
  });

  it('P3. the inputs of the next task come while the current one runs', () => {
    const [p, q] = [keeper(), processors(1)[0]] as [P, P];
    const driver = new Driver([p, q], { policy: new FakePlacement(({ name }) => name) });
    const task = driver.spawn(one, [], { name: 'keeper' });
    p.finish();
    driver.spawn(one, [], { name: 'keeper' });
    const running = driver.spawn(one, [], { name: 'fake:0' });
    const next = driver.spawn(increment, [task], { name: 'fake:0' });
    expect(phases(running, next)).toEqual(['Sent', 'Queued']);
    expect(driver.moving).toHaveLength(1);
    driver.arrive();
    q.finish(running);
    expect(q.calls[0]?.argument(0)).toMatchObject({ kind: 'value', value: 1 });
    q.finish(next);
    expect(next.read()).toBe(2);
  });

  it('C2. are moved from one processor to another through the host', () => {
    const [p, q] = [keeper('p'), keeper('q')];
    const driver = new Driver([p, q], { policy: new FakePlacement(({ name }) => name) });
    const task = driver.spawn(one, [], { name: 'p' });
    const user = driver.spawn(increment, [task], { name: 'q' });
    p.finish();
    expect(phases(user)).toEqual(['Waiting']);
    driver.arrive();
    expect(q.calls[0]?.argument(0)).toMatchObject({ kind: 'value', value: 1 });
    q.finish();
    expect(q.space.values.get(user.id)).toBe(2);
  });

  it('F3. are not moved for a task that captured a handle, and are waited for', () => {
    const [p, q] = [keeper('p'), keeper('q')];
    const driver = new Driver([p, q], { policy: new FakePlacement(({ name }) => name) });
    const task = driver.spawn(one, [], { name: 'p' });
    p.finish();
    const other = driver.spawn(one, [], { name: 'p' });
    const captured = new CapturedArgument([[undefined], [[-1, true, 'index', 0]]], undefined, undefined, 0);
    const run = (): number => 5;
    driver.fn(run).captures = true;
    const user = driver.spawn(run, [captured, task, other] as never, { name: 'q' });
    expect(phases(user)).toEqual(['Waiting']);
    p.finish();
    driver.arrive();
    expect([0, 1, 2].map((index) => q.calls[0]?.argument(index).kind)).toEqual(['value', 'handle', 'value']);
    expect([task.hosted, other.hosted]).toEqual([false, true]);
    q.finish();
    expect(phases(user)).toEqual(['Finished']);
  });

  it('come to the host when someone awaits them, before or after they are made', () => {
    const p = keeper();
    const driver = new Driver([p]);
    const [early, late] = [driver.spawn(one), driver.spawn(increment, [5])];
    const first = driver.fetch(early);
    p.finish();
    expect(first).toEqual({});
    p.finish();
    const second = driver.fetch(late);
    driver.arrive();
    driver.arrive();
    expect([first, second]).toEqual([{ value: 1 }, { value: 6 }]);
  });

  it('a task that waits for one to come may be cancelled, and the value is counted right', () => {
    const [p, q] = [keeper(), processors(1)[0]] as [P, P];
    const driver = new Driver([p, q], { policy: new FakePlacement(({ name }) => name) });
    const task = driver.spawn(one, [], { name: 'keeper' });
    p.finish();
    const [user, other] = [1, 2].map(() => driver.spawn(increment, [task], { name: 'fake:0' })) as [
      never,
      never,
    ];
    driver.cancel(user);
    expect(task.consumers).toBeGreaterThanOrEqual(0);
    driver.arrive();
    runAll(q);
    expect(phases(user, other)).toEqual(['Cancelled', 'Finished']);
    expect(task.consumers).toBe(0);
  });

  it('a result that cannot be moved fails its task and those that wait for it, and is freed', () => {
    const [p, q] = [keeper(), processors(1)[0]] as [P, P];
    const driver = new Driver([p, q], { policy: new FakePlacement(({ name }) => name) });
    const task = driver.spawn(one, [], { name: 'keeper' });
    p.finish();
    const user = driver.spawn(increment, [task], { name: 'fake:0' });
    const fetched = driver.fetch(task);
    driver.arrive(0, new Error('it cannot be cloned'));
    expect(phases(task, user)).toEqual(['Failed', 'Failed']);
    expect(failureOf(user).rootTask.id).toBe(task.id);
    expect(fetched.failure?.error).toEqual(new Error('it cannot be cloned'));
    expect(values(p)).toEqual([]);
  });

  it('E3. one in 64 links of a chain is copied to the host, so that lineage stays short', () => {
    const p = keeper();
    const driver = new Driver([p]);
    let last = driver.spawn(one);
    for (let i = 1; i < 200; i++) {
      p.finish();
      while (driver.moving.length > 0) driver.arrive();
      last = driver.spawn(increment, [last]);
      expect(last.depth).toBeLessThanOrEqual(65);
    }
    p.finish();
    expect(driver.events.story().match(/chunk:move/g)?.length).toBe(3);
    expect(p.space.values.get(last.id)).toBe(200);
  });

  it('E3. also of a chain that is spawned as a whole; on a device far fewer', () => {
    const length = 200;
    for (const [sharesHost, copies] of [
      [true, 3],
      [false, 0],
    ] as const) {
      const p = keeper('keeper', { space: new FakeMemory('its memory', sharesHost), queues: true });
      const driver = new Driver([p]);
      let last = driver.spawn(one);
      for (let i = 1; i < length; i++) last = driver.spawn(increment, [last]);
      runAll(p);
      expect(driver.moving).toHaveLength(copies);
      expect(p.space.values.get(last.id)).toBe(length);
    }
  });

  it('C4. the copy of such a link is freed when it has come and its handle went meanwhile', () => {
    const p = keeper();
    const driver = new Driver([p]);
    let last = driver.spawn(one);
    for (let i = 1; i < 70; i++) {
      const before = last;
      last = driver.spawn(increment, [before]);
      p.finish();
      driver.drop(before);
    }
    p.finish();
    while (driver.moving.length > 0) driver.arrive();
    driver.drop(last);
    expect(values(p)).toEqual([]);
  });
});
