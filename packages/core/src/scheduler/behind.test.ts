import { describe, expect, it } from 'vitest';
import { Driver, processors } from './testing/driver.js';
import { add, increment, one, phases, runAll } from './testing/tasks.js';

type P = ReturnType<typeof processors>[number];

describe('tasks behind one that waits for its own', () => {
  it('S9. are taken back, so that its child finds room', () => {
    const [p] = processors(1, { queues: true }) as [P];
    const driver = new Driver([p]);
    const parent = driver.spawn(one, [], { name: 'parent' });
    const left = driver.spawn(increment, [parent], { timeUtil: 1000 });
    const right = driver.spawn(increment, [parent], { timeUtil: 1000 });
    expect(phases(left, right)).toEqual(['Sent', 'Queued']);
    const child = driver.spawnIn(parent, one);
    expect(phases(child)).toEqual(['Queued']);
    p.report?.suspended(parent);
    expect(p.asked).toEqual([left]);
    p.giveBack(left);
    expect(phases(left, right, child)).toEqual(['Waiting', 'Waiting', 'Sent']);
    p.finish(child);
    p.report?.resumed(parent);
    runAll(p);
    expect([left.read(), right.read()]).toEqual([2, 2]);
  });

  it('S9. come back with what is behind them, newest first', () => {
    const [p] = processors(1, { queues: true }) as [P];
    const driver = new Driver([p]);
    const quick = { timeUtil: 0.1 };
    const parent = driver.spawn(one, [], quick);
    const first = driver.spawn(increment, [parent], quick);
    const other = driver.spawn(one, [], quick);
    const second = driver.spawn(add, [first, parent], quick);
    const third = driver.spawn(add, [second, other], quick);
    p.report?.suspended(parent);
    expect(p.asked).toEqual([third, second, first]);
  });

  it('S9. are not put there as long as it waits', () => {
    const [p] = processors(1, { queues: true }) as [P];
    const driver = new Driver([p]);
    const parent = driver.spawn(one);
    p.report?.suspended(parent);
    expect(phases(driver.spawn(increment, [parent]))).toEqual(['Waiting']);
    p.report?.resumed(parent);
    expect(phases(driver.spawn(increment, [parent]))).toEqual(['Sent']);
  });

  it('S9. follow their input where it comes back before they have been handed out', () => {
    const [p] = processors(1, { queues: true }) as [P];
    const driver = new Driver([p]);
    const [, input] = [driver.spawn(one), driver.spawn(one)] as const;
    const [late, later] = [driver.make(increment, [input]), driver.make(increment, [input])];
    // In one turn: the processor hears of nothing in between.
    for (const record of [late, later]) driver.state.handle({ type: 'spawn', record, parent: undefined });
    expect(phases(late, later)).toEqual(['Sent', 'Sent']);
    driver.state.handle({ type: 'revoked', record: input });
    expect(driver.place(p).outbox).toEqual([input, late, later]);
  });
});
