/**
 * @file Where results live. A result that only a processor has is counted and freed with its last user (C4),
 * moved when someone elsewhere needs it (C2), and made again from its inputs when its processor dies (E3).
 */
import { WorkerLostError } from '../errors.js';
import type { HostValue, Loss, Resident } from '../processor.js';
import { addDependent } from './dependents.js';
import { endChildren, failTask } from './failing.js';
import { lostInPlace } from './in-place.js';
import type { Place } from './place.js';
import { raceEnded } from './racing.js';
import { type Failure, isTerminal, Phase, TaskRecord } from './record.js';
import { NOTHING, type SchedulerState } from './state.js';
import { endTrial } from './trials.js';

/**
 * Of so many results in a row that only processors have, one is copied to the host, so that neither lineage nor the work to
 * repeat after a loss grows with the length of a chain. Far fewer where copying is dear and losses are rare, such as on a GPU.
 */
const LINEAGE = 64;
const LINEAGE_ON_DEVICES = 1024;

/**
 * Whether all inputs of `record` are there, for `place` or (undefined) anywhere. What is gone is made again, what
 * is elsewhere is sent for; the task then waits for it like for any input.
 */
export function inputsAtHand(state: SchedulerState, record: TaskRecord, place: Place | undefined): boolean {
  const { args } = record;
  // With nothing pending, an unfinished input is one that had finished, was lost, and is being made again.
  const complete = record.pending === 0;
  for (let i = 0; i < args.length; i++) {
    const input = args[i];
    if (!(input instanceof TaskRecord) || input.hosted) continue;
    // What most find: an input that is still being made.
    if (input.phase < Phase.Finished && !complete && !input.settled) continue;
    if (record.takesHandle(i) || record.passesOver(i, place)) continue;
    if (input.phase > Phase.Finished) {
      if (record.settings.allowErrors) continue;
      failTask(state, record, (input.value as Failure).error, input.value as Failure);
      return false;
    }
    if (input.phase !== Phase.Finished) {
      if (complete || (input.settled && !hangsOn(record, input))) waitFor(record, input);
    } else if (input.residence === undefined) {
      waitFor(record, input);
      recompute(state, input);
      // It may turn out that the input cannot be made again.
      if (isTerminal(record)) return false;
    } else if (place !== undefined && input.residence !== place) {
      if (input.inPlace) {
        // It was made again elsewhere while the task waited for its processor to come back.
        record.place = undefined;
        if (record.pending === 0) state.readyLater(record);
        return false;
      }
      waitFor(record, input);
      fetchHome(state, input);
    }
  }
  return (
    record.pending === 0 ||
    (place?.processor.queues === true && record.pending === unfinishedOn(record, place))
  );
}

/** The record waits again for an input that had finished: it will count as its consumer anew when it comes. */
function waitFor(record: TaskRecord, input: TaskRecord): void {
  record.pending++;
  input.consumers--;
  addDependent(input, record);
}

/** How many inputs are still being made by `place`, in front of the record. */
function unfinishedOn(record: TaskRecord, place: Place): number {
  let count = 0;
  for (const arg of record.args) {
    if (arg instanceof TaskRecord && arg.phase === Phase.Sent && arg.place === place && !arg.suspended)
      count++;
  }
  return count;
}

/** A task is next in the queue of a busy processor: what it will need from elsewhere comes meanwhile. */
export function sendAhead(state: SchedulerState, record: TaskRecord, place: Place): void {
  for (const input of record.args) {
    if (!(input instanceof TaskRecord) || record.settings.meta || input.inPlace) continue;
    const { residence } = input;
    if (input.phase === Phase.Finished && residence !== undefined && residence !== place)
      fetchHome(state, input);
  }
}

function fetchHome(state: SchedulerState, record: TaskRecord): void {
  if (record.moving || record.hosted) return;
  record.moving = true;
  state.instructions.move.push(record);
  state.instructions.pending = true;
  state.trace?.('chunk:move', record, record.residence, record.bytes);
}

/** A task finished and its result stays with its processor. */
export function kept(state: SchedulerState, record: TaskRecord, place: Place, resident: Resident): void {
  record.residence = place;
  record.bytes = resident.bytes;
  place.residents.add(record);
  place.residentBytes += resident.bytes;
  state.settleFinished(record);
  // Who listens may only want to know that it is done; who wants the value asks for it (`needed`).
  // Counted where the links were spawned: a chain that is on its way as a whole is as deep as it is long.
  const links = place.sharesHostMemory ? LINEAGE : LINEAGE_ON_DEVICES;
  const isLink = record.depth > 0 && record.depth % links === 0;
  const wins = record.isTwin && !isTerminal(record.twin as TaskRecord);
  const isHeavy = state.lineage.add(record);
  if ((isLink || wins || isHeavy || record.settings.getResult) && !record.inPlace) fetchHome(state, record);
  else freeIfUnused(state, record);
}

