import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FunctionRecord } from '../functions/registry.js';
import { resolveSettings } from '../settings.js';
import { ReadyQueue } from './queue.js';
import { Phase, TaskRecord } from './record.js';

const fn = new FunctionRecord(1, { name: 'task', implementations: {} });

function queued(id: number, priority = 0): TaskRecord {
  const record = new TaskRecord(id, fn, [], resolveSettings([{ priority }], []));
  record.phase = Phase.Queued;
  return record;
}

const ids = (records: Iterable<TaskRecord>): number[] => [...records].map(({ id }) => id);

describe('the queue of a processor', () => {
  it('is empty at first', () => {
    const queue = new ReadyQueue();
    expect([queue.peek(), queue.shift(), ...queue]).toEqual([undefined, undefined]);
  });

  it('gives tasks by priority, those with inputs before roots, then by age', () => {
    const queue = new ReadyQueue();
    queue.push(queued(1), true);
    queue.push(queued(2), false);
    queue.push(queued(3, 1), true);
    queue.push(queued(4), true);
    queue.push(queued(5, -1), false);
    expect(queue.peek()?.id).toBe(3);
    expect(ids(queue)).toEqual([3, 2, 1, 4, 5]);
    expect(ids(queue.drain())).toEqual([3, 2, 1, 4, 5]);
    expect(queue.peek()).toBeUndefined();
  });

  it('passes over tasks that were settled while they waited', () => {
    const queue = new ReadyQueue();
    const records = [1, 2, 3].map((id) => queued(id));
    for (const record of records) queue.push(record, true);
    (records[0] as TaskRecord).phase = Phase.Cancelled;
    (records[1] as TaskRecord).phase = Phase.Failed;
    expect(ids(queue)).toEqual([3]);
    expect(queue.shift()?.id).toBe(3);
  });

  it('gives a thief the first of the few next ones that it may take, and keeps the order of the others', () => {
    const queue = new ReadyQueue();
    for (let id = 1; id <= 20; id++) queue.push(queued(id), true);
    expect(queue.takeWhere(({ id }) => id >= 3)?.id).toBe(3);
    expect(queue.takeWhere(({ id }) => id >= 15)).toBeUndefined();
    expect(ids(queue)).toEqual([1, 2, ...Array.from({ length: 17 }, (_, i) => i + 4)]);
  });

  it('gives the same as a sorted list, whatever is pushed, taken and settled', () => {
    const action = fc.record({
      what: fc.constantFrom('push', 'push', 'shift', 'steal', 'settle'),
      n: fc.nat(100),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
        const queue = new ReadyQueue();
        let plain: { record: TaskRecord; rank: number[] }[] = [];
        let age = 0;
        for (const { what, n } of actions) {
          if (what === 'push') {
            const record = queued(++age, n % 3);
            queue.push(record, n % 2 === 0);
            plain.push({ record, rank: [-(n % 3), n % 2 === 0 ? 1 : 0, age] });
            plain.sort((a, b) => compare(a.rank, b.rank));
          } else if (what === 'shift') {
            expect(queue.shift()).toBe(plain.shift()?.record);
          } else if (what === 'settle' && plain.length > 0) {
            (plain[n % plain.length] as (typeof plain)[0]).record.phase = Phase.Cancelled;
            plain = plain.filter(({ record }) => record.phase === Phase.Queued);
          } else if (what === 'steal' && plain.length > 0) {
            const wanted = (plain[0] as (typeof plain)[0]).record;
            expect(queue.takeWhere((record) => record === wanted)).toBe(wanted);
            plain.shift();
          }
          expect(queue.peek()).toBe(plain[0]?.record);
          expect([...queue]).toEqual(plain.map(({ record }) => record));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('holds no more than what waits after many have gone through', () => {
    const queue = new ReadyQueue();
    for (let id = 1; id <= 100_000; id++) {
      queue.push(queued(id), true);
      if (id > 10) queue.shift();
    }
    expect(ids(queue)).toHaveLength(10);
    const [{ roots }] = (queue as unknown as { levels: [{ roots: { items: unknown[] } }] }).levels;
    expect(roots.items.length).toBeLessThan(5000);
  });
});

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number);
  return 0;
}
