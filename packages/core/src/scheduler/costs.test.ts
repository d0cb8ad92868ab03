import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RunTimes, sizeClass, TransferTimes, whole } from './costs.js';

describe('run times', () => {
  it('P2. are unknown until the kind has run', () => {
    const times = new RunTimes();
    expect(times.expected('thread', 0)).toBeUndefined();
    expect(times.best(0)).toBeUndefined();
    times.observe('thread', 0, 100);
    expect(times.expected('thread', 0)).toBe(100);
    expect(times.expected('gpu', 0)).toBeUndefined();
    expect(times.best(0)).toBe(100);
  });

  it('P2. follow a change of behaviour within about five runs', () => {
    const times = new RunTimes();
    times.observe('thread', 0, 1000);
    for (let i = 0; i < 5; i++) times.observe('thread', 0, 100);
    expect(times.expected('thread', 0)).toBeLessThan(350);
  });

  it('P2. of sizes that have not run are scaled from the nearest that has', () => {
    const times = new RunTimes();
    times.observe('thread', 4, 160);
    expect(times.expected('thread', 5)).toBe(320);
    expect(times.expected('thread', 3)).toBe(80);
    times.observe('thread', 6, 1000);
    expect(times.expected('thread', 5)).toBe(320);
    expect(times.expected('thread', 7)).toBe(2000);
  });

  it('P2. the best of the kinds counts for one that is unknown', () => {
    const times = new RunTimes();
    times.observe('thread', 0, 500);
    times.observe('gpu', 0, 50);
    expect(times.best(0)).toBe(50);
  });

  it('P2. of kinds that take turns are not mixed up', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 1, max: 1e6 }))),
        (runs) => {
          const times = new RunTimes();
          const plain = new Map<string, number>();
          for (const [kind, micros] of runs) {
            times.observe(kind, 0, micros);
            const before = plain.get(kind);
            plain.set(kind, before === undefined ? micros : before + (micros - before) * 0.25);
            for (const [known, expected] of plain) expect(times.expected(known, 0)).toBe(whole(expected));
          }
        },
      ),
    );
  });

  it('are whole µs, at least 1', () => {
    expect([
      whole(0),
      whole(-5),
      whole(0.2),
      whole(1.2),
      whole(1e300),
      whole(Number.POSITIVE_INFINITY),
    ]).toEqual([1, 1, 1, 2, 2 ** 30, 2 ** 30]);
  });
});

describe('size classes', () => {
  it('are one for each power of two from 4 KiB', () => {
    expect([0, 4095, 4096, 8191, 8192, 2 ** 20, 2 ** 30].map(sizeClass)).toEqual([0, 0, 1, 1, 2, 9, 19]);
  });
});

describe('transfer times', () => {
  it('P1. within a space are nothing', () => {
    expect(new TransferTimes().expected('host', 'host', 1e9)).toBe(0);
  });

  it('P2. before anything was measured are those of a message and a copy', () => {
    expect(new TransferTimes().expected('host', 'gpu', 2000)).toBe(51);
  });

  it('P2. latency is learnt from small transfers, bandwidth from large ones, per pair and direction', () => {
    const times = new TransferTimes();
    for (let i = 0; i < 50; i++) {
      times.observe('host', 'gpu', 100, 10);
      times.observe('host', 'gpu', 1e6, 110);
    }
    expect(times.expected('host', 'gpu', 0)).toBeCloseTo(10, 3);
    expect(times.expected('host', 'gpu', 1e7)).toBeCloseTo(1010, 0);
    expect(times.expected('gpu', 'host', 0)).toBe(50);
  });

  it('P2. the first measurement takes the place of what was assumed', () => {
    const times = new TransferTimes();
    times.observe('host', 'gpu', 100, 400, true);
    times.observe('host', 'gpu', 1e6, 1400);
    expect(times.expected('host', 'gpu', 2e6)).toBe(400 + 2000);
    expect(times.all()).toEqual([
      { from: 'host', to: 'gpu', moves: 1, bytes: 1e6, latency: 400, bandwidth: 1000 },
    ]);
  });

  it('P2. of a way that was measured on a busy machine are corrected by a trial, and a trial on a busy one changes nothing', () => {
    const times = new TransferTimes();
    const trial = (latency: number, rest: number) => {
      times.observe('host', 'gpu', 4096, latency, true);
      times.observe('host', 'gpu', 1e6, latency + rest, true);
    };
    trial(10_000, 20_000);
    expect(times.expected('host', 'gpu', 1e6)).toBe(30_000);
    trial(80, 200);
    expect(times.expected('host', 'gpu', 1e6)).toBe(280);
    trial(5000, 9000);
    expect(times.expected('host', 'gpu', 1e6)).toBe(280);
    // What really moves is believed, one way or the other.
    for (let i = 0; i < 50; i++) times.observe('host', 'gpu', 4096, 400);
    expect(times.expected('host', 'gpu', 0)).toBeCloseTo(400, 3);
  });

  it('stay finite when a transfer took less than its latency', () => {
    const times = new TransferTimes();
    times.observe('host', 'gpu', 1e6, 1);
    expect(times.expected('host', 'gpu', 1e6)).toBeGreaterThan(0);
  });
});
