import { describe, expect, it } from 'vitest';
import { CancelledError } from '../errors.js';
import { taskFailedError } from './failures.js';
import { Driver, processors } from './testing/driver.js';
import { add, boom, failureOf, increment, names, one, phases, runAll } from './testing/tasks.js';

type P = ReturnType<typeof processors>[0];

describe('failures', () => {
  it('E1. all tasks downstream fail at once, without waiting for their other inputs', () => {
    const [p, q] = processors(2) as [P, P];
    const driver = new Driver([p, q]);
    const bad = driver.spawn(boom);
    const slow = driver.spawn(one);
    const both = driver.spawn(add, [bad, slow]);
    const further = driver.spawn(increment, [both]);
    p.finish();
    expect(phases(bad, slow, both, further)).toEqual(['Failed', 'Sent', 'Failed', 'Failed']);
    expect(driver.state.counts).toEqual(new Int32Array([0, 0, 1, 0, 3, 0]));
  });

  it('E1. a task that is spawned on a failed one fails too', () => {
    const [p] = processors(1) as [P];
    const driver = new Driver([p]);
    const bad = driver.spawn(boom);
    p.finish();
    expect(phases(driver.spawn(add, [one as never, bad]))).toEqual(['Failed']);
  });

  it('E1. independent tasks go on', () => {
    const [p] = processors(1) as [P];
    const driver = new Driver([p]);
    driver.spawn(boom);
    const fine = driver.spawn(increment, [driver.spawn(one)]);
    runAll(p);
    expect(fine.read()).toBe(2);
  });

  it('E2. the failure names the task that threw, and the chain to the one that is fetched', () => {
    const [p] = processors(1) as [P];
    const driver = new Driver([p]);
    const a = driver.spawn(boom, [], { name: 'a' });
    const b = driver.spawn(increment, [a], { name: 'b' });
    const c = driver.spawn(increment, [b], { name: 'c' });
    p.finish();
    const error = taskFailedError(c, failureOf(c));
    expect(error.task).toEqual({ id: 3, name: 'c' });
    expect(error.rootTask).toEqual({ id: 1, name: 'a' });
    expect(error.chain.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(error.cause).toEqual(new Error('boom'));
    expect(error.message).toBe(
      'task c (#3) failed because a (#1) did: Error: boom\n  a (#1) → b (#2) → c (#3)',
    );
  });

  it('E2. of a long chain the message names the ends', () => {
    const [p] = processors(1) as [P];
    const driver = new Driver([p]);
    let last = driver.spawn(boom);
    for (let i = 0; i < 10; i++) last = driver.spawn(increment, [last]);
    p.finish();
    expect(taskFailedError(last, failureOf(last)).message).toContain('… 6 more …');
  });

  it('a task that was handed over behind a failed one is taken back', () => {
    const [p] = processors(1, { queues: true }) as [P];
    const driver = new Driver([p]);
    const bad = driver.spawn(boom);
    const behind = driver.spawn(increment, [bad]);
    p.finish(p.calls[0]);
    expect(phases(bad, behind)).toEqual(['Failed', 'Failed']);
    expect(p.asked).toEqual([behind]);
    expect(driver.place(p).sentCount).toBe(1);
    p.giveBack(behind);
    expect(driver.place(p).sentCount).toBe(0);
  });
});

describe('retries', () => {
  const failing = (times: number): (() => string) => {
    let runs = 0;
    return () => {
      if (runs++ < times) throw new Error(`run ${runs}`);
      return `run ${runs + 0}`;
    };
  };

  it('O5. a task that threw runs again while its retries last', () => {
    const [p] = processors(1) as [P];
    const driver = new Driver([p]);
    const good = driver.spawn(failing(2), [], { retries: 2 });
    const bad = driver.spawn(failing(3), [], { retries: 2 });
    runAll(p);
    expect(good.read()).toBe('run 3');
    expect((failureOf(bad).error as Error).message).toBe('run 3');
    expect([good.attempt, bad.attempt]).toEqual([2, 2]);
  });

  it.each([undefined, 0])('O5. with retries %s a task that threw has failed', (retries) => {
    const [p] = processors(1) as [P];
    const driver = new Driver([p]);
    const task = driver.spawn(failing(1), [], { retries });
    runAll(p);
    expect(phases(task)).toEqual(['Failed']);
  });

  it('a task behind one that is tried again waits for it', () => {
    const [p, q] = processors(2, { queues: true }) as [P, P];
    const driver = new Driver([p, q]);
    const task = driver.spawn(failing(1), [], { retries: 1 });
    const behind = driver.spawn((text: string) => `after ${text}`, [task]);
    p.finish(task);
    expect(phases(behind)).toEqual(['Sent']);
    p.giveBack(behind);
    expect(phases(behind)).not.toEqual(['Finished']);
    runAll(p, q);
    expect(behind.read()).toBe('after run 2');
  });
});

describe('cancellation', () => {
  it('of a task that waits fails all downstream', () => {
    const [p] = processors(1) as [P];
    const driver = new Driver([p]);
    const a = driver.spawn(one);
    const b = driver.spawn(increment, [a]);
    const c = driver.spawn(increment, [b]);
    driver.cancel(b);
    expect(phases(a, b, c)).toEqual(['Sent', 'Cancelled', 'Cancelled']);
    expect(failureOf(c).error).toBeInstanceOf(CancelledError);
    p.finish();
    expect(phases(a)).toEqual(['Finished']);
  });

  it('of a task in a queue takes it out', () => {
    const [p] = processors(1) as [P];
    const driver = new Driver([p]);
    driver.spawn(one, [], { name: 'running' });
    const queued = driver.spawn(one, [], { name: 'queued' });
    driver.spawn(one, [], { name: 'next' });
    driver.cancel(queued);
    expect(driver.place(p).backlogCount).toBe(1);
    p.finish();
    expect(names(p)).toEqual(['next']);
  });

  it('of a task that was handed over asks for it back, and tells it', () => {
    const [p] = processors(1) as [P];
    const driver = new Driver([p]);
    const task = driver.spawn(one);
    driver.cancel(task);
    expect(phases(task)).toEqual(['Cancelled']);
    expect(p.asked).toEqual([task]);
    expect(p.aborted).toMatchObject([{ call: task, force: false }]);
    // Its processor is busy with it until it answers.
    expect(driver.place(p).sentCount).toBe(1);
    p.giveBack(task);
    expect(driver.place(p).sentCount).toBe(0);
  });

  it.each(['finish', 'fail', 'giveBack'] as const)('stands whatever the processor answers: %s', (answer) => {
    const [p] = processors(1) as [P];
    const driver = new Driver([p]);
    const task = driver.spawn(one);
    const next = driver.spawn(one);
    driver.cancel(task);
    p[answer](task);
    expect(phases(task, next)).toEqual(['Cancelled', 'Sent']);
  });

  it('by force reaches a task that was cancelled before and goes on', () => {
    const [p] = processors(1) as [P];
    const driver = new Driver([p]);
    const task = driver.spawn(one);
    driver.cancel(task);
    driver.cancel(task, true);
    expect(p.aborted.map(({ force }) => force)).toEqual([false, true]);
  });

  it('of a finished task changes nothing', () => {
    const [p] = processors(1) as [P];
    const driver = new Driver([p]);
    const task = driver.spawn(one);
    p.finish();
    driver.cancel(task);
    expect(phases(task)).toEqual(['Finished']);
  });

  it('of a suspended task leaves the processor as it should be', () => {
    const [p] = processors(1) as [P];
    const driver = new Driver([p]);
    const parent = driver.spawn(one);
    p.report?.suspended(parent);
    driver.cancel(parent);
    p.finish(parent);
    expect(driver.place(p)).toMatchObject({ sentCount: 0, sentMicros: 0, sentOccupancy: 0 });
  });

  it('with another error than CancelledError is a failure', () => {
    const [p] = processors(1) as [P];
    const driver = new Driver([p]);
    const task = driver.spawn(one);
    driver.handle({ type: 'cancel', record: task, error: new Error('too late'), force: false });
    expect(phases(task)).toEqual(['Failed']);
  });

  it('of a task whose result stays with its processor frees what comes too late', () => {
    const [p] = processors(1, { keeps: () => true }) as [P];
    const driver = new Driver([p]);
    const task = driver.spawn(one);
    driver.cancel(task);
    p.finish(task);
    expect(driver.freed).toEqual([{ processor: 'fake:0', key: task.id }]);
  });
});