export function moved(
  state: SchedulerState,
  record: TaskRecord,
  { value, codecs, buffers }: HostValue,
): void {
  record.moving = false;
  if (record.phase !== Phase.Finished || record.hosted) return;
  record.value = value;
  record.codecs = codecs;
  record.buffers = buffers;
  record.hosted = true;
  record.depth = 0;
  record.args = NOTHING;
  state.lineage.remove(record);
  record.lineage = undefined;
  tellWaiting(state, record);
  state.settle(record);
  freeIfUnused(state, record);
  if (record.isTwin) raceEnded(state, record);
}

export function unmoved(state: SchedulerState, record: TaskRecord, from: Place, error: unknown): void {
  // Where the processor died on the way, the loss has been reported and the value is made again.
  if (record.phase !== Phase.Finished || record.residence !== from) return;
  record.moving = false;
  // It has used its inputs already.
  record.args = NOTHING;
  leave(state, record, from);
  discard(state, record, from);
  state.setPhase(record, Phase.Waiting);
  failTask(state, record, error, undefined);
}

/** A processor has a result that nobody wants. */
export function discard(state: SchedulerState, record: TaskRecord, place: Place): void {
  state.instructions.free.push({ place, key: record.id });
  state.waiting.memoryCame();
  state.instructions.pending = true;
  state.trace?.('chunk:free', record, place, record.bytes);
}

function tellWaiting(state: SchedulerState, record: TaskRecord): void {
  const { dependents } = record;
  record.dependents = undefined;
  if (dependents === undefined) return;
  for (const dependent of Array.isArray(dependents) ? dependents : [dependents]) {
    if (isTerminal(dependent)) continue;
    record.consumers++;
    state.inputCame(dependent);
  }
}

/** Someone on the host waits for the value of a finished task. */
export function needed(state: SchedulerState, record: TaskRecord): void {
  if (record.phase !== Phase.Finished) return;
  if (record.hosted || (record.inPlace && record.residence !== undefined)) state.settle(record);
  else if (record.residence === undefined) recompute(state, record);
  else fetchHome(state, record);
}

/** `record` is settled: it needs its inputs no longer. */
export function consumed(state: SchedulerState, record: TaskRecord): void {
  const { args, plan } = record;
  for (let i = 0; i < args.length; i++) {
    const input = args[i];
    if (input instanceof TaskRecord) unneeded(state, record, input);
  }
  if (plan !== undefined) for (const block of plan.blocks) unneeded(state, record, block);
  // One that is made again does not wait for them again.
  if (record.settled) return;
  for (const input of record.settings.syncdeps) if (!args.includes(input)) unneeded(state, record, input);
}

function unneeded(state: SchedulerState, record: TaskRecord, input: TaskRecord): void {
  // It counts as a consumer from when the input finished, but not while it waits for the input to come or to be made again.
  if (input.phase !== Phase.Finished && (input.phase > Phase.Finished || !input.settled)) return;
  if (input.dependents !== undefined && hangsOn(record, input)) {
    // Once for each time that it is an input: some may have waited, and others not yet.
    removeDependent(input, record);
    return;
  }
  input.consumers--;
  if (input.residence !== undefined) freeIfUnused(state, input);
}

function removeDependent(input: TaskRecord, record: TaskRecord): void {
  const { dependents } = input;
  if (Array.isArray(dependents) && dependents.length > 1) dependents.splice(dependents.indexOf(record), 1);
  else input.dependents = undefined;
}

function hangsOn(record: TaskRecord, input: TaskRecord): boolean {
  const { dependents } = input;
  return Array.isArray(dependents) ? dependents.includes(record) : dependents === record;
}

export function released(state: SchedulerState, record: TaskRecord): void {
  record.handles--;
  freeIfUnused(state, record);
}

/** The copy on a processor goes when nobody can ask for it any more, or when the host has the value too. */
function freeIfUnused(state: SchedulerState, record: TaskRecord): void {
  const { residence } = record;
  if (residence === undefined || record.phase !== Phase.Finished) return;
  if (record.consumers > 0 || record.handles > 0 || record.handle !== undefined) return;
  if (record.moving || record.listeners !== undefined || record.dependents !== undefined) return;
  leave(state, record, residence);
  discard(state, record, residence);
}

