import { FakeMemory, FakeProcessor } from '@poniard/testing';
import { describe, expect, it } from 'vitest';
import { WorkerLostError } from '../errors.js';
import { Driver, processors } from './testing/driver.js';
import { add, failureOf, increment, one, phases, runAll } from './testing/tasks.js';

type P = FakeProcessor;

/** Processors whose results stay in their own memory. */
const keepers = (count: number, traits: Partial<P> = {}): P[] =>
  Array.from(
    { length: count },
    (_, i) =>
      new FakeProcessor({ id: `keeper:${i}`, space: new FakeMemory(`m${i}`), keeps: () => true, ...traits }),
  );

describe('a processor that dies', () => {
  it('E3. what it had not begun runs elsewhere, and is not blamed', () => {
    const [p, q] = processors(2, { queues: true }) as [P, P];
    const driver = new Driver([p, q]);
    const tasks = Array.from({ length: 6 }, () => driver.spawn(one, [], { retries: 0, timeUtil: 0.1 }));
    p.lose();
    runAll(q);
    expect(new Set(phases(...tasks))).toEqual(new Set(['Finished']));
  });

  it('E3. what it was running is tried once more, and then fails', () => {
    const [p, q] = processors(2) as [P, P];
    const driver = new Driver([p, q]);
    const task = driver.spawn(one);
    p.lose([task], true);
    driver.back(p);
    expect(phases(task)).toEqual(['Sent']);
    expect(task.attempt).toBe(1);
    q.lose([task]);
    const { error } = failureOf(task);
    expect(error).toBeInstanceOf(WorkerLostError);
    expect((error as Error).message).toBe(
      'fake:1 was lost by the test while it ran one (#1), which has been tried 2 times',
    );
  });

  it.each([
    [0, 1],
    [1, 2],
    [3, 4],
  ])('E3. with retries %i a task that kills its workers starts %i times', (retries, starts) => {
    const [p] = processors(1) as [P];
    const driver = new Driver([p]);
    const task = driver.spawn(one, [], { retries });
    let started = 0;
    while (!task.terminal) {
      started++;
      p.lose([task], true);
      driver.back(p);
    }
    expect(started).toBe(starts);
    expect(failureOf(task).error).toBeInstanceOf(WorkerLostError);
  });

  it('E3. a task that only waited there for one of its own is not blamed', () => {
    const [p] = processors(1) as [P];
    const driver = new Driver([p]);
    const [parent, child] = [driver.spawn(one), driver.spawn(one)];
    p.report?.suspended(parent);
    p.lose([parent, child], true);
    expect([parent.attempt, child.attempt]).toEqual([0, 1]);
  });

  it('E3. a task that was cancelled there stays cancelled', () => {
    const [p] = processors(1) as [P];
    const driver = new Driver([p]);
    const task = driver.spawn(one);
    driver.cancel(task);
    p.lose([task], true);
    driver.back(p);
    expect(phases(task)).toEqual(['Cancelled']);
    expect(driver.place(p).sentCount).toBe(0);
  });

  it('E3. one that comes back goes on with its queue; what is queued there meanwhile waits or is taken', () => {
    const [p] = processors(1) as [P];
    const driver = new Driver([p]);
    const [running, queued] = [driver.spawn(one), driver.spawn(one)];
    p.lose([running], true);
    expect(phases(running, queued)).toEqual(['Queued', 'Queued']);
    driver.back(p);
    runAll(p);
    expect(phases(running, queued)).toEqual(['Finished', 'Finished']);
  });

  it('E3. E5. when the last one is gone for good its tasks fail, and the error says what happened to it', () => {
    const [p] = processors(1) as [P];
    const driver = new Driver([p]);
    const [running, queued] = [driver.spawn(one), driver.spawn(one)];
    p.lose([running]);
    expect(phases(running, queued)).toEqual(['Failed', 'Failed']);
    expect((failureOf(queued).error as Error).message).toContain('fake:0: it was lost by the test');
  });

  it('an answer that comes after the loss is dropped', () => {
    const [p, q] = processors(2) as [P, P];
    const driver = new Driver([p, q]);
    const task = driver.spawn(one);
    const { report } = p;
    p.lose([task]);
    report?.deliveredPrimitive(task, 'from the dead', 1);
    runAll(q);
    expect(task.read()).toBe(1);
  });

  it('tasks that were queued behind its tasks wait for these', () => {
    const [p, q] = processors(2, { queues: true }) as [P, P];
    const driver = new Driver([p, q]);
    const a = driver.spawn(one);
    const b = driver.spawn(increment, [a]);
    const c = driver.spawn(increment, [b]);
    expect(p.calls).toHaveLength(3);
    p.lose([a]);
    runAll(q);
    expect(c.read()).toBe(3);
  });
});

