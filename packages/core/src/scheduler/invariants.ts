/** @file What must hold after each event. Tests check it each time; it looks at every task and is slow. */

import { eachDependent } from './dependents.js';
import type { Place } from './place.js';
import { isTerminal, Phase, type TaskRecord } from './record.js';
import type { SchedulerState } from './state.js';
import { phaseName } from './transitions.js';

/** Occupancies are fractions, and their sums not exact. */
const CLOSE = 1e-9;

/**
 * Throws an error that says what does not hold. `known`: all tasks that were spawned, so that one that the scheduler
 * has lost sight of is found too; without it, those that it still sees.
 */
export function checkInvariants(state: SchedulerState, known?: Iterable<TaskRecord>): void {
  const seen = state.live();
  const live = known === undefined ? seen : new Set([...known].filter((record) => !isTerminal(record)));
  atRest(state);
  for (const record of live) if (!seen.has(record)) broken(`nothing leads to ${text(record)} any more`);
  for (const record of seen)
    if (!live.has(record)) broken(`${text(record)} is seen, and is not among the tasks`);
  counts(state, live);
  for (const place of state.places) checkPlace(place, live);
  for (const record of live) checkLive(record);
  const consumers = countConsumers(live);
  for (const record of known ?? live) checkResult(record, consumers.get(record) ?? 0);
}

function broken(what: string): never {
  throw new Error(`invariant broken: ${what}`);
}

function equal(what: string, actual: number, expected: number): void {
  if (Math.abs(actual - expected) > CLOSE) broken(`${what} is ${actual} and should be ${expected}`);
}

function text(record: TaskRecord): string {
  return `${record.name} (#${record.id}, ${phaseName(record.phase)})`;
}

/** Nothing that is ready is left unplaced, and no processor waits to be fed. */
function atRest(state: SchedulerState): void {
  if (state['ready'].length > 0) broken(`${state['ready'].length} ready tasks were left unplaced`);
  if (state['hungry'].length > 0) broken(`${state['hungry'].length} processors were left unfed`);
}

function counts(state: SchedulerState, live: ReadonlySet<TaskRecord>): void {
  const found = [0, 0, 0];
  for (const { phase } of live) found[phase]!++;
  for (const phase of [Phase.Waiting, Phase.Queued, Phase.Sent]) {
    equal(`the number of ${phaseName(phase)} tasks`, state.counts[phase] as number, found[phase] as number);
  }
  for (const [phase, count] of state.counts.entries())
    if (count < 0) broken(`there are ${count} tasks in phase ${phase}`);
  const tasks = [...live].filter((record) => !record.given);
  equal('the number of unsettled tasks', state.unsettled, tasks.length);
}

function checkPlace(place: Place, live: ReadonlySet<TaskRecord>): void {
  const { id } = place.processor;
  const queued = [...place.backlog];
  const belong = [...live].filter((record) => record.phase === Phase.Queued && record.place === place);
  if (new Set(queued).size !== queued.length) broken(`a task is in the queue of ${id} twice`);
  for (const record of belong)
    if (!queued.includes(record)) broken(`${text(record)} is not in the queue of ${id}`);
  equal(`backlogCount of ${id}`, place.backlogCount, queued.length);
  equal(
    `backlogMicros of ${id}`,
    place.backlogMicros,
    sum(queued, ({ estimate }) => estimate),
  );

  const sent = [...place.sent()];
  let back = sent.length;
  for (let at = place.newest; at !== undefined; at = at.previous) if (at !== sent[--back]) back = -1;
  if (back !== 0) broken(`the list of ${id} is torn`);
  for (const record of sent) {
    if (record.phase !== Phase.Sent && !record.cancelling) broken(`${text(record)} is in the list of ${id}`);
    if (record.place !== place) broken(`${text(record)} is in the list of ${id}, which is not its place`);
  }
  const busy = sent.filter(({ suspended }) => !suspended);
  equal(`sentCount of ${id}`, place.sentCount, busy.length);
  equal(
    `sentMicros of ${id}`,
    place.sentMicros,
    sum(busy, ({ estimate }) => estimate),
  );
  equal(
    `sentOccupancy of ${id}`,
    place.sentOccupancy,
    sum(busy, ({ settings }) => settings.occupancy),
  );

  const next = place.backlog.peek();
  if (next !== undefined && place.hasRoom(next)) broken(`${id} has room and ${text(next)} waits for it`);
  if (place.gone && queued.length + sent.length > 0) broken(`${id} is gone and has tasks`);
  checkResidents(place);
}

