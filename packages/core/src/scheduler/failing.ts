/** @file How failures, cancellations and retries change the tasks. */
import { formatScope } from '@poniard/scopes';
import { CancelledError, type FailureOrigin, SchedulingError } from '../errors.js';
import type { FunctionRecord } from '../functions/registry.js';
import { callText } from './call-text.js';
import { eachDependent } from './dependents.js';
import { orphaned } from './family.js';
import { elsewhere } from './in-place.js';
import type { Place } from './place.js';
import { raceEnded } from './racing.js';
import { Failure, isTerminal, Phase, type TaskRecord } from './record.js';
import { consumed } from './residence.js';
import { NOTHING, type SchedulerState } from './state.js';
import { endTrial } from './trials.js';

/** E1: fails a task and all that depend on it, at once and without recursion. */
export function failTask(
  state: SchedulerState,
  record: TaskRecord,
  error: unknown,
  from: Failure | undefined,
): void {
  end(state, record, error, from, Phase.Failed, undefined);
}

export function cancelTask(state: SchedulerState, record: TaskRecord, error: unknown, force: boolean): void {
  if (isTerminal(record)) {
    // It was cancelled before and goes on running: now it is to be stopped.
    if (record.cancelling && force) abort(state, record, error, true);
    return;
  }
  const phase = error instanceof CancelledError ? Phase.Cancelled : Phase.Failed;
  end(state, record, error, undefined, phase, force);
}

/** A throw: runs again while the task's own `retries` last. */
export function retryOrFail(state: SchedulerState, record: TaskRecord, error: unknown): void {
  if (record.attempt < (record.settings.retries ?? 0)) {
    record.attempt++;
    endChildren(state, record, error);
    state.again(record);
  } else {
    // Its processor has answered for it: there is nothing to take back.
    state.setPhase(record, Phase.Waiting);
    failTask(state, record, error, undefined);
  }
}

/** A run of a task has ended badly, and another is to come: what the first spawned is for nobody. */
export function endChildren(state: SchedulerState, record: TaskRecord, error: unknown): void {
  state.waits.end(record);
  for (const orphan of state.family.empty ? NOTHING : state.family.takeOrphans(record))
    end(state, orphan, orphaned(orphan, record, error), undefined, Phase.Cancelled, undefined);
}

/** A task that is to end, and why. */
interface Ending {
  readonly record: TaskRecord;
  readonly from: Failure | undefined;
  readonly error: unknown;
  readonly phase: Phase;
}

function end(
  state: SchedulerState,
  first: TaskRecord,
  error: unknown,
  cause: Failure | undefined,
  phase: Phase,
  force: boolean | undefined,
): void {
  const work: Ending[] = [{ record: first, from: cause, error, phase }];
  for (let item = work.pop(); item !== undefined; item = work.pop()) {
    const { record, from, error, phase } = item;
    if (isTerminal(record)) continue;
    const origin = from === undefined ? originOf(record) : undefined;
    const failure = new Failure(error, record.summary, from && (from.root ?? from), from, origin);
    detach(state, record, error, force ?? false);
    consumed(state, record);
    if (record.plan !== undefined) {
      for (const block of record.plan.blocks) work.push({ record: block, from: failure, error, phase });
      record.plan = undefined;
    }
    state.setPhase(record, phase);
    record.value = failure;
    eachDependent(record, (dependent) => {
      if (!dependent.settings.allowErrors) work.push({ record: dependent, from: failure, error, phase });
      else if (!isTerminal(dependent)) {
        record.observed = true;
        state.inputCame(dependent);
      }
    });
    record.dependents = undefined;
    record.args = NOTHING;
    for (const orphan of state.family.empty ? NOTHING : state.family.takeOrphans(record)) {
      const reason = orphaned(orphan, record, error);
      work.push({ record: orphan, from: undefined, error: reason, phase: Phase.Cancelled });
    }
    if (!record.isTwin) state.trace?.('task:error', record, undefined);
    state.settle(record);
    if (record.twin !== undefined) raceEnded(state, record);
  }
}

function originOf(record: TaskRecord): FailureOrigin {
  const { fn, site } = record;
  return { call: callText(record), site, findPlace: fn.findPlace };
}

/** Takes a task out of queues, or asks the processor that has it to let it go. */
export function detach(state: SchedulerState, record: TaskRecord, error: unknown, force: boolean): void {
  const { place } = record;
  if (place === undefined) return;
  if (record.phase === Phase.Queued) {
    place.forget(record);
    endTrial(record, place);
    record.place = undefined;
    state.feedLater(place);
  } else if (record.phase === Phase.Sent) {
    record.cancelling = true;
    revoke(state, place, record);
    abort(state, record, error, force);
  }
}

function revoke(state: SchedulerState, place: Place, record: TaskRecord): void {
  state.instructions.revoke.push({ place, records: [record] });
  state.instructions.pending = true;
}

function abort(state: SchedulerState, record: TaskRecord, reason: unknown, force: boolean): void {
  state.instructions.abort.push({ record, reason, force });
  state.instructions.pending = true;
}

/** E5. Each processor with the reason why it was refused; those that died are remembered. */
export function noProcessor(state: SchedulerState, record: TaskRecord): Error {
  const travel = impossibleTravel(record.fn);
  if (travel !== undefined) return travel;
  const pinned = elsewhere(record);
  if (pinned !== undefined) return pinned;
  const live = state.candidates.reasons(record, state.costs);
  const reasons = live.map(({ place, reason }) => `${place.processor.id}: ${reason}`);
  for (const { gone, processor, lossReason } of state.places)
    if (gone) reasons.push(`${processor.id}: it ${lossReason}`);
  for (const { kind, reason } of state.absent.of(record.fn)) reasons.push(`${kind}: ${reason}`);
  const scope = formatScope(record.settings.scope);
  const list = reasons.map((reason) => `\n  ${reason}`).join('');
  return new SchedulingError(
    `no processor can run ${record.name} (#${record.id}) in the scope ${scope}; try widening it${list && `:${list}`}`,
  );
}

function impossibleTravel(fn: FunctionRecord): Error | undefined {
  for (const implementation of Object.keys(fn.shape.implementations)) {
    const travel = fn.travel(implementation);
    if (travel?.state === 'impossible' && travel.error instanceof Error) return travel.error;
  }
  return undefined;
}
