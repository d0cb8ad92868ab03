/** @file Which tasks wait for a task: one field, since most have one at most. */
import { Phase, type TaskRecord } from './record.js';

/** Calls `visit` for each dependent. */
export function eachDependent(record: TaskRecord, visit: (dependent: TaskRecord) => void): void {
  const { dependents } = record;
  if (dependents === undefined) return;
  if (Array.isArray(dependents))
    for (let i = 0; i < dependents.length; i++) visit(dependents[i] as TaskRecord);
  else visit(dependents);
}

/** Makes a new task wait for an input, or count as one that needs it; false where the input has failed. */
export function link(input: TaskRecord, record: TaskRecord): boolean {
  if (input.depth >= record.depth) record.depth = input.depth + 1;
  if (input.phase > Phase.Finished) return false;
  if (input.phase === Phase.Finished) input.consumers++;
  else {
    record.pending++;
    addDependent(input, record);
  }
  return true;
}

export function addDependent(record: TaskRecord, dependent: TaskRecord): void {
  const { dependents } = record;
  if (dependents === undefined) record.dependents = dependent;
  else if (Array.isArray(dependents)) dependents.push(dependent);
  else record.dependents = [dependents, dependent];
}