function leave(state: SchedulerState, record: TaskRecord, residence: Place): void {
  state.lineage.remove(record);
  residence.residents.delete(record);
  residence.residentBytes -= record.bytes;
  record.residence = undefined;
}

/** Runs a finished task again whose result is gone, and before it those whose results it needs. */
function recompute(state: SchedulerState, lost: TaskRecord): void {
  const work = [lost];
  for (let record = work.pop(); record !== undefined; record = work.pop()) {
    if (record.phase !== Phase.Finished) continue;
    state.setPhase(record, Phase.Waiting);
    record.pending = 0;
    if (failsAgain(state, record)) continue;
    record.place = undefined;
    state.trace?.('task:recompute', record, undefined);
    for (const input of record.args) {
      if (!(input instanceof TaskRecord) || input.phase > Phase.Finished) continue;
      if (input.phase === Phase.Finished && (input.hosted || input.residence !== undefined)) {
        input.consumers++;
        continue;
      }
      record.pending++;
      addDependent(input, record);
      work.push(input);
    }
    if (record.pending === 0) state.readyLater(record);
  }
}

/** Fails a task that was to be made again and must not start twice, or whose input has failed meanwhile. */
function failsAgain(state: SchedulerState, record: TaskRecord): boolean {
  const input = record.settings.allowErrors
    ? undefined
    : record.args.find((arg) => arg instanceof TaskRecord && arg.phase > Phase.Finished);
  const { retries, inPlace } = record.settings;
  if (input === undefined && retries !== 0 && inPlace !== 'mutable') return false;
  // It has used its inputs already.
  record.args = NOTHING;
  if (input === undefined && inPlace === 'mutable') failTask(state, record, lostInPlace(record), undefined);
  else if (input === undefined) {
    const what = `the result of ${record.name} (#${record.id}) was lost with its processor`;
    failTask(
      state,
      record,
      new WorkerLostError(`${what}, and with retries: 0 it starts only once`),
      undefined,
    );
  } else {
    const failure = (input as TaskRecord).value as Failure;
    failTask(state, record, failure.error, failure);
  }
  return true;
}

/** E3: a processor died. What it had not begun runs elsewhere; what it was running is tried again within `retries`. */
export function lostProcessor(state: SchedulerState, place: Place, loss: Loss): void {
  place.up = false;
  place.gone = !loss.restarts;
  place.lossReason = loss.reason;
  state.trace?.('processor:lost', undefined, place);
  const lost = [...place.residents];
  place.residents.clear();
  place.residentBytes = 0;
  for (const record of lost) {
    state.lineage.remove(record);
    record.residence = undefined;
    record.moving = false;
  }
  for (const record of lost) {
    const wanted = record.dependents !== undefined || record.listeners !== undefined;
    if (wanted && !record.hosted) recompute(state, record);
  }
  const began = new Set<unknown>(loss.started);
  const running = new Set<unknown>(loss.running ?? loss.started);
  const sent = [...place.sent()];
  const again: TaskRecord[] = [];
  place.outbox = [];
  for (const record of sent) {
    const wasSuspended = record.suspended;
    place.unsend(record);
    endTrial(record, place);
    record.place = undefined;
    if (record.cancelling) {
      record.cancelling = false;
      state.losers.delete(record);
      continue;
    }
    const limit = record.settings.retries ?? 1;
    if (running.has(record) && !wasSuspended) record.attempt++;
    if (began.has(record) && (limit === 0 || record.attempt > limit)) {
      state.again(record);
      failTask(state, record, workerLost(record, place, loss), undefined);
    } else {
      state.again(record);
      if (began.has(record)) again.push(record);
    }
  }
  for (const record of again) endChildren(state, record, undefined);
  if (place.gone) {
    state.processorsChanged();
    state.waiting.memoryCame();
    for (const record of place.backlog.drain()) {
      place.forget(record);
      endTrial(record, place);
      record.place = undefined;
      state.setPhase(record, Phase.Waiting);
      if (record.pending === 0) state.readyLater(record);
    }
  }
}

function workerLost(record: TaskRecord, place: Place, loss: Loss): WorkerLostError {
  const runs = record.attempt < 2 ? 'once' : `${record.attempt} times`;
  return new WorkerLostError(
    `${place.processor.id} ${loss.reason} while it ran ${record.name} (#${record.id}), which has been tried ${runs}`,
  );
}