describe('results that only a lost processor had', () => {
  it('E3. are made again when someone needs them, once however many ask', () => {
    const [p, q] = keepers(2) as [P, P];
    const driver = new Driver([p, q]);
    let runs = 0;
    const a = driver.spawn(() => ++runs * 10);
    p.finish();
    p.lose();
    expect(phases(a)).toEqual(['Finished']);
    const outcomes = [driver.fetch(a), driver.fetch(a)];
    const users = [driver.spawn(increment, [a]), driver.spawn(increment, [a])];
    expect(phases(a)).toEqual(['Sent']);
    runAll(q);
    driver.arrive();
    runAll(q);
    expect(runs).toBe(2);
    expect(outcomes).toEqual([{ value: 20 }, { value: 20 }]);
    for (const user of users) driver.fetch(user);
    while (driver.moving.length > 0) driver.arrive();
    expect(users.map((user) => user.read())).toEqual([21, 21]);
  });

  it('E3. are made again from their inputs, back to values that the host holds', () => {
    const [p] = keepers(1) as [P];
    const driver = new Driver([p]);
    const given = driver.promise();
    driver.give(given, 1);
    let last = driver.spawn(increment, [given]);
    const links = [last];
    for (let i = 0; i < 4; i++) {
      last = driver.spawn(increment, [last]);
      links.push(last);
    }
    runAll(p);
    p.lose([], true);
    driver.back(p);
    const outcome = driver.fetch(last);
    expect(phases(...links)).toEqual(['Sent', 'Waiting', 'Waiting', 'Waiting', 'Waiting']);
    runAll(p);
    driver.arrive();
    expect(outcome).toEqual({ value: 6 });
  });

  it('E3. are not made again when nobody needs them', () => {
    const [p, q] = keepers(2) as [P, P];
    const driver = new Driver([p, q]);
    const a = driver.spawn(one);
    p.finish();
    p.lose();
    expect(phases(a)).toEqual(['Finished']);
    expect(q.calls).toEqual([]);
  });

  it('E3. when a task waits for one on its way, it is made again', () => {
    const [p] = keepers(1) as [P];
    const [q] = processors(1, { id: 'other' } as never) as [P];
    const driver = new Driver([p, q], {
      policy: { choose: (task, places) => places[task.id === 1 ? 0 : places.length - 1] as never },
    });
    const a = driver.spawn(one);
    p.finish();
    const b = driver.spawn(increment, [a]);
    expect(driver.moving).toHaveLength(1);
    p.lose();
    expect(phases(a, b)).toEqual(['Sent', 'Waiting']);
    driver.arrive();
    runAll(q);
    expect(b.read()).toBe(2);
  });

  it('E3. fail with retries 0: such a task never starts twice', () => {
    const [p] = keepers(1) as [P];
    const driver = new Driver([p]);
    let runs = 0;
    const a = driver.spawn(() => ++runs, [], { retries: 0 });
    const b = driver.spawn(increment, [a]);
    runAll(p);
    p.lose([], true);
    driver.back(p);
    const outcome = driver.fetch(b);
    expect(outcome.failure?.error).toBeInstanceOf(WorkerLostError);
    expect(phases(a, b)).toEqual(['Failed', 'Failed']);
    expect(runs).toBe(1);
  });

  it('E3. are made again from inputs that had been brought to the host', () => {
    const [p, q] = keepers(2) as [P, P];
    const driver = new Driver([p, q], {
      policy: { choose: (task, places) => places[task.id === 3 ? places.length - 1 : 0] as never },
    });
    let broken = false;
    const a = driver.spawn(() => {
      if (broken) throw new Error('broken now');
      return 1;
    });
    const b = driver.spawn(increment, [a]);
    p.finish();
    p.finish();
    const c = driver.spawn(increment, [a]);
    driver.arrive();
    runAll(q);
    expect(phases(a, b, c)).toEqual(['Finished', 'Finished', 'Finished']);
    broken = true;
    p.lose([], true);
    driver.back(p);
    // The host has `a`: its consumers are made again from that.
    driver.fetch(b);
    runAll(p, q);
    driver.arrive();
    expect(b.read()).toBe(2);
  });

  it('E3. fail when making an input again fails, whoever asks and whenever', () => {
    const [p, q] = keepers(2) as [P, P];
    const driver = new Driver([p, q], {
      policy: { choose: (task, places) => places[task.id === 3 ? 1 : 0] as never },
    });
    let broken = false;
    const a = driver.spawn(() => {
      if (broken) throw new Error('broken now');
      return 1;
    });
    p.finish();
    const b = driver.spawn(increment, [a]);
    const c = driver.spawn(add, [1]);
    runAll(p, q);
    broken = true;
    p.lose([], true);
    driver.back(p);
    const first = driver.fetch(a);
    runAll(p, q);
    expect(first.failure?.error).toEqual(new Error('broken now'));
    const second = driver.fetch(b);
    expect(second.failure?.error).toEqual(new Error('broken now'));
    expect(phases(a, b, c)).toEqual(['Failed', 'Failed', 'Finished']);
  });
});
