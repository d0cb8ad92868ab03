import { FakeProcessor, type FakeTraits } from '@poniard/testing';
import { describe, expect, it } from 'vitest';
import { Cores } from './cores.js';
import { MemoryPool, Place } from './place.js';

/** Threads and a GPU in software on so many cores; each is given the work, in µs, that it has. */
function machine(cores: number, threads: readonly number[], gpu: number) {
  const place = (traits: Partial<FakeTraits>, micros: number): Place => {
    const made = new Place(new FakeProcessor(traits), 0, new MemoryPool());
    made.sentMicros = micros;
    return made;
  };
  const narrow = threads.map((micros) => place({ cores: 1 }, micros));
  const wide = place({ cores: Number.POSITIVE_INFINITY }, gpu);
  const device = place({}, 500);
  const own = new Cores(cores);
  own.arrange([...narrow, wide, device]);
  return { narrow, wide, device, own };
}

describe('processors on the same cores', () => {
  it('P1. threads that fill the cores wait for what a GPU in software has to do, and it for the first of them', () => {
    const { narrow, wide, device } = machine(2, [300, 200], 50);
    expect(narrow.map(({ queuedMicros }) => queuedMicros)).toEqual([350, 250]);
    expect(wide.queuedMicros).toBe(250);
    expect(device.queuedMicros).toBe(500);
  });

  it('P1. a GPU in software needs not wait for threads that leave it a core', () => {
    const { narrow, wide } = machine(4, [300, 200], 50);
    expect(wide.queuedMicros).toBe(50);
    // Six want four cores: half of the time.
    expect(narrow.map(({ queuedMicros }) => queuedMicros)).toEqual([325, 225]);
  });

  it.each([
    [4, [0, 0, 0, 0], 0, 1],
    [4, [9, 9, 0, 0], 0, 2],
    [4, [9, 9, 9, 9], 0, 4],
    // Behind its own work, what counts is the time that it takes of a core.
    [4, [0, 0, 0, 0], 9, 4],
    [1, [9], 0, 1],
  ])(
    'P1. on %i cores, beside threads with %j µs of work and behind %i of its own, a call is taken to need %i times as long',
    (cores, threads, gpu, times) => {
      const { narrow, wide, device } = machine(cores, threads, gpu);
      expect(wide.stretch()).toBe(times);
      expect([...narrow, device].map((place) => place.stretch())).toEqual([...threads.map(() => 1), 1]);
    },
  );

  it('P2. what is learnt is what a call takes alone', () => {
    const { narrow, wide, own } = machine(2, [300, 0], 50);
    expect(own.alone(wide, 300)).toBe(200);
    expect(own.alone(narrow[1] as Place, 400)).toBe(200);
    const quiet = machine(2, [300, 300], 0);
    expect(quiet.own.alone(quiet.narrow[0] as Place, 400)).toBe(400);
  });

  it('P1. without a processor that takes several cores nothing is counted', () => {
    const { narrow, wide, own } = machine(2, [300, 200], 50);
    Object.assign(wide, { gone: true });
    own.arrange([...narrow, wide]);
    expect(narrow.map(({ queuedMicros, cores }) => [queuedMicros, cores])).toEqual([
      [300, undefined],
      [200, undefined],
    ]);
  });

  it.each([
    [2, [0, 0], true],
    [2, [0], false],
    [1, [0], true],
  ])('P2. on %i cores, a GPU in software slows threads %j down: %s', (cores, threads, fills) => {
    const { narrow, wide } = machine(cores, threads, 0);
    expect(wide.fillsCores).toBe(fills);
    expect(narrow.some((place) => place.fillsCores)).toBe(false);
  });
});
