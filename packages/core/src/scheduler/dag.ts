/** @file The graph as it stands, for who asks. */
import { eachDependent } from './dependents.js';
import { isTerminal } from './record.js';
import type { SchedulerState } from './state.js';

/** The unsettled tasks by id, each with those that wait for it. */
export function dagOf(state: SchedulerState): Map<number, Set<number>> {
  const dag = new Map<number, Set<number>>();
  for (const record of state.live()) {
    if (record.given) continue;
    const waiting = new Set<number>();
    eachDependent(record, (dependent) => {
      if (!isTerminal(dependent)) waiting.add(dependent.id);
    });
    dag.set(record.id, waiting);
  }
  return dag;
}
