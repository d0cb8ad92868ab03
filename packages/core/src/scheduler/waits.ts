/**
 * @file Which running tasks wait for which others. A cycle of waits, over inputs of tasks too, would never end: the wait
 * that closes it is refused. Only a wait can close one, since a new task has nobody yet who waits for it.
 */
import { eachDependent } from './dependents.js';
import { isTerminal, TaskRecord } from './record.js';

export class Waits {
  private readonly targets = new Map<TaskRecord, Set<TaskRecord>>();
  private readonly waiters = new Map<TaskRecord, Set<TaskRecord>>();

  get empty(): boolean {
    return this.targets.size === 0;
  }

  /** Code of `waiter` waits for `target`, unless that closes a cycle: then the tasks on it, from `waiter` to itself. */
  begin(waiter: TaskRecord, target: TaskRecord): readonly TaskRecord[] | undefined {
    if (isTerminal(waiter) || isTerminal(target)) return undefined;
    const way = this.way(target, waiter);
    if (way !== undefined) return [waiter, ...way];
    add(this.targets, waiter, target);
    add(this.waiters, target, waiter);
    return undefined;
  }

  /** The task is settled, or has to start again: it neither waits nor is waited for. */
  end(record: TaskRecord): void {
    for (const target of this.targets.get(record) ?? []) remove(this.waiters, target, record);
    this.targets.delete(record);
    for (const waiter of isTerminal(record) ? (this.waiters.get(record) ?? []) : [])
      remove(this.targets, waiter, record);
    if (isTerminal(record)) this.waiters.delete(record);
  }

  /**
   * The tasks from one that waits to one that is waited for, however far: searched from both ends in turn, so that the
   * shorter side bounds the cost. A task that has just been spawned waits for nothing, and its parent for it: one step.
   */
  private way(from: TaskRecord, to: TaskRecord): TaskRecord[] | undefined {
    if (from === to) return [to];
    const ahead = new Map<TaskRecord, TaskRecord | undefined>([[from, undefined]]);
    const back = new Map<TaskRecord, TaskRecord | undefined>([[to, undefined]]);
    const [forward, backward] = [[from], [to]];
    for (;;) {
      const met =
        step(forward, ahead, back, (record, visit) => this.eachAwaited(record, visit)) ??
        step(backward, back, ahead, (record, visit) => this.eachWaiting(record, visit));
      if (met !== undefined) return [...trace(ahead, met).reverse(), ...trace(back, met).slice(1)];
      if (forward.length === 0 || backward.length === 0) return undefined;
    }
  }

  private eachAwaited(record: TaskRecord, visit: (awaited: TaskRecord) => void): void {
    for (const input of record.args) if (input instanceof TaskRecord) visit(input);
    for (const input of record.settings.syncdeps) visit(input);
    for (const block of record.plan?.blocks ?? []) visit(block);
    for (const target of this.targets.get(record) ?? []) visit(target);
  }

  private eachWaiting(record: TaskRecord, visit: (waiting: TaskRecord) => void): void {
    eachDependent(record, visit);
    for (const waiter of this.waiters.get(record) ?? []) visit(waiter);
  }
}

type Found = Map<TaskRecord, TaskRecord | undefined>;

/** Looks at the neighbours of one task; gives the task at which the two searches have met. */
function step(
  open: TaskRecord[],
  found: Found,
  other: Found,
  neighbours: (record: TaskRecord, visit: (next: TaskRecord) => void) => void,
): TaskRecord | undefined {
  const record = open.pop() as TaskRecord;
  let met: TaskRecord | undefined;
  neighbours(record, (next) => {
    if (isTerminal(next) || found.has(next)) return;
    found.set(next, record);
    open.push(next);
    if (other.has(next)) met = next;
  });
  return met;
}

/** From `record` to where the search began. */
function trace(found: Found, record: TaskRecord): TaskRecord[] {
  const way: TaskRecord[] = [];
  for (let at: TaskRecord | undefined = record; at !== undefined; at = found.get(at)) way.push(at);
  return way;
}

function add(map: Map<TaskRecord, Set<TaskRecord>>, key: TaskRecord, value: TaskRecord): void {
  const set = map.get(key);
  if (set === undefined) map.set(key, new Set([value]));
  else set.add(value);
}

function remove(map: Map<TaskRecord, Set<TaskRecord>>, key: TaskRecord, value: TaskRecord): void {
  const set = map.get(key);
  set?.delete(value);
  if (set?.size === 0) map.delete(key);
}
