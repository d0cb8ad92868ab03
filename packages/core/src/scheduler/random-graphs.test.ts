import fc from 'fast-check';
import { describe, it } from 'vitest';
import type { ProcessorSpec, Scenario, TaskSpec } from './testing/scenario.js';
import { Simulation } from './testing/simulation.js';

const task: fc.Arbitrary<TaskSpec> = fc.record({
  inputs: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 4 }),
  after: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 2 }),
  throws: fc.oneof({ weight: 12, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 3 })),
  retries: fc.constantFrom(undefined, undefined, 0, 1, 2),
  priority: fc.constantFrom(0, 0, 0, 1, -1),
  occupancy: fc.constantFrom(1, 1, 1, 0.5, 0.3, 0),
  inPlace: fc.constantFrom(undefined, undefined, undefined, undefined, 'mutable', 'piece'),
  takesPiece: fc.constantFrom(false, false, false, false, true),
  tolerant: fc.constantFrom(false, false, false, true),
  nested: fc.constantFrom(false, false, true),
  sort: fc.constantFrom(
    'plain',
    'plain',
    'plain',
    'other',
    'onlyB',
    'both',
    'both',
    'planned',
    'either',
    'either',
  ),
});

const processor: fc.Arbitrary<ProcessorSpec> = fc.record({
  kind: fc.constantFrom('a', 'b'),
  queues: fc.boolean(),
  capacity: fc.integer({ min: 1, max: 3 }),
  window: fc.constantFrom(1, 4, 1000),
  local: fc.boolean(),
  keeps: fc.constantFrom(0, 1, 2, 3),
  sharesHost: fc.boolean(),
});

const scenario = (faults: boolean): fc.Arbitrary<Scenario> =>
  fc.record({
    tasks: fc.array(task, { minLength: 1, maxLength: 60, size: 'max' }),
    processors: fc.array(processor, { minLength: 1, maxLength: 4 }),
    steps: fc.array(fc.nat(2 ** 30), { maxLength: 400, size: 'max' }),
    faults: fc.constant(faults),
  });

const RUNS = Number(process.env['PONIARD_RUNS'] ?? 100);
/** In ms: for many runs, by `PONIARD_RUNS`. */
const LIMIT = Math.max(20_000, RUNS * 100);

describe('random graphs', () => {
  it('agree with a sequential evaluation, in whatever order tasks finish, throw and are given back', {
    timeout: LIMIT,
  }, () => {
    fc.assert(
      fc.property(scenario(false), (s) => new Simulation(s).run()),
      { numRuns: RUNS },
    );
  });

  it('E3. agree with it when workers die and tasks are cancelled', { timeout: LIMIT }, () => {
    fc.assert(
      fc.property(scenario(true), (s) => new Simulation(s).run()),
      { numRuns: RUNS },
    );
  });
});
