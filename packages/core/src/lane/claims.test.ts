import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { Claims } from './claims.js';

describe('claim words', () => {
  it('give a call to the lane that begins it', () => {
    const claims = Claims.create(2);
    const word = claims.offer(1, 0);
    expect([claims.hasBegun(1, word), claims.isRunning(1, word)]).toEqual([false, false]);
    expect(claims.begin(1, word)).toBe(true);
    expect([claims.hasBegun(1, word), claims.isRunning(1, word)]).toEqual([true, true]);
    expect(claims.revoke(1, word)).toBe(false);
    claims.end(1, word);
    expect([claims.hasBegun(1, word), claims.isRunning(1, word)]).toEqual([true, false]);
    expect(claims.revoke(1, word)).toBe(false);
  });

  it('give a call to the host that takes it back', () => {
    const claims = Claims.create(1);
    const word = claims.offer(0, 0);
    expect(claims.revoke(0, word)).toBe(true);
    expect(claims.begin(0, word)).toBe(false);
    expect(claims.revoke(0, word)).toBe(false);
    expect(claims.hasBegun(0, word)).toBe(false);
  });

  it('tell a call from earlier ones in the same slot', () => {
    const claims = Claims.create(1);
    const first = claims.offer(0, 1);
    claims.begin(0, first);
    claims.end(0, first);
    const second = claims.offer(0, 2);
    expect(claims.begin(0, first)).toBe(false);
    expect(claims.revoke(0, first)).toBe(false);
    expect(claims.hasBegun(0, second)).toBe(false);
    expect(claims.begin(0, second)).toBe(true);
  });

  it('are words of 32 bits after 2^28 calls and more', () => {
    const claims = Claims.create(1);
    for (const generation of [2 ** 28 - 1, 2 ** 28, 2 ** 40 + 3]) {
      const word = claims.offer(0, generation);
      expect(claims.words[0]).toBe(word);
      expect(claims.begin(0, word)).toBe(true);
      expect(claims.isRunning(0, word)).toBe(true);
    }
  });

  it('give each of 20,000 calls to exactly one of two threads that want them all', async () => {
    const calls = 20_000;
    const claims = Claims.create(calls);
    const words = Int32Array.from({ length: calls }, (_, slot) => claims.offer(slot, slot));
    const won = new Int32Array(new SharedArrayBuffer(4 * calls));
    const start = new Int32Array(new SharedArrayBuffer(4));
    // The lane's side, as in `begin`: one compare-and-swap.
    const worker = new Worker(
      `const { workerData: { claims, words, won, start } } = require('node:worker_threads');
       Atomics.add(start, 0, 1); Atomics.notify(start, 0);
       while (Atomics.load(start, 0) < 2);
       for (let i = 0; i < words.length; i++) {
         if (Atomics.compareExchange(claims, i, words[i], words[i] + 1) === words[i]) Atomics.add(won, i, 1);
       }`,
      { eval: true, workerData: { claims: claims.words, words, won, start } },
    );
    const exited = once(worker, 'exit');
    Atomics.wait(start, 0, 0);
    Atomics.add(start, 0, 1);
    for (let i = calls - 1; i >= 0; i--) if (claims.revoke(i, words[i] as number)) Atomics.add(won, i, 16);
    await exited;
    expect(won.every((count) => count === 1 || count === 16)).toBe(true);
  });
});
