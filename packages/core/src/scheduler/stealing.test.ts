import { FakePlacement, type FakeProcessor } from '@poniard/testing';
import { describe, expect, it } from 'vitest';
import { Driver, processors } from './testing/driver.js';
import { increment, names, one, phases, runAll } from './testing/tasks.js';

type P = FakeProcessor;
/** All tasks go to the first processor. */
const allToFirst = () => new FakePlacement(() => 'fake:0');

describe('an idle processor', () => {
  it('P4. takes waiting work from a busy one', () => {
    const [p, q] = processors(2) as [P, P];
    const driver = new Driver([p, q], { policy: allToFirst() });
    for (let i = 0; i < 6; i++) driver.spawn(one, [], { name: `${i}` });
    expect([names(p), names(q)]).toEqual([['0'], ['1']]);
    q.finish();
    expect(names(q)).toEqual(['2']);
    expect(driver.place(p).backlogCount).toBe(3);
  });

  it('P4. that has never had work takes some too', () => {
    const [p, q] = processors(2, { queues: true }) as [P, P];
    const driver = new Driver([p, q], { policy: allToFirst() });
    for (let i = 0; i < 50; i++) driver.spawn(one);
    expect(q.calls.length).toBeGreaterThan(0);
  });

  it('P4. takes what has never come to an end too, from one of its own kind', () => {
    const [p, q] = processors(2, { queues: true }) as [P, P];
    const [other] = processors(1, { kind: 'other', defaultEnabled: false }) as [P];
    const policy = new FakePlacement(({ name }) => (name === 'short' ? 'fake:1' : 'fake:0'));
    const driver = new Driver([p, q, other], { policy });
    const short = driver.spawn(increment, [1], { name: 'short' });
    for (const name of ['first', 'second']) driver.spawn(one, [], { name });
    expect(p.asked).toEqual([]);
    q.finish(short);
    expect(p.asked.map(({ name }) => name)).toEqual(['second']);
  });

  it('P4. takes its part of many tasks that hang on one input', () => {
    const [p, q] = processors(2, { queues: true }) as [P, P];
    const driver = new Driver([p, q]);
    const root = driver.spawn(one);
    for (let i = 0; i < 100; i++) driver.spawn(increment, [root]);
    (p.calls.length > 0 ? p : q).finish();
    expect(Math.min(p.calls.length, q.calls.length)).toBeGreaterThan(1);
  });

  it('P4. takes nothing that it may not run', () => {
    const [p, q] = processors(2) as [P, P];
    Object.assign(q, { accepts: (call: { name: string }) => call.name === 'for both' });
    const driver = new Driver([p, q], { policy: allToFirst() });
    driver.spawn(one, [], { name: 'first' });
    driver.spawn(one, [], { name: 'for p' });
    driver.spawn(one, [], { name: 'for both' });
    expect([names(p), names(q)]).toEqual([['first'], ['for both']]);
  });

  it('P4. takes nothing that it would finish later', () => {
    const [p, q] = [...processors(1), ...processors(1, { kind: 'slow' })] as [P, P];
    const driver = new Driver([p, q], { policy: allToFirst() });
    driver.fn(one).times.observe('fake', 0, 100);
    driver.fn(one).times.observe('slow', 0, 1000);
    for (let i = 0; i < 5; i++) driver.spawn(one);
    expect(q.calls).toEqual([]);
    for (let i = 0; i < 20; i++) driver.spawn(one);
    expect(q.calls).toHaveLength(1);
  });

  it('P4. asks for half of what another was handed and has not begun, the newest first', () => {
    const [p, q] = processors(2, { queues: true }) as [P, P];
    let pinned = true;
    const policy = new FakePlacement(({ name }) =>
      pinned ? (name === 'other' ? 'fake:1' : 'fake:0') : 'fake:1',
    );
    const driver = new Driver([p, q], { policy });
    const other = driver.spawn(one, [], { name: 'other', timeUtil: 0.5 });
    const tasks = Array.from({ length: 8 }, (_, i) => driver.spawn(one, [], { name: `${i}`, timeUtil: 0.5 }));
    expect(p.calls).toHaveLength(8);
    q.finish(other);
    expect(p.asked.map(({ name }) => name)).toEqual(['7', '6', '5', '4']);
    pinned = false;
    for (const call of p.asked.splice(0)) p.giveBack(call);
    expect(names(q)).toEqual(['7', '6', '5', '4']);
    runAll(p, q);
    expect(new Set(phases(...tasks))).toEqual(new Set(['Finished']));
    // What is given back has not run: each task answers once.
    expect(driver.events.story().match(/task:answer/g)).toHaveLength(1 + tasks.length);
  });

  it('P4. leaves what is little for a while, and asks for it when the other keeps it for long', () => {
    const [p, q] = processors(2, { queues: true }) as [P, P];
    const driver = new Driver([p, q], {
      policy: new FakePlacement(({ name }) => (name === 'other' ? 'fake:1' : 'fake:0')),
    });
    const other = driver.spawn(one, [], { name: 'other', timeUtil: 0.01 });
    for (let i = 0; i < 4; i++) driver.spawn(one, [], { timeUtil: 0.01 });
    q.finish(other);
    expect(p.asked).toEqual([]);
    expect(driver.wakeIn).toBe(2000);
    driver.handle({ type: 'tick' });
    expect(p.asked).toHaveLength(2);
  });

  it('P4. does not ask for what others hang on: a chain stays together', () => {
    const [p, q] = processors(2, { queues: true }) as [P, P];
    const driver = new Driver([p, q], {
      policy: new FakePlacement(({ name }) => (name === 'other' ? 'fake:1' : 'fake:0')),
    });
    const other = driver.spawn(one, [], { name: 'other', timeUtil: 0.5 });
    let last = driver.spawn(one, [], { timeUtil: 0.5 });
    for (let i = 0; i < 6; i++) last = driver.spawn(increment, [last], { timeUtil: 0.5 });
    q.finish(other);
    expect(p.asked).toEqual([]);
  });

  it('P4. a task that ended before it could be given back is not run twice', () => {
    const [p, q] = processors(2, { queues: true }) as [P, P];
    const driver = new Driver([p, q], {
      policy: new FakePlacement(({ name }) => (name === 'other' ? 'fake:1' : 'fake:0')),
    });
    const other = driver.spawn(one, [], { name: 'other', timeUtil: 0.5 });
    for (let i = 0; i < 8; i++) driver.spawn(one, [], { name: `${i}`, timeUtil: 0.5 });
    q.finish(other);
    const [asked] = p.asked;
    p.finish(asked);
    expect(() => p.giveBack(asked)).toThrow('does not have call');
    runAll(p, q);
    expect(driver.state.counts[3]).toBe(9);
  });

  it('a smaller task behind one that was taken starts where it fits', () => {
    const [p, q] = processors(2) as [P, P];
    const driver = new Driver([p, q], { policy: allToFirst() });
    driver.spawn(one, [], { name: 'running', occupancy: 0.3 });
    driver.spawn(one, [], { name: 'large' });
    driver.spawn(one, [], { name: 'small', occupancy: 0.5 });
    expect([names(p), names(q)]).toEqual([['running', 'small'], ['large']]);
  });
});
