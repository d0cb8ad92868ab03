/**
 * Every error that Poniard itself raises. All of them extend {@link PoniardError}, so one `instanceof` tells
 * the framework's errors from the user's own.
 */

import { PoniardError, ScopeError } from '@poniard/scopes';

/** What a {@link TaskFailedError} tells about a task, without holding its value. */
export interface TaskSummary {
  readonly id: number;
  readonly name: string;
}

export { PoniardError, ScopeError };

/**
 * A task failed, or one that it depends on did (Dagger: `DTaskFailedException`).
 * `cause` is what was thrown, `rootTask` the task that threw it, `task` the one that was fetched.
 */
export class TaskFailedError extends PoniardError {
  override name = 'TaskFailedError';
  constructor(
    readonly task: TaskSummary,
    readonly rootTask: TaskSummary,
    /** From the root to `task`, both included. */
    readonly chain: readonly TaskSummary[],
    cause: unknown,
  ) {
    super(failureMessage(task, rootTask, chain, cause), { cause });
  }
}

/** No processor fits a task (Dagger: `SchedulingException`). The message lists each one with its reason. */
export class SchedulingError extends PoniardError {
  override name = 'SchedulingError';
}

/** A function cannot travel to where it should run. Names the function, the variable, and the ways out. */
export class FunctionTransferError extends PoniardError {
  override name = 'FunctionTransferError';
}

/** A value cannot cross to another thread or process as what it is. Names the argument or the result. */
export class ValueTransferError extends PoniardError {
  override name = 'ValueTransferError';
}

/** The worker that ran a task died while the task was on it, and no retries were left. */
export class WorkerLostError extends PoniardError {
  override name = 'WorkerLostError';
}

/** A task was cancelled, by `cancel()` or by its `signal`. `cause` is the reason that was given. */
export class CancelledError extends PoniardError {
  override name = 'CancelledError';
}

/** A task waits for itself, or for one that waits for it (Dagger: `DynamicThunkException`). */
export class DeadlockError extends PoniardError {
  override name = 'DeadlockError';
  /** `cycle`: the tasks of which each waits for the next, from the one that would wait to itself. */
  constructor(readonly cycle: readonly TaskSummary[]) {
    super(`this wait would never end: ${chainText(cycle)}, each of which waits for the next`);
  }
}

/** A task took longer than its `timeout`. */
export class TimeoutError extends PoniardError {
  override name = 'TimeoutError';
}

const label = (task: TaskSummary) => `${task.name} (#${task.id})`;

function failureMessage(
  task: TaskSummary,
  root: TaskSummary,
  chain: readonly TaskSummary[],
  cause: unknown,
): string {
  const what = cause instanceof Error ? `${cause.name}: ${cause.message}` : `threw ${describe(cause)}`;
  if (task.id === root.id) return `task ${label(task)} failed: ${what}`;
  return `task ${label(task)} failed because ${label(root)} did: ${what}\n  ${chainText(chain)}`;
}

/** At most six tasks of the chain; the middle of a longer one is counted, not listed. */
function chainText(chain: readonly TaskSummary[]): string {
  if (chain.length <= 6) return chain.map(label).join(' → ');
  const head = chain.slice(0, 3).map(label).join(' → ');
  const tail = chain.slice(-2).map(label).join(' → ');
  return `${head} → … ${chain.length - 5} more … → ${tail}`;
}

function describe(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
