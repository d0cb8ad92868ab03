/** @file A mixed load, free to run where the scheduler wants, beside the same load held to the threads or to the device. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Machine, type MachineTraits, type Side } from './testing/machine.js';

const RUNS = Number(process.env['N'] ?? 40);
const SIDES: readonly Side[] = ['thread', 'device'];

/** Bytes of the factors of 200 products of n², n from 16 to 512; `seed` decides. */
function sizes(seed: number): number[] {
  let state = seed + 1;
  return Array.from({ length: 200 }, () => {
    state = (state * 48271) % 2147483647;
    const n = Math.round(16 + (state / 2147483647) * 496);
    return 8 * n * n;
  });
}

/** µs of a product of that many bytes at so many multiplications for each µs, after a beginning. */
const product = (rate: number, latency: number) => (bytes: number) => latency + (bytes / 8) ** 1.5 / rate;

/** µs of a load, on a machine that knows from a load like it what both sides take. */
function compare(traits: MachineTraits, seed: number): Record<Side | 'free', number> {
  const took = (side?: Side): number => {
    const machine = new Machine(traits);
    for (const known of side === undefined ? SIDES : [side]) machine.run(sizes(seed + 1), known);
    return machine.run(sizes(seed), side);
  };
  return { free: took(), thread: took('thread'), device: took('device') };
}

/** The device against all threads together. */
const machines = fc.record({
  cores: fc.integer({ min: 1, max: 4 }),
  faster: fc.integer({ min: -8, max: 4 }).map((power) => 2 ** (power / 2)),
  latency: fc.constantFrom(0, 30, 300),
  seed: fc.nat(1e6),
});

describe('a mixed load', () => {
  it.each([
    ['on the cores of the threads', true],
    ['of its own', false],
  ])(
    'P1. on threads and a device %s takes about what the better of both takes, or less',
    (_where, software) => {
      fc.assert(
        fc.property(machines, ({ cores, faster, latency, seed }) => {
          const thread = product(5000, 1);
          const device = product(5000 * cores * faster, latency);
          const took = compare({ cores, threads: cores, thread, device, software }, seed);
          const [better, worse] = [took.thread, took.device].sort((a, b) => a - b) as [number, number];
          expect(took.free).toBeLessThanOrEqual(1.1 * better);
          // Both are of use.
          if (!software && worse < 3 * better) expect(took.free).toBeLessThanOrEqual(0.9 * better);
        }),
        { numRuns: RUNS },
      );
    },
  );

  it('P2. finding out that a device on the cores of the threads is slow costs a part of five loads, and a run or two', () => {
    fc.assert(
      fc.property(machines, ({ cores, faster, latency, seed }) => {
        const thread = product(5000, 1);
        const device = product(5000 * cores * Math.min(1, faster), latency);
        const took = (side?: Side): number => {
          const machine = new Machine({ cores, threads: cores, thread, device, software: true });
          let total = 0;
          for (let load = 0; load < 5; load++) total += machine.run(sizes(seed + load), side);
          return total;
        };
        // A tenth is for trials. One size tells of the next, which may take half as long again as it says.
        expect(took()).toBeLessThanOrEqual(1.5 * took('thread') + 2 * device(8 * 512 ** 2));
      }),
      { numRuns: RUNS },
    );
  });

  it('P2. equal calls that threads would run as blocks find a faster device by themselves, though all are ready at once', () => {
    const traits = fc.record({
      threads: fc.integer({ min: 2, max: 8 }),
      faster: fc.integer({ min: 2, max: 10 }).map((power) => 2 ** (power / 2)),
      micros: fc.integer({ min: 0, max: 10 }).map((power) => 1000 * 2 ** power),
    });
    fc.assert(
      fc.property(traits, ({ threads, faster, micros }) => {
        // µs of all threads together, for a call of a MiB.
        const thread = (bytes: number): number => (threads * micros * bytes) / 2 ** 20;
        const device = (bytes: number): number => (micros * bytes) / 2 ** 20 / faster;
        const machine = new Machine({
          cores: threads,
          threads,
          thread,
          device,
          software: false,
          planned: true,
        });
        const calls = Array.from({ length: 50 }, () => 2 ** 20);
        const took = machine.run(calls);
        const ideal = (50 * micros) / (1 + faster);
        // A few are cut before anything is known.
        expect(took).toBeLessThanOrEqual(1.1 * ideal + 8 * micros);
      }),
      { numRuns: RUNS },
    );
  });
});
