import type { Call, Report } from '@poniard/core';
import { describe, expect, test } from 'vitest';
import type { Section } from './call-times.js';
import type { GpuDevice } from './device.js';
import { DeviceQueue, type QueueOwner } from './device-queue.js';
import type { Outcome, Submission } from './recorder.js';

/** A device whose clock goes on by what its calls say that they take, in µs. */
function fakeDevice() {
  let listener = (_: Submission): void => {};
  let busy = 0;
  let section: Section | undefined;
  const recorder = {
    pending: 0,
    submissions: 0,
    onSubmit(heard: typeof listener) {
      listener = heard;
    },
    beginSection: (): Section => (section = { micros: 0 }),
    endSection() {
      section = undefined;
    },
    submit() {
      if (recorder.pending === 0) return;
      recorder.pending = 0;
      recorder.submissions++;
      const outcome: Outcome = { problem: undefined, busy };
      busy = 0;
      listener({ done: Promise.resolve(outcome) });
    },
  };
  const work = (micros: number): void => {
    recorder.pending++;
    busy += micros;
    if (section !== undefined) section.micros = (section.micros ?? 0) + micros;
  };
  const device = { limits: {}, features: new Set() };
  const memory = { shortages: 0, onPressure() {} };
  const gpu = { recorder, device, memory, info: {}, subgroups: {} } as unknown as GpuDevice;
  return { gpu, recorder, work };
}

describe('P2. the times that placement learns from', () => {
  test('of a cheap call that goes to the device with a dear one are its own', async () => {
    const { gpu, recorder, work } = fakeDevice();
    const owner = { args: { single: () => false }, progress() {} } as unknown as QueueOwner;
    const queue = new DeviceQueue(gpu, owner);
    let made = 0;
    const call = (name: string, micros: number): Call => {
      const fn = { id: micros, local: () => () => work(micros) };
      return { id: made++, name, fn, implementation: 'webgpu', arity: 0 } as unknown as Call;
    };
    const times: Record<string, number[]> = { cheap: [], dear: [] };
    for (let round = 0; round < 20; round++) {
      const calls = [call('cheap', 10), call('dear', 5000), call('cheap', 10)];
      await new Promise<void>((resolve) => {
        let left = calls.length;
        const finished = ({ name }: Call, _value: unknown, micros: number): void => {
          times[name]?.push(micros);
          if (--left === 0) resolve();
        };
        // Most of the calls are not timed by themselves any more.
        queue.push(calls, { finished } as unknown as Report);
      });
    }
    expect(new Set(times['cheap'])).toEqual(new Set([10]));
    expect(new Set(times['dear'])).toEqual(new Set([5000]));
    // Fewer than calls: some have gone together.
    expect(recorder.submissions).toBeLessThan(made);
  });
});
