/** @file Small functions for tasks, and ways to say what a test expects of them. */
import type { FakeProcessor } from '@poniard/testing';
import { type Failure, Phase, type TaskRecord } from '../record.js';
import { phaseName } from '../transitions.js';

export const one = (): number => 1;
export const increment = (x: number): number => x + 1;
export const add = (...xs: number[]): number => xs.reduce((sum, x) => sum + x, 0);
export const boom = (): never => {
  throw new Error('boom');
};

export const phases = (...records: TaskRecord[]): string[] => records.map(({ phase }) => phaseName(phase));

export function failureOf(record: TaskRecord): Failure {
  if (record.phase <= Phase.Finished) throw new Error(`${record.name} has not failed`);
  return record.value as Failure;
}

export const names = (processor: FakeProcessor): string[] => processor.calls.map(({ name }) => name);

/** Lets processors finish what they have, oldest first, until they have nothing. */
export function runAll(...processors: FakeProcessor[]): void {
  for (let moved = true; moved; ) {
    moved = false;
    for (const processor of processors) {
      const call = processor.calls.find((one) => processor.missing(one).length === 0);
      if (call === undefined) continue;
      processor.finish(call);
      moved = true;
    }
  }
}
