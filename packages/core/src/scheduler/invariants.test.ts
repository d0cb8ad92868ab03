import { FakeMemory, FakeProcessor } from '@poniard/testing';
import { describe, expect, it } from 'vitest';
import { checkInvariants } from './invariants.js';
import { Phase, type TaskRecord } from './record.js';
import { Driver, processors } from './testing/driver.js';
import { increment, one } from './testing/tasks.js';

/** A scheduler with a task in each phase before the end. */
function busy() {
  const [p] = processors(1) as [FakeProcessor];
  const driver = new Driver([p]);
  const sent = driver.spawn(one, [], { name: 'sent' });
  const queued = driver.spawn(one, [], { name: 'queued' });
  const waiting = driver.spawn(increment, [sent], { name: 'waiting' });
  return {
    driver,
    place: driver.place(p),
    sent,
    queued,
    waiting,
    check: () => checkInvariants(driver.state, driver.records),
  };
}

type Broken = [string, (state: ReturnType<typeof busy>) => void];

describe('the invariant checker', () => {
  it('finds nothing where all is well', () => {
    expect(busy().check).not.toThrow();
  });

  it.each<Broken>([
    [
      'the number of Waiting tasks is 2 and should be 1',
      ({ driver }) => void driver.state.counts.set([2], Phase.Waiting),
    ],
    ['the number of unsettled tasks is 4 and should be 3', ({ driver }) => void driver.state.unsettled++],
    [
      'nothing leads to waiting (#3, Waiting) any more',
      ({ sent }) => void Object.assign(sent, { dependents: undefined }),
    ],
    [
      'pending of waiting (#3, Waiting) is 3 and should be 1',
      ({ waiting }) => void Object.assign(waiting, { pending: 3 }),
    ],
    ['backlogCount of fake:0 is 2 and should be 1', ({ place }) => void place.backlogCount++],
    ['backlogMicros of fake:0 is 1001 and should be 1000', ({ place }) => void place.backlogMicros++],
    ['sentCount of fake:0 is 0 and should be 1', ({ place }) => void place.sentCount--],
    ['sentMicros of fake:0 is 1001 and should be 1000', ({ place }) => void place.sentMicros++],
    [
      'sentOccupancy of fake:0 is 0.5 and should be 1',
      ({ place }) => void Object.assign(place, { sentOccupancy: 0.5 }),
    ],
    ['nothing leads to queued (#2, Queued) any more', ({ place }) => void place.backlog.shift()],
    ['a task is in the queue of fake:0 twice', ({ place, queued }) => place.backlog.push(queued, true)],
    [
      'sent (#1, Sent) is in the list of fake:0, which is not its place',
      ({ sent }) => void Object.assign(sent, { place: undefined }),
    ],
    ['queued (#2, Queued) has no place', ({ queued }) => void Object.assign(queued, { place: undefined })],
    ['consumers of sent (#1, Sent) is 1 and should be 0', ({ sent }) => void sent.consumers++],
    ['consumers of sent (#1, Sent) is -1', ({ sent }) => void sent.consumers--],
    ['handles of sent (#1, Sent) is -1', ({ sent }) => void sent.handles--],
    ['1 ready tasks were left unplaced', ({ driver, waiting }) => driver.state.readyLater(waiting)],
    ['1 processors were left unfed', ({ driver, place }) => driver.state.feedLater(place)],
    ['fake:0 is gone and has tasks', ({ place }) => void Object.assign(place, { gone: true })],
    [
      'hangs on queued (#2, Queued), which is no input of it',
      ({ queued, waiting }) => void Object.assign(queued, { dependents: waiting }),
    ],
  ])('%s', (message, damage) => {
    const state = busy();
    damage(state);
    expect(state.check).toThrow(message);
  });

  it('looks at results that live elsewhere', () => {
    const p = new FakeProcessor({ space: new FakeMemory('own'), keeps: () => true });
    const driver = new Driver([p]);
    const task = driver.spawn(one, [], { name: 'task' });
    p.finish();
    const check = (): void => checkInvariants(driver.state, driver.records);
    task.bytes += 1;
    expect(check).toThrow('residentBytes of fake:0 is 1000 and should be 1001');
    task.bytes -= 1;
    task.residence = undefined;
    expect(check).toThrow('fake:0 has the result of task (#1, Finished), whose residence is elsewhere');
    driver.place(p).residents.clear();
    driver.place(p).residentBytes = 0;
    task.residence = driver.place(p);
    expect(check).toThrow('fake:0 does not know that it has the result of task (#1, Finished)');
  });

  it('finds a processor with room that tasks wait for', () => {
    const { driver, place, check } = busy();
    const [task] = [...place.sent()] as [TaskRecord];
    place.suspend(task);
    expect(check).toThrow('fake:0 has room and queued (#2, Queued) waits for it');
    expect(driver.state.unsettled).toBe(3);
  });
});
