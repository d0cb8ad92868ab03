import type { Call } from '@poniard/core';
import { array } from '@poniard/linalg';
import { describe, expect, test } from 'vitest';
import { Links } from './links.js';
import { gpuRuntime, hasGpu, scaled } from './testing/gpu.js';

describe('P2. the ways to a device', () => {
  /** Links whose measuring takes so many ms each time, and counts. */
  function links(...takes: number[]) {
    let time = 0;
    let measured = 0;
    const measure = async () => {
      time += takes[measured++] ?? 1;
      if (measured === 2) throw new Error('lost');
    };
    const made = new Links(measure, () => time);
    /** Lets so many ms pass, and asks. */
    const after = async (ms: number) => {
      time += ms;
      made.measureIfDue();
      await Promise.resolve();
      await Promise.resolve();
      return measured;
    };
    return { after, now: () => time };
  }

  test('are measured again while tasks are placed, and ever more seldom', async () => {
    const { after } = links();
    expect(await after(49)).toBe(0);
    expect(await after(1)).toBe(1);
    expect(await after(99)).toBe(1);
    expect(await after(1)).toBe(2);
    // Also after one that failed.
    expect(await after(199)).toBe(2);
    expect(await after(1)).toBe(3);
    for (let i = 0; i < 10; i++) await after(10_000);
    expect(await after(9999)).toBe(13);
    expect(await after(1)).toBe(14);
  });

  test('take a twentieth of the time at most', async () => {
    const { after, now } = links(40);
    expect(await after(50)).toBe(1);
    expect(now()).toBe(90);
    expect(await after(799)).toBe(1);
    expect(await after(1)).toBe(2);
  });

  test('are not measured twice at once', async () => {
    let measured = 0;
    let time = 0;
    const made = new Links(
      () => {
        measured++;
        return new Promise(() => {});
      },
      () => time,
    );
    for (time = 0; time < 1e6; time += 1000) made.measureIfDue();
    expect(measured).toBe(1);
  });

  test.skipIf(!hasGpu)(
    'that seemed too long heal, without a task going there and without a move being counted',
    async () => {
      const { runtime, gpu } = await gpuRuntime();
      const task = runtime.spawn(scaled, array([1, 2], [2], 'float32'), 2);
      await task;
      const way = () => runtime.stats().transfers.find(({ to }) => to === 'gpu:0');
      const call = { id: 1, name: 'busy' } as Call;
      gpu.moved({ from: 'host', to: 'gpu:0', bytes: 4096, micros: 1e6, call });
      expect(way()?.latency).toBeGreaterThan(1e5);
      const { moves } = way() ?? {};
      const { reads, readBytes } = gpu.gpu.readBack;
      await gpu.links.measure();
      expect(way()).toMatchObject({ moves });
      expect(way()?.latency).toBeLessThan(1e5);
      expect(gpu.gpu.readBack).toMatchObject({ reads, readBytes });
    },
  );
});
