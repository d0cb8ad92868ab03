import { describe, expect, it } from 'vitest';
import { Aside } from './aside.js';
import { Arg, Work } from './protocol.js';

/** A call in a slot that needs the results of others. */
const call = (slot: number, word: number, ...inputs: number[]): unknown[] => [
  Work.Run,
  slot,
  word,
  ...[1, slot, 0, 1, inputs.length],
  ...inputs.flatMap((input) => [Arg.Slot, input]),
];

describe('calls that stand aside', () => {
  const results = new Map<number, unknown>([[1, 'of one']]);
  const running = new Map([[1, 10]]);
  const make = (revoked = new Set<number>()): Aside =>
    new Aside(
      (slot) => results.get(slot),
      (_, word) => !revoked.has(word),
    );
  const put = (aside: Aside, work: unknown[]) => aside.put(work, 0, (slot) => running.get(slot));

  it('S9. go on with the results that they waited for', () => {
    const aside = make();
    expect(put(aside, call(2, 20, 1))).toBe(10);
    expect(put(aside, call(3, 30, 2))).toBe(10);
    expect(put(aside, call(4, 40, 5))).toBeUndefined();
    aside.ended(1, 10);
    expect(aside.take().slice(-2)).toEqual([Arg.Taken, 'of one']);
    expect(aside.next).toBeUndefined();
    results.set(2, 'of two');
    aside.ended(2, 20);
    expect(aside.take().slice(-2)).toEqual([Arg.Taken, 'of two']);
    expect(aside.empty).toBe(true);
  });

  it('E3. are not taken for others that have their slot now', () => {
    const revoked = new Set<number>();
    const aside = make(revoked);
    put(aside, call(2, 20, 1));
    revoked.add(20);
    // Another call has been in the slot since, and has ended: its result is there.
    expect(put(aside, call(3, 30, 2))).toBeUndefined();
    // Another stands aside in it, and a third behind that.
    put(aside, call(2, 21, 1));
    put(aside, call(4, 40, 2));
    aside.ended(1, 10);
    expect(aside.take()[2]).toBe(20);
    aside.ended(2, 20);
    expect(aside.take()[2]).toBe(21);
    expect(aside.next).toBeUndefined();
    results.set(2, 'of the second in two');
    aside.ended(2, 21);
    expect(aside.take().slice(-2)).toEqual([Arg.Taken, 'of the second in two']);
  });
});