function checkResidents(place: Place): void {
  const { id } = place.processor;
  for (const record of place.residents) {
    if (record.residence !== place)
      broken(`${id} has the result of ${text(record)}, whose residence is elsewhere`);
    if (record.phase !== Phase.Finished) broken(`${id} has a result of ${text(record)}`);
  }
  equal(
    `residentBytes of ${id}`,
    place.residentBytes,
    sum([...place.residents], ({ bytes }) => bytes),
  );
}

function sum(records: readonly TaskRecord[], of: (record: TaskRecord) => number): number {
  return records.reduce((total, record) => total + of(record), 0);
}

function checkLive(record: TaskRecord): void {
  if (record.phase === Phase.Queued || record.phase === Phase.Sent) {
    if (record.place === undefined) broken(`${text(record)} has no place`);
    if (record.phase === Phase.Sent && ![...record.place.sent()].includes(record)) {
      broken(`${text(record)} is not in the list of ${record.place.processor.id}`);
    }
  }
  const due = expectedPending(record);
  // Until the planner has answered, one more is counted.
  const planning = record.planned && record.plan === undefined && record.phase === Phase.Waiting ? 1 : 0;
  if (record.pending !== due && record.pending !== due + planning) {
    broken(`pending of ${text(record)} is ${record.pending} and should be ${due}`);
  }
  eachDependent(record, (dependent) => {
    if (!isTerminal(dependent) && !inputs(dependent).has(record)) {
      broken(`${text(dependent)} hangs on ${text(record)}, which is no input of it`);
    }
  });
}

function inputs(record: TaskRecord): Set<TaskRecord> {
  const found = new Set<TaskRecord>(record.settings.syncdeps);
  for (const arg of record.args) if (isRecord(arg)) found.add(arg);
  for (const block of record.plan?.blocks ?? []) found.add(block);
  return found;
}

function isRecord(arg: unknown): arg is TaskRecord {
  return typeof arg === 'object' && arg !== null && 'fn' in arg;
}

/** How many things a task waits for: results in which it hangs, and its function's preparation. */
function expectedPending(record: TaskRecord): number {
  let due = record.fn.waiters.filter((waiter) => waiter === record).length;
  for (const input of inputs(record)) {
    eachDependent(input, (dependent) => {
      if (dependent === record) due++;
    });
  }
  return due;
}

/** How often each result is an input of a task that is not settled and does not wait for it (any more). */
function countConsumers(live: ReadonlySet<TaskRecord>): Map<TaskRecord, number> {
  const found = new Map<TaskRecord, number>();
  const add = (record: TaskRecord, by: number): void => void found.set(record, (found.get(record) ?? 0) + by);
  for (const record of live) {
    for (const arg of record.args) if (isRecord(arg)) add(arg, 1);
    // One that is made again does not wait for them again.
    for (const block of record.plan?.blocks ?? []) add(block, 1);
    if (record.settled) continue;
    for (const input of record.settings.syncdeps) if (!record.args.includes(input)) add(input, 1);
  }
  for (const record of found.keys()) {
    eachDependent(record, (dependent) => {
      if (!isTerminal(dependent)) add(record, -1);
    });
  }
  return found;
}

function checkResult(record: TaskRecord, consumers: number): void {
  if (record.cancelling && ![...(record.place?.sent() ?? [])].includes(record)) {
    broken(`${text(record)} waits for an answer that cannot come`);
  }
  if (record.inPlace && record.moving) broken(`${text(record)} is changed in place, and leaves it`);
  if (record.consumers < 0) broken(`consumers of ${text(record)} is ${record.consumers}`);
  if (record.handles < 0) broken(`handles of ${text(record)} is ${record.handles}`);
  if (record.phase > Phase.Finished && record.dependents !== undefined)
    broken(`${text(record)} has dependents`);
  if (record.phase <= Phase.Finished) equal(`consumers of ${text(record)}`, record.consumers, consumers);
  if (record.residence !== undefined && !record.residence.residents.has(record)) {
    broken(`${record.residence.processor.id} does not know that it has the result of ${text(record)}`);
  }
}
