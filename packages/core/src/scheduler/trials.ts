/**
 * @file Finding out what a function takes on a kind of processor that has never run it, at a bounded cost (P2): one task at a
 * time, and while it runs, others run the same call (`racing.ts`).
 */

import type { Place } from './place.js';
import type { Costs } from './placement.js';
import type { TaskRecord } from './record.js';

/**
 * The part of a function's work that may go into trials on processors whose running takes cores from others: nobody knows how
 * long such a trial takes, and what has begun cannot be stopped. Beyond the first one, the function's work pays for it first.
 */
const BUDGET = 0.1;

/** The task has left a processor. Whether it was the one that tried the kind: others may do so now. */
export function endTrial(task: TaskRecord, place: Place): boolean {
  const { trials } = task.fn;
  if (trials.size === 0) return false;
  const { kind } = place.processor;
  return trials.get(kind) === task && trials.delete(kind);
}

/** Whether a task may be the one that tries the kind of `place`, which has not run its function on inputs of about its size. */
export function mayTry(task: TaskRecord, place: Place, costs: Costs): boolean {
  const { trials, times } = task.fn;
  const { kind } = place.processor;
  if (trials.has(kind)) return false;
  if (!place.fillsCores) return true;
  const { wasted, worked } = times;
  const expected = (times.guess(costs.size(task), kind) ?? 0) - costs.unknown(task);
  return wasted + Math.max(0, expected) <= BUDGET * worked;
}

/**
 * Which of several kinds of processor a task may go to while some have never run its function: a kind that is
 * unknown is tried with one task at a time, so that a slow one costs one run and not a queue of them.
 */
export function boundTrials(task: TaskRecord, candidates: readonly Place[], costs: Costs): readonly Place[] {
  const open = candidates.filter(
    (place) => costs.measured(task, place.processor.kind) || mayTry(task, place, costs),
  );
  if (open.length > 0) return open;
  const capacities = new Map<string, number>();
  for (const { processor } of candidates) {
    capacities.set(processor.kind, (capacities.get(processor.kind) ?? 0) + processor.capacity);
  }
  const [widest] = [...capacities].sort(([, a], [, b]) => b - a)[0] as [string, number];
  return candidates.filter(({ processor }) => processor.kind === widest);
}
