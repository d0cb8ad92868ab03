/** @file How a processor without work gets some from others (P4). */
import type { Place } from './place.js';
import { Phase, type TaskRecord } from './record.js';
import type { SchedulerState } from './state.js';
import { endTrial, mayTry } from './trials.js';

/** In µs: queued work below this is not worth taking from a processor that has it already. */
const WORTH = 200;
/** In µs: how long a busy processor may keep little work to itself before an idle one takes it all the same. */
const PATIENCE = 2000;

/**
 * How many of the tasks that were sent last are looked at in vain: a chain of thousands that wait for each other has
 * nothing to take, and walking through it at each event took 70 µs a link.
 */
const LOOK_BACK = 32;

/** Looks for work for an idle processor; whether it found some that can be handed over now. */
export function giveWork(state: SchedulerState, thief: Place): boolean {
  const victim = busiest(state, thief, withQueued, queuedMicros);
  if (victim !== undefined) {
    // What the thief has no room for would only be stolen back.
    const fits = (candidate: TaskRecord): boolean =>
      thief.hasRoom(candidate) && gains(state, candidate, victim, thief);
    const record = victim.backlog.takeWhere(fits);
    if (record !== undefined) {
      take(state, record, victim, thief);
      return true;
    }
  }
  if (thief.sentCount === 0) stealSent(state, thief, false);
  return false;
}

/** Takes what waits elsewhere and is more urgent than the next in a processor's own queue, where it gains by that. */
export function takeUrgent(state: SchedulerState, thief: Place, next: TaskRecord): boolean {
  for (const victim of state.places) {
    const head = victim === thief ? undefined : victim.backlog.peek();
    if (head === undefined || head.settings.priority <= next.settings.priority) continue;
    if (!thief.hasRoom(head) || !gains(state, head, victim, thief)) continue;
    victim.backlog.shift();
    take(state, head, victim, thief);
    return true;
  }
  return false;
}

function take(state: SchedulerState, record: TaskRecord, victim: Place, thief: Place): void {
  victim.forget(record);
  endTrial(record, victim);
  // The next one in its queue may be smaller, and fit.
  state.feedLater(victim);
  state.trace?.('task:steal', record, thief);
  state.enqueue(record, thief);
}

/** Asks the processor with the most unbegun work to give half of it back. */
export function stealSent(state: SchedulerState, thief: Place, patienceIsOver: boolean): void {
  const victim = busiest(state, thief, withUnbegun, sentMicros);
  if (victim === undefined) return;
  if (victim.sentMicros < WORTH && !patienceIsOver) {
    state.instructions.wakeIn = PATIENCE;
    state.instructions.pending = true;
    return;
  }
  const most = Math.ceil(victim.sentCount / 2);
  const records: TaskRecord[] = [];
  let misses = 0;
  for (let record = victim.newest; record !== undefined; record = record.previous) {
    if (records.length >= most || record === victim.oldest || misses > LOOK_BACK) break;
    if (record.pending === 0 && record.dependents === undefined && gains(state, record, victim, thief)) {
      records.push(record);
    } else misses++;
  }
  if (records.length === 0) return;
  state.instructions.revoke.push({ place: victim, records });
  state.instructions.pending = true;
}

/** µs until it would have run where it is, if it were the last there. */
function ends(record: TaskRecord, place: Place, micros: number): number {
  // As placement counts it, which would give it back otherwise.
  if (place.fillsCores) return place.queuedMicros - record.estimate + micros;
  return Math.max(place.queuedMicros, record.phase === Phase.Sent ? 2 * micros : micros);
}

/** Whether `thief` may run it and would finish it before `victim` does. */
function gains(state: SchedulerState, record: TaskRecord, victim: Place, thief: Place): boolean {
  const { costs } = state;
  if (record.pending > 0 || record.isTwin || !state.candidates.takes(record, thief, costs)) return false;
  if (!victim.up) return true;
  const { kind } = thief.processor;
  // One task at a time tries a kind; between processors of one kind nothing more is tried.
  const tries = kind !== victim.processor.kind && !costs.measured(record, kind);
  if (tries && !mayTry(record, thief, costs)) return false;
  // What was handed over was estimated then: its function may have been run for the first time since.
  const fresh = costs.run(record, victim.processor.kind) * victim.stretch(record.estimate);
  const here = costs.transfer(record, thief) + costs.run(record, kind) * thief.stretch();
  // On the cores that others work on too, only what takes less of them is a gain.
  if (thief.fillsCores && !victim.fillsCores && here > fresh) return false;
  return here + thief.queuedMicros <= ends(record, victim, fresh);
}

// Named, since this is asked at each answer while a processor is idle: closures there were 110 bytes a task.
const withQueued = (place: Place): boolean => place.backlogCount > 0;
const queuedMicros = (place: Place): number => place.backlogMicros;
const withUnbegun = (place: Place): boolean =>
  place.sentCount > 1 && place.processor.revoke !== undefined && place.up;
const sentMicros = (place: Place): number => place.sentMicros;

function busiest(
  state: SchedulerState,
  thief: Place,
  eligible: (place: Place) => boolean,
  load: (place: Place) => number,
): Place | undefined {
  let best: Place | undefined;
  for (const place of state.places) {
    if (place !== thief && eligible(place) && (best === undefined || load(place) > load(best))) best = place;
  }
  return best;
}
