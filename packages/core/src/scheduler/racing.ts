/**
 * @file Trials at a bounded cost (P2). Nobody knows how long a call takes on a kind of processor that has never run its
 * function. So an idle processor of another kind runs the same call too, and the first result counts: a slow kind is found
 * out in the time of the fast one. Only operations, whose implementations may be run again, are run twice.
 */
import { CancelledError } from '../errors.js';
import type { FunctionRecord } from '../functions/registry.js';
import { sizeClass, whole } from './costs.js';
import { link } from './dependents.js';
import { cancelTask, detach } from './failing.js';
import type { Place } from './place.js';
import { isTerminal, Phase, TaskRecord } from './record.js';
import { NOTHING, type SchedulerState } from './state.js';
import { endTrial, mayTry } from './trials.js';

/** How many of a processor's calls are looked at. */
const LOOK = 8;

/** What is known of a run that came second, until its processor has answered. */
export interface Loser {
  readonly size: number;
  /** What the first one took, in µs. */
  readonly micros: number;
}

/** Looks for a call that another kind of processor is trying, and asks for a twin of it for an idle one. */
export function race(state: SchedulerState, idle: Place): void {
  if (!idle.up || idle.sentCount > 0 || idle.backlogCount > 0) return;
  for (const place of state.places) {
    if (place.processor.kind === idle.processor.kind) continue;
    let record = place.oldest;
    for (let i = 0; record !== undefined && i < LOOK; i++, record = record.next) {
      if (!mayRace(state, record, place, idle)) continue;
      record.raced = true;
      state.instructions.race.push({ record, place: idle });
      state.instructions.pending = true;
      return;
    }
  }
}

function mayRace(state: SchedulerState, record: TaskRecord, place: Place, idle: Place): boolean {
  const { costs, candidates } = state;
  const { settings, fn } = record;
  if (record.raced || record.cancelling || record.inPlace || record.pending > 0) return false;
  if (settings.retries === 0 || settings.meta || settings.syncdeps.length > 0) return false;
  if (costs.measured(record, place.processor.kind)) return false;
  if (!costs.measured(record, idle.processor.kind) && !mayTry(record, idle, costs)) return false;
  if (!candidates.takes(record, idle, costs)) return false;
  if (fn.bestOf(idle.processor.implementations) === record.implementation) return false;
  return inputsAreAt(record, idle);
}

/** A twin is not worth moving anything that lives elsewhere. */
function inputsAreAt(record: TaskRecord, place: Place): boolean {
  for (const arg of record.args) {
    if (!(arg instanceof TaskRecord)) continue;
    if (arg.phase !== Phase.Finished || !(arg.hosted || arg.residence === place)) return false;
  }
  return true;
}

/** The twin that was asked for is there: it begins, if the race is still open. */
export function beginRace(state: SchedulerState, record: TaskRecord, twin: TaskRecord, place: Place): void {
  const isOpen =
    record.phase === Phase.Sent && record.pending === 0 && state.candidates.takes(record, place, state.costs);
  if (!isOpen || !inputsAreAt(record, place)) {
    twin.phase = Phase.Cancelled;
    return;
  }
  record.twin = twin;
  twin.twin = record;
  twin.isTwin = true;
  state.counts[Phase.Waiting]!++;
  state.unsettled++;
  for (const arg of twin.args) if (arg instanceof TaskRecord) link(arg, twin);
  state.trace?.('task:race', record, place);
  if (!state.waiting.askPlanner(twin, state.candidates.of(twin), place)) state.enqueue(twin, place);
}

/** One of two has ended, well or not. */
export function raceEnded(state: SchedulerState, record: TaskRecord): void {
  const { twin } = record;
  if (twin === undefined || (record.isTwin && record.phase === Phase.Finished && !record.hosted)) return;
  if (record.isTwin) {
    if (record.phase === Phase.Finished) winTwin(state, record, twin);
    return;
  }
  if (isTerminal(twin)) return;
  noteLoser(state, twin, record);
  cancelTask(state, twin, new CancelledError('the other run of this call was faster'), false);
}

/** The twin's value is on the host, and the task has it from there. */
function winTwin(state: SchedulerState, twin: TaskRecord, record: TaskRecord): void {
  if (isTerminal(record)) return;
  noteLoser(state, record, twin);
  detach(state, record, new CancelledError('the other run of this call was faster'), false);
  if (record.phase !== Phase.Waiting) state.setPhase(record, Phase.Waiting);
  record.value = twin.value;
  record.codecs = twin.codecs;
  record.buffers = twin.buffers;
  record.bytes = twin.bytes;
  if (twin.restored !== undefined) record.restored = twin.restored;
  record.hosted = true;
  record.depth = 0;
  state.settleFinished(record);
  record.args = NOTHING;
}

function noteLoser(state: SchedulerState, loser: TaskRecord, winner: TaskRecord): void {
  if (loser.phase !== Phase.Sent) return;
  state.losers.set(loser, { size: sizeClass(state.costs.inputBytes(loser)), micros: winner.estimate });
}

/**
 * A processor has answered for a run that came second; its time counts all the same. One that was stopped took longer than
 * the first, which is all that is known then.
 */
export function learnFromLoser(state: SchedulerState, record: TaskRecord, micros: number | undefined): void {
  const loser = state.losers.get(record);
  if (loser === undefined || record.place === undefined) return;
  state.losers.delete(record);
  record.fn.times.observe(record.place.processor.kind, loser.size, micros ?? 2 * loser.micros);
}

/** What was taken to need less than so much of what it does is placed anew. */
const TOO_LITTLE = 1 / 1.5;

/** What a kind takes is known now: tasks of the function that have not begun are placed by it. */
export function placeAnew(state: SchedulerState, fn: FunctionRecord): void {
  for (const place of state.places) {
    const waiting = place.backlog.drain();
    for (const record of waiting) {
      if (record.fn.times === fn.times && !record.isTwin && record.pending === 0)
        takeOut(state, record, place);
      else place.backlog.push(record, record.args.length === 0 || record.depth === 0);
    }
    takeBack(state, fn, place);
    // What was at the head of its queue may have been what it had no room for.
    state.feedLater(place);
  }
}

function takeOut(state: SchedulerState, record: TaskRecord, place: Place): void {
  place.forget(record);
  endTrial(record, place);
  record.place = undefined;
  state.setPhase(record, Phase.Waiting);
  state.readyLater(record);
}

/** Corrects what was handed out as if it were quick, and asks for it where it has not begun. */
function takeBack(state: SchedulerState, { times }: FunctionRecord, place: Place): void {
  const records: TaskRecord[] = [];
  for (const record of place.sent()) {
    if (record.fn.times !== times || record.cancelling || record.isTwin) continue;
    const { kind } = place.processor;
    const micros = whole(state.costs.run(record, kind));
    const isWrong = record.estimate < TOO_LITTLE * micros || state.costs.isTrial(record, kind);
    place.reestimateSent(record, micros);
    if (isWrong && record !== place.oldest && record.pending === 0 && record.dependents === undefined)
      records.push(record);
  }
  if (records.length === 0 || place.processor.revoke === undefined) return;
  state.instructions.revoke.push({ place, records });
  state.instructions.pending = true;
}
