/** @file Task options, as users write them. What they come to for one task is in `settings.ts`. */
import type { Scope } from '@poniard/scopes';
import type { Processor } from './processor.js';

/**
 * What can be said of one task. Precedence (O1), for each option on its own: the task's own options, then the innermost
 * `withOptions`, then the runtime's, then the function's (`defaultOptions`). Dagger: `Options`.
 *
 * @example
 * ```ts
 * import { createRuntime } from '@poniard/core';
 *
 * await using runtime = createRuntime();
 * const later = runtime.spawn.with({ name: 'later', priority: -1 }, (n: number) => n + 1, 1);
 * console.log(later.name, await later); // later 2
 * ```
 */
export interface TaskOptions {
  /** Shown in events, errors and `explain`. Default: the function's name. */
  readonly name?: string | undefined;
  /** Where the task may run (K1). Default: every processor that is enabled by default. */
  readonly scope?: Scope | undefined;
  /** The same, and stronger than a `scope` of the same place. Dagger: `compute_scope`. */
  readonly computeScope?: Scope | undefined;
  /**
   * Where the result may be used, and so where the task may run too: the tasks that take it run within this scope.
   * Default: anywhere. Dagger: `result_scope`.
   */
  readonly resultScope?: Scope | undefined;
  /** The one processor that may run the task: itself, or its id. `null`: none, whatever is said around it. */
  readonly processor?: ProcessorName | null | undefined;
  /**
   * The one worker that may run it: a thread, by its number, or a process, by its id. `null`: none, whatever is said around it.
   * Dagger: `single`.
   */
  readonly single?: number | string | null | undefined;
  /**
   * The processors that may run it: kinds and processors in a list, or a function that says so of each. `null`: all, whatever
   * is said around it. Dagger: `proclist`.
   */
  readonly proclist?: readonly ProcessorName[] | ((processor: Processor) => boolean) | null | undefined;
  /** Hands over a Task's or Chunk's handle instead of its value (O3). */
  readonly meta?: boolean | undefined;
  /** The result comes home with the answer, whatever its size, rather than stay where it was made until someone asks. */
  readonly getResult?: boolean | undefined;
  /**
   * A call of the same function with the same arguments gets the task of this one, running or finished, rather than one
   * of its own. Small values are compared by content, tasks, chunks and arrays on shared memory by identity; what cannot be
   * compared runs. A failed task is not reused. See `cacheLimit` of the runtime and `stats().cache`.
   */
  readonly cache?: boolean | undefined;
  /** Keeps the result where it is, though nobody holds a handle, until `release()` of its task or chunk. */
  readonly persist?: boolean | undefined;
  /**
   * A failed or cancelled input does not fail the task: it receives the `TaskFailedError` in the place of the value.
   * Dagger: `allow_errors`.
   */
  readonly allowErrors?: boolean | undefined;
  /** Tasks that must finish first; their values are not passed (O4). */
  readonly syncdeps?: readonly PromiseLike<unknown>[] | undefined;
  /** Ready tasks of a higher priority start first. Default 0; any finite number. */
  readonly priority?: number | undefined;
  /** How often the task is run again after it threw (default 0) or its worker died (default 1). 0: at most one start. */
  readonly retries?: number | undefined;
  /** The share of a processor that the task takes, 0 to 1. Default 1; 0 for tasks that mostly wait. */
  readonly occupancy?: number | undefined;
  /** Expected run time in ms, instead of what the scheduler learns. */
  readonly timeUtil?: number | undefined;
  /**
   * In bytes: memory that the task takes besides its inputs. A processor with less left is not asked; where
   * none has that much for now, the task waits until something that runs has ended. Default 0.
   */
  readonly allocUtil?: number | undefined;
  /**
   * In ms, from the moment when the task begins; then it fails with `TimeoutError`. One that blocks its thread is ended
   * with it, as by `cancel` with `force`.
   */
  readonly timeout?: number | undefined;
  /** Cancels the task when it aborts. Inside the task: `taskContext().signal`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Names of options that hold for the tasks that this one spawns as well, and for theirs, as if it had spawned them
   * within `withOptions`. What `withOptions` and the runtime say is passed on anyway. Default: none.
   */
  readonly propagates?: readonly Propagated[] | undefined;
}

/** `mutable`: gone for good with its processor. `piece`: of a shard, made again there. */
export type InPlace = 'mutable' | 'piece';

/** Under this key options say that the result is used where it is made, and changed there. Users cannot give it. */
export const inPlace: unique symbol = Symbol('in place');

/** A processor, or its id (`'cpu:0'`); in `proclist` also a kind (`'thread'`). */
export type ProcessorName = string | { readonly id: string };

/** Names of options that `propagates` may pass on. */
export type Propagated = Exclude<keyof TaskOptions, 'syncdeps' | 'propagates'>;

/** Options that hold for many tasks: of a runtime, of a lazy graph, of a function. */
export type SchedulerOptions = Omit<TaskOptions, 'name' | 'signal' | 'syncdeps'>;

/** Of some options those that mean something on another thread; `undefined` where there are none. */
export function travelling(options: TaskOptions | undefined): TaskOptions | undefined {
  if (options === undefined) return undefined;
  const { signal: _, syncdeps: __, processor, proclist, ...rest } = options;
  const there: TaskOptions = {
    ...rest,
    ...(processor !== undefined && { processor: processor && idOf(processor) }),
    ...(Array.isArray(proclist) && { proclist: proclist.map(idOf) }),
    ...(proclist === null && { proclist }),
  };
  return Object.keys(there).length === 0 ? undefined : there;
}

/** The options around a task on another thread with those that could not travel there. */
export function withStaying(
  here: TaskOptions | undefined,
  there: TaskOptions | undefined,
): TaskOptions | undefined {
  if (here === undefined) return there;
  const { signal, proclist } = here;
  if (signal === undefined && typeof proclist !== 'function') return there;
  return { ...(signal && { signal }), ...(typeof proclist === 'function' && { proclist }), ...there };
}

export function idOf(processor: ProcessorName): string {
  return typeof processor === 'string' ? processor : processor.id;
}
