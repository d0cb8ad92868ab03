import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FunctionRecord } from '../functions/registry.js';
import { resolveSettings } from '../settings.js';
import { link } from './dependents.js';
import { Phase, TaskRecord } from './record.js';
import { Waits } from './waits.js';

const fn = new FunctionRecord(1, { name: 'task', implementations: {} });
const settings = resolveSettings([], []);

function task(id: number, ...args: TaskRecord[]): TaskRecord {
  const record = new TaskRecord(id, fn, args, settings);
  for (const input of args) link(input, record);
  return record;
}

const ids = (records: readonly TaskRecord[] | undefined): number[] | undefined =>
  records?.map(({ id }) => id);

describe('a task that waits', () => {
  it('S9. for itself is refused', () => {
    const a = task(1);
    expect(ids(new Waits().begin(a, a))).toEqual([1, 1]);
  });

  it('S9. for one that depends on it is refused, however far', () => {
    const a = task(1);
    const b = task(2, a);
    const c = task(3, b);
    expect(ids(new Waits().begin(a, c))).toEqual([1, 3, 2, 1]);
  });

  it('S9. for one that waits for it is refused, also through inputs', () => {
    const waits = new Waits();
    const [a, b] = [task(1), task(2)];
    const behind = task(3, b);
    expect(waits.begin(a, behind)).toBeUndefined();
    expect(ids(waits.begin(b, a))).toEqual([2, 1, 3, 2]);
  });

  it('S9. for one of its own may wait, and its child for another', () => {
    const waits = new Waits();
    const [parent, child, other] = [task(1), task(2), task(3)];
    expect(waits.begin(parent, child)).toBeUndefined();
    expect(waits.begin(child, other)).toBeUndefined();
    expect(waits.begin(parent, other)).toBeUndefined();
  });

  it('S9. is forgotten when either is settled', () => {
    const waits = new Waits();
    const [a, b, c] = [task(1), task(2), task(3)];
    waits.begin(a, b);
    waits.begin(b, c);
    c.phase = Phase.Finished;
    waits.end(c);
    a.phase = Phase.Failed;
    waits.end(a);
    expect(waits.empty).toBe(true);
    expect(waits.begin(b, task(4))).toBeUndefined();
  });

  it('S9. is forgotten when it has to start again, and still waited for', () => {
    const waits = new Waits();
    const [a, b, c] = [task(1), task(2), task(3)];
    waits.begin(a, b);
    waits.begin(b, c);
    waits.end(b);
    expect(waits.begin(c, b)).toBeUndefined();
    expect(ids(waits.begin(c, a))).toBeUndefined();
    expect(ids(waits.begin(b, a))).toEqual([2, 1, 2]);
  });

  it('S9. is refused exactly where a search through everything finds a cycle', () => {
    const edge = fc.tuple(fc.nat(11), fc.nat(11));
    fc.assert(
      fc.property(fc.array(edge, { maxLength: 12 }), fc.array(edge, { maxLength: 30 }), (inputs, awaits) => {
        const tasks: TaskRecord[] = [];
        for (let id = 0; id < 12; id++)
          tasks.push(
            task(id, ...inputs.flatMap(([to, from]) => (to === id && from < id ? [tasks[from]!] : []))),
          );
        const edges = new Set(
          tasks.flatMap(({ id, args }) => args.map((arg) => `${id} ${(arg as TaskRecord).id}`)),
        );
        const reaches = (from: number, to: number, seen = new Set<number>()): boolean => {
          if (from === to) return true;
          seen.add(from);
          return tasks.some(({ id }) => edges.has(`${from} ${id}`) && !seen.has(id) && reaches(id, to, seen));
        };
        const waits = new Waits();
        for (const [waiter, target] of awaits) {
          const cycle = waits.begin(tasks[waiter]!, tasks[target]!);
          expect(cycle !== undefined).toBe(reaches(target, waiter));
          if (cycle === undefined) edges.add(`${waiter} ${target}`);
          else {
            expect([cycle[0]?.id, cycle[1]?.id, cycle.at(-1)?.id]).toEqual([waiter, target, waiter]);
            for (let i = 2; i < cycle.length; i++)
              expect(edges).toContain(`${cycle[i - 1]?.id} ${cycle[i]?.id}`);
          }
        }
      }),
    );
  });

  it('S9. costs no more than the shorter way: a hundred thousand tasks of which each is awaited', () => {
    const waits = new Waits();
    const parent = task(0);
    let last = task(1);
    for (let id = 2; id < 100_000; id++) {
      last = task(id, last);
      expect(waits.begin(parent, last)).toBeUndefined();
    }
  });
});
