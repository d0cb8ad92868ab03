/**
 * Every error that Poniard itself raises. All of them extend {@link PoniardError}, so one `instanceof` tells
 * the framework's errors from the user's own.
 */

import { PoniardError, ScopeError } from '@poniard/scopes';
import { type FindPlace, foldStack, framesOf, withoutStack } from './stacks.js';

/** What a {@link TaskFailedError} tells about a task, without holding its value. */
export interface TaskSummary {
  readonly id: number;
  readonly name: string;
}

export { PoniardError, ScopeError };

/** What is known of the task that threw, for the printed form. */
export interface FailureOrigin {
  /** How it was called: `load("a.csv", parse (#3))`. */
  readonly call: string | undefined;
  /** The frames of where it was spawned, under `debug`. */
  readonly site: string | undefined;
  readonly findPlace: FindPlace | undefined;
}

/**
 * A task failed, or one that it depends on did (Dagger: `DTaskFailedException`).
 * `cause` is what was thrown, `rootTask` the task that threw it, `task` the one that was fetched.
 *
 * Printed, it shows the chain from one to the other, how the root task was called, and the user's own lines of the
 * cause's stack; with `createRuntime({ debug: true })` also where the root task was spawned.
 *
 * @example
 * ```ts
 * import { createRuntime, TaskFailedError } from '@poniard/core';
 *
 * await using runtime = createRuntime();
 * const load = runtime.spawn(function load(): number[] {
 *   throw new RangeError('empty');
 * });
 * const mean = runtime.spawn(function mean(xs: number[]) {
 *   return xs.length;
 * }, load);
 * try {
 *   await mean;
 * } catch (error) {
 *   if (!(error instanceof TaskFailedError)) throw error;
 *   console.log(error.task.name, error.rootTask.name, String(error.cause)); // mean load RangeError: empty
 * }
 * ```
 */
export class TaskFailedError extends PoniardError {
  override name = 'TaskFailedError';
  declare readonly task: TaskSummary;
  declare readonly rootTask: TaskSummary;
  /** From the root to `task`, both included. */
  declare readonly chain: readonly TaskSummary[];

  constructor(
    task: TaskSummary,
    rootTask: TaskSummary,
    chain: readonly TaskSummary[],
    cause: unknown,
    origin?: FailureOrigin,
  ) {
    super(failureMessage(task, rootTask, chain, cause), { cause });
    // The text has them: they would be printed a second time.
    hide(this, { name: this.name, task, rootTask, chain });
    const { message } = this;
    Object.defineProperty(this, 'stack', {
      get(this: TaskFailedError) {
        const stack = failureStack(message, cause, origin);
        hide(this, { stack });
        return stack;
      },
      set(this: TaskFailedError, stack: unknown) {
        hide(this, { stack });
      },
      configurable: true,
    });
  }

  /** Node's `util.inspect` and `console.log`: the cause's lines are in the text, what else it has follows. */
  [Symbol.for('nodejs.util.inspect.custom')](
    _depth: number,
    options: object,
    inspect?: (value: unknown, options: object) => string,
  ): string {
    return inspect === undefined ? String(this.stack) : inspect(printable(this), options);
  }
}

/**
 * No processor fits a task (Dagger: `SchedulingException`). The message lists each one with its reason.
 *
 * @example
 * ```ts
 * import { createRuntime, operation, SchedulingError } from '@poniard/core';
 *
 * await using runtime = createRuntime();
 * const onFpga = operation('onFpga', { fpga: () => 1 });
 * const error = await runtime.spawn(onFpga).catch((error: unknown) => (error as Error).cause);
 * console.log(error instanceof SchedulingError); // true
 * ```
 */
export class SchedulingError extends PoniardError {
  override name = 'SchedulingError';
}

/** A function cannot travel to where it should run. Names the function, the variable, and the ways out. The `cause` of a failed task. */
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

/**
 * A task was cancelled, by `cancel()` or by its `signal`. `cause` is the reason that was given.
 *
 * @example
 * ```ts
 * import { CancelledError, createRuntime } from '@poniard/core';
 *
 * await using runtime = createRuntime();
 * const task = runtime.spawn(() => new Promise<void>(() => {}));
 * task.cancel('no longer needed');
 * const error = await task.catch((error: unknown) => (error as Error).cause);
 * console.log(error instanceof CancelledError && error.cause); // no longer needed
 * ```
 */
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

/**
 * A task took longer than its `timeout`.
 *
 * @example
 * ```ts
 * import { createRuntime, TimeoutError } from '@poniard/core';
 *
 * await using runtime = createRuntime();
 * const task = runtime.spawn.with({ timeout: 10 }, () => new Promise<void>(() => {}));
 * console.log((await task.catch((error: unknown) => (error as Error).cause)) instanceof TimeoutError); // true
 * ```
 */
export class TimeoutError extends PoniardError {
  override name = 'TimeoutError';
}

const label = (task: TaskSummary) => `${task.name} (#${task.id})`;

function hide(error: Error, values: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(values)) {
    Object.defineProperty(error, key, { value, writable: true, enumerable: false, configurable: true });
  }
}

function failureStack(message: string, cause: unknown, origin: FailureOrigin | undefined): string {
  const { call, site, findPlace } = origin ?? {};
  const frames = cause instanceof Error ? framesOf(cause.stack, findPlace) : [];
  showPlaces(cause, findPlace);
  return [
    `TaskFailedError: ${message}`,
    ...(call === undefined ? [] : [`  called as ${call}`]),
    ...frames,
    ...(site ? ['  spawned', site] : []),
  ].join('\n');
}

/** Whoever prints the causes on their own, as Node does for what nobody caught, shows the same of them. */
export function showPlaces(cause: unknown, findPlace: FindPlace | undefined, depth = 0): void {
  if (!(cause instanceof Error) || depth > DEEPEST || Object.isFrozen(cause)) return;
  if (typeof cause.stack === 'string') hide(cause, { stack: foldStack(cause.stack, findPlace) });
  showPlaces(cause.cause, findPlace, depth + 1);
  if (cause instanceof AggregateError) for (const one of cause.errors) showPlaces(one, findPlace, depth + 1);
}

const DEEPEST = 16;

/** An error that prints as this one does, with what its cause holds besides its text. */
function printable(error: TaskFailedError): Error {
  const { cause, stack } = error;
  const shown = withoutStack(() => new Error(error.message));
  hide(shown, { stack });
  if (!(cause instanceof Error)) {
    if (typeof cause === 'object' && cause !== null) hide(shown, { cause });
    return shown;
  }
  if ('cause' in cause && !(cause instanceof TaskFailedError)) hide(shown, { cause: cause.cause });
  if (cause instanceof AggregateError) hide(shown, { errors: cause.errors });
  for (const key of Object.keys(cause)) {
    Object.defineProperty(shown, key, {
      value: (cause as unknown as Record<string, unknown>)[key],
      enumerable: true,
    });
  }
  return shown;
}

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
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return String(value);
  const { message } = value as { message?: unknown };
  const name = (value as { constructor?: { name?: unknown } }).constructor?.name;
  const noun = typeof name === 'string' && name !== 'Object' ? `an instance of ${name}` : 'an object';
  return typeof message === 'string' ? `${noun} with the message ${JSON.stringify(message)}` : noun;
}
