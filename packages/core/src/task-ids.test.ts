import { describe, expect, it } from 'vitest';
import { needsRange, TaskIds, WorkerIds } from './task-ids.js';

describe('numbers of tasks', () => {
  it('count from 1, and pass the ranges of workers over', () => {
    const ids = new TaskIds();
    const own = Array.from({ length: 1_000_002 }, () => ids.next());
    expect([own[0], own[1], own[999_998]]).toEqual([1, 2, 999_999]);
    expect(own.slice(999_999)).toEqual([1_000_000_000, 1_000_000_001, 1_000_000_002]);
  });

  it('are never the same on two workers, however many there are and however many each takes', () => {
    const ids = new TaskIds();
    const ranges = Array.from({ length: 2_000 }, () => ids.range());
    expect(new Set(ranges).size).toBe(2_000);
    const sorted = [...ranges].sort((a, b) => a - b);
    for (const [i, first] of sorted.entries())
      if (i > 0) expect(first - (sorted[i - 1] as number)).toBeGreaterThanOrEqual(1_000_000);
    const bursts = [ranges[0], ranges[998], ranges[999], ranges[1_999]].map((first) => {
      const worker = new WorkerIds(first as number);
      for (let i = 0; i < 1_000_000; i++) worker.take();
      return worker.take();
    });
    expect(bursts.every(Number.isSafeInteger)).toBe(true);
    expect(new Set(bursts).size).toBe(4);
    expect(Math.min(...bursts)).toBeGreaterThan(Math.max(...ranges) + 1_000_000);
  });

  it('a worker is given another range when half of its own is used, and goes on there', () => {
    const worker = new WorkerIds(3_000_000);
    const taken: number[] = [];
    for (let i = 0; i < 1_000_001; i++) {
      const id = worker.take();
      if (needsRange(id)) worker.grant(7_000_000);
      taken.push(id);
    }
    expect([taken[0], taken[999_999], taken[1_000_000]]).toEqual([3_000_000, 3_999_999, 7_000_000]);
  });
});
