import { wgsl } from '@poniard/proc-gpu';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Patience } from './patience.js';
import { gpuRuntime, hasGpu } from './testing/gpu.js';

const { setImmediate } = globalThis;
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe('patience', () => {
  test('what is pending is looked for at once for a while, and then every millisecond', () => {
    const clock = vi.spyOn(performance, 'now').mockReturnValue(100);
    const due: [string, () => void][] = [];
    vi.stubGlobal('setImmediate', (callback: () => void) => due.push(['at once', callback]));
    vi.stubGlobal('setTimeout', (callback: () => void, ms: number) => due.push([`after ${ms} ms`, callback]));
    let looks = 0;
    // As Dawn does.
    const look = (): void => {
      looks++;
      globalThis.setImmediate(look);
    };
    const next = (): string | undefined => {
      const [when, callback] = due.shift() ?? [];
      callback?.();
      return when;
    };
    const patience = new Patience();
    expect(patience.during(() => ['given', globalThis.setImmediate(look)][0])).toBe('given');
    expect([next(), next(), next()]).toEqual(['at once', 'at once', 'at once']);
    clock.mockReturnValue(101);
    expect([next(), next(), next()]).toEqual(['at once', 'after 1 ms', 'after 1 ms']);
    // Something else is waited for.
    patience.during(() => {});
    expect([next(), next()]).toEqual(['after 1 ms', 'at once']);
    expect(looks).toBe(8);
    expect(due).toHaveLength(1);
  });

  test('nobody else sees another setImmediate, also after an error', () => {
    const patience = new Patience();
    patience.during(() => expect(globalThis.setImmediate).not.toBe(setImmediate));
    expect(globalThis.setImmediate).toBe(setImmediate);
    const failing = () => {
      throw new Error('of the call');
    };
    expect(() => patience.during(failing)).toThrow('of the call');
    expect(globalThis.setImmediate).toBe(setImmediate);
  });

  test('where there is no setImmediate, as in a page, nothing changes', () => {
    vi.stubGlobal('setImmediate', undefined);
    expect(new Patience().during(() => globalThis.setImmediate)).toBe(undefined);
  });

  test.skipIf(!hasGpu)(
    'while a kernel runs this thread looks once in a millisecond, and not all the time',
    async () => {
      const { runtime } = await gpuRuntime();
      const slow = wgsl(
        `@group(0) @binding(0) var<storage, read_write> y: array<f32>;
       @compute @workgroup_size(1) fn main() { for (var i = 0; i < 3000000; i++) { y[0] += 1; } }`,
        { name: 'slow', bindings: [], result: { type: 'array<f32>', shape: [1] }, workgroups: [1] },
      );
      await runtime.spawn(slow);
      let looks = 0;
      vi.stubGlobal('setImmediate', (...args: Parameters<typeof setImmediate>) => {
        looks++;
        return setImmediate(...args);
      });
      const began = performance.now();
      await runtime.spawn(slow);
      // Some hundreds while it is eager, where there were 200 in each millisecond.
      expect(looks).toBeLessThan(1500 + 10 * (performance.now() - began));
    },
  );
});
