/** @file What a simulation is made from: tasks, processors, and what happens to them. */

import type { InPlace } from '../../options.js';

export interface TaskSpec {
  /** How far back the inputs are. */
  readonly inputs: readonly number[];
  readonly after: readonly number[];
  /** How often it throws before it succeeds. */
  readonly throws: number;
  readonly retries: number | undefined;
  readonly priority: number;
  readonly occupancy: number;
  /** Takes the errors of failed inputs as values: `allowErrors`. */
  readonly tolerant: boolean;
  /** Its result stays where it was made, and those that take it run there. */
  readonly inPlace: InPlace | undefined;
  /** Takes, after its inputs, the piece of a shard that is where it runs. */
  readonly takesPiece: boolean;
  /** Spawned by the code of a task that runs at that moment, if one does. */
  readonly nested: boolean;
  readonly sort: 'plain' | 'other' | 'onlyB' | 'both' | 'planned' | 'either';
}

export interface ProcessorSpec {
  readonly kind: 'a' | 'b';
  readonly queues: boolean;
  readonly capacity: number;
  readonly window: number;
  readonly local: boolean;
  /** Results of every so many tasks stay in its own memory; 0 for none. */
  readonly keeps: number;
  readonly sharesHost: boolean;
}

export interface Scenario {
  readonly tasks: readonly TaskSpec[];
  readonly processors: readonly ProcessorSpec[];
  /** What happens, one number for each step. */
  readonly steps: readonly number[];
  /** Whether processors may die, and tasks be cancelled. */
  readonly faults: boolean;
}

const MODULUS = 1_000_003;

/** The value of all pieces of the shard. */
export const PIECE = 13;

/** What stands for an error among the inputs. */
export const ERROR = 4711;

/** What a task gives for its inputs. */
export function result(index: number, values: readonly unknown[]): number {
  const number = (value: unknown): number => (typeof value === 'number' ? value : ERROR);
  return values.reduce<number>((sum, value, i) => (sum * 31 + number(value) * (i + 1)) % MODULUS, index + 1);
}
