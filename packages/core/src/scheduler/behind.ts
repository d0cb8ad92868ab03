/** @file Queueing a task behind inputs that are still being made, and taking it back. */

import { eachDependent } from './dependents.js';
import type { Place } from './place.js';
import { isTerminal, Phase, TaskRecord } from './record.js';
import type { SchedulerState } from './state.js';

/**
 * The processor that has been handed all inputs that are missing, if it is one: queued behind them there, a chain of n
 * tasks is one conversation with a worker and not n (2.7 against 34 µs a link).
 */
export function placeBehindInputs(state: SchedulerState, record: TaskRecord): Place | undefined {
  const { syncdeps, meta, allowErrors } = record.settings;
  // A processor starts a task that needs no result of another without waiting for it, or seeing that it failed.
  if (syncdeps.length > 0 || meta || allowErrors || record.capturedHandles > 0) return undefined;
  let place: Place | undefined;
  let sent = 0;
  const { args } = record;
  for (let i = 0; i < args.length; i++) {
    const input = args[i];
    if (!(input instanceof TaskRecord) || isTerminal(input)) continue;
    if (input.phase !== Phase.Sent || input.suspended || !input.place?.processor.queues) return undefined;
    if (place !== undefined && place !== input.place) return undefined;
    place = input.place;
    sent++;
  }
  if (place === undefined || sent !== record.pending) return undefined;
  // A call that may be cut into blocks is not tied to one processor beforehand, but where there are none.
  if (record.fn.shape.plan !== undefined && place.runsBlocks) return undefined;
  // Behind a kind that is only being tried, a whole chain would wait for the trial.
  if (state.candidates.several && isOnTrial(state, record, place)) return undefined;
  return state.candidates.takes(record, place, state.costs) ? place : undefined;
}

function isOnTrial(state: SchedulerState, record: TaskRecord, place: Place): boolean {
  return state.costs.isTrial(record, place.processor.kind) && state.candidates.of(record).mixed;
}

/**
 * A task waits for one of its own: what was handed out behind it comes back until it has finished. Left there, it would
 * take the room that the processor has for the task that is waited for, and neither would ever run.
 */
export function takeBackBehind(state: SchedulerState, record: TaskRecord): void {
  const { place } = record;
  if (place?.processor.revoke === undefined) return;
  const behind = sentBehind(record, place);
  if (behind.size === 0) return;
  // Newest first, so that none is left there without its input.
  const records: TaskRecord[] = [];
  for (let at = place.newest; at !== undefined && records.length < behind.size; at = at.previous)
    if (behind.has(at)) records.push(at);
  state.instructions.revoke.push({ place, records });
  state.instructions.pending = true;
}

/**
 * A task comes back from a processor, or starts anew: what was put behind it in the same turn, and has not left the
 * host's outbox, must not go there without its input.
 */
export function recallBehind(state: SchedulerState, record: TaskRecord, place: Place): void {
  const behind = sentBehind(record, place);
  if (behind.size === 0) return;
  const recalled = place.outbox.filter((unsent) => behind.has(unsent));
  place.outbox = place.outbox.filter((unsent) => !behind.has(unsent));
  for (const unsent of recalled) state.follow({ type: 'revoked', record: unsent });
}

/** What the processor has been handed that depends on the task, over others there too. */
function sentBehind(record: TaskRecord, place: Place): Set<TaskRecord> {
  const behind = new Set<TaskRecord>();
  const work = [record];
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    eachDependent(next, (dependent) => {
      if (dependent.phase !== Phase.Sent || dependent.place !== place || behind.has(dependent)) return;
      behind.add(dependent);
      work.push(dependent);
    });
  }
  return behind;
}
