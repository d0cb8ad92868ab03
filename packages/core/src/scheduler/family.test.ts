import { FakePlacement } from '@poniard/testing';
import { describe, expect, it } from 'vitest';
import { CancelledError } from '../errors.js';
import type { TaskRecord } from './record.js';
import { Driver, processors } from './testing/driver.js';
import { boom, failureOf, increment, one, phases } from './testing/tasks.js';

type P = ReturnType<typeof processors>[number];

/** A parent that runs, with the processor that runs it and eight others at a time. */
function running(): { p: P; driver: Driver; parent: TaskRecord } {
  const [p] = processors(1, { capacity: 8 }) as [P];
  const driver = new Driver([p]);
  return { p, driver, parent: driver.spawn(boom, [], { name: 'parent' }) };
}

describe('children of a task that failed', () => {
  it('S9. are cancelled, waiting or running, with what depends on them', () => {
    const { p, driver, parent } = running();
    const runs = driver.spawnIn(parent, one);
    const waits = driver.spawnIn(parent, increment, [driver.promise()]);
    const below = driver.spawnIn(parent, increment, [waits]);
    p.finish(parent);
    expect(phases(parent, runs, waits, below)).toEqual(['Failed', 'Cancelled', 'Cancelled', 'Cancelled']);
    expect(p.aborted.map(({ call }) => call)).toEqual([runs]);
    const { error } = failureOf(waits);
    expect(error).toBeInstanceOf(CancelledError);
    expect((error as Error).message).toBe(
      'task increment (#4) was cancelled, since parent (#1), which spawned it, failed',
    );
    expect((error as Error).cause).toEqual(new Error('boom'));
  });

  it('S9. take their own children with them, a thousand levels deep', () => {
    const [p] = processors(1, { capacity: 8 }) as [P];
    const driver = new Driver([p], { checked: false });
    const parent = driver.spawn(boom);
    let deepest = parent;
    const family = Array.from({ length: 1000 }, () => {
      deepest = driver.spawnIn(deepest, one, [], { occupancy: 0 });
      return deepest;
    });
    p.finish(parent);
    expect(new Set(phases(...family))).toEqual(new Set(['Cancelled']));
    expect(driver.state.family.empty).toBe(true);
  });

  it('S9. go on where somebody else wants them', () => {
    const { p, driver, parent } = running();
    const wanted = driver.spawnIn(parent, one);
    const other = driver.spawnIn(parent, one);
    driver.handle({ type: 'handedOut', record: wanted });
    p.finish(parent);
    expect(phases(wanted, other)).toEqual(['Sent', 'Cancelled']);
  });

  it('S9. go on where a task of somebody else depends on them, with their own inputs', () => {
    const { p, driver, parent } = running();
    const input = driver.spawnIn(parent, one);
    const order = driver.spawnIn(parent, one);
    const child = driver.spawnIn(parent, increment, [input], { syncdeps: [order] });
    const outside = driver.spawn(increment, [child]);
    const other = driver.spawnIn(parent, increment, [input]);
    p.finish(parent);
    expect(phases(input, order, child, outside, other)).toEqual([
      'Sent',
      'Sent',
      'Waiting',
      'Waiting',
      'Cancelled',
    ]);
    for (const task of [input, order, child, outside]) p.finish(task);
    expect(outside.read()).toBe(3);
  });

  it('S9. do not go on for a task that has ended already', () => {
    const { p, driver, parent } = running();
    const child = driver.spawnIn(parent, increment, [driver.promise()]);
    const outside = driver.spawn(increment, [child, driver.promise()]);
    driver.cancel(outside);
    p.finish(parent);
    expect(phases(child)).toEqual(['Cancelled']);
  });
});

describe('children of a task that was cancelled', () => {
  it('O5. are cancelled too, by force where it was', () => {
    const { p, driver, parent } = running();
    const child = driver.spawnIn(parent, one);
    driver.cancel(parent);
    expect(phases(parent, child)).toEqual(['Cancelled', 'Cancelled']);
    expect((failureOf(child).error as Error).message).toMatch(/since parent \(#1\), .* was cancelled/);
    expect(p.aborted.map(({ call }) => call)).toEqual([parent, child]);
  });

  it('O5. are cancelled too where its code spawns them afterwards', () => {
    const { driver, parent } = running();
    driver.cancel(parent);
    const late = driver.spawnIn(parent, one);
    expect(phases(late)).toEqual(['Cancelled']);
  });
});

describe('children of a task that has to start again', () => {
  it('S9. are cancelled when it threw', () => {
    const [p] = processors(1, { capacity: 8 }) as [P];
    const driver = new Driver([p]);
    const parent = driver.spawn(boom, [], { name: 'parent', retries: 1 });
    const child = driver.spawnIn(parent, one);
    p.finish(parent);
    expect(phases(parent, child)).toEqual(['Sent', 'Cancelled']);
    expect((failureOf(child).error as Error).message).toMatch(/has to start again/);
  });

  it('E3. are cancelled when its processor died, on whichever they were', () => {
    const [p, q] = processors(2, { capacity: 2 }) as [P, P];
    const driver = new Driver([p, q], { policy: new FakePlacement() });
    const parent = driver.spawn(one, [], { name: 'parent' });
    const waits = driver.spawnIn(parent, increment, [driver.promise()]);
    const [here, there] = [p, q].map(({ id }) => driver.spawnIn(parent, one, [], { name: id })) as [
      TaskRecord,
      TaskRecord,
    ];
    expect(new Set([here, there].map(({ place }) => place?.processor.id)).size).toBe(2);
    const owner = parent.place?.processor as P;
    owner.lose([parent], true);
    driver.back(owner);
    expect(phases(parent, waits, here, there)).toEqual(['Sent', 'Cancelled', 'Cancelled', 'Cancelled']);
  });
});

describe('children of a task that finished', () => {
  it('S9. go on by themselves', () => {
    const [p] = processors(1, { capacity: 8 }) as [P];
    const driver = new Driver([p]);
    const parent = driver.spawn(one);
    const child = driver.spawnIn(parent, one);
    p.finish(parent);
    const late = driver.spawnIn(parent, one);
    driver.cancel(parent);
    expect(phases(parent, child, late)).toEqual(['Finished', 'Sent', 'Sent']);
    expect(driver.state.family.empty).toBe(true);
  });

  it('S9. leave nothing behind when they end', () => {
    const { p, driver, parent } = running();
    const children = [driver.spawnIn(parent, one), driver.spawnIn(parent, boom)];
    for (const child of children) p.finish(child);
    expect(driver.state.family.empty).toBe(true);
    expect(phases(...children)).toEqual(['Finished', 'Failed']);
  });
});
