import { FakeMemory, FakeProcessor } from '@poniard/testing';
import { describe, expect, it } from 'vitest';
import { inPlace } from '../options.js';
import { Driver } from './testing/driver.js';
import { failureOf, increment, one, phases } from './testing/tasks.js';

const keeper = (id: string): FakeProcessor =>
  new FakeProcessor({
    id,
    queues: true,
    window: 1,
    space: new FakeMemory(`memory of ${id}`),
    keeps: () => true,
  });

const mutable = { [inPlace]: 'mutable' };

describe('a value that is changed in place', () => {
  it('C5. is followed by a task that waits for its processor to come back, when it was made elsewhere meanwhile', () => {
    const [p, q] = [keeper('p'), keeper('q')];
    const driver = new Driver([p]);
    const value = driver.spawn(one, [], { retries: 1, ...mutable });
    const user = driver.spawn(increment, [value]);
    expect([phases(value, user), user.place?.processor.id]).toEqual([['Sent', 'Queued'], 'p']);
    driver.add(q);
    p.lose([value], true);
    q.finish();
    expect(value.residence?.processor.id).toBe('q');
    driver.back(p);
    expect([phases(user), user.place?.processor.id]).toEqual([['Sent'], 'q']);
    q.finish();
    expect(phases(user)).toEqual(['Finished']);
  });

  it('C5. that was lost when it was there fails who takes it, and is not made again', () => {
    const p = keeper('p');
    const driver = new Driver([p]);
    const value = driver.spawn(one, [], { retries: 1, ...mutable });
    p.finish();
    p.lose([], true);
    driver.back(p);
    const user = driver.spawn(increment, [value]);
    expect(phases(value, user)).toEqual(['Failed', 'Failed']);
    expect((failureOf(user).error as Error).message).toMatch(
      /mutable value that one \(#1\) made is lost.* p,/,
    );
  });
});
