/** @file Dynamic control: what a task can ask of the scheduler that runs it. */
import { anyScope, processorTypeScope } from '@poniard/scopes';
import type { AnyFunction } from './functions/encoded.js';
import type { TaskOptions } from './options.js';
import type { RuntimeBase } from './runtime-base.js';
import type { Arg } from './spawn.js';
import type { Task, TaskHandle } from './task.js';

/**
 * `taskContext().scheduler`. Tasks are named by handles here and not by ids, since a finished task that nobody holds is
 * gone. Waiting for oneself, or for a task that waits for oneself, is a `DeadlockError`. Dagger: `sch_handle`.
 *
 * @example
 * ```ts
 * import { createRuntime, taskContext } from '@poniard/core';
 *
 * await using runtime = createRuntime();
 * const task = runtime.spawn(async () => {
 *   const { scheduler } = taskContext();
 *   const added = scheduler.addTask((x: number) => x + 1, 1);
 *   return [(await scheduler.dag()).size, await added];
 * });
 * console.log(await task); // [ 2, 2 ]
 * ```
 */
export interface TaskScheduler {
  /**
   * Runs `fn` on the scheduler's own thread, between two of its steps, so that nothing changes meanwhile (as far as `fn`
   * is synchronous); `currentRuntime()` is the whole runtime there. Dagger: `exec!`.
   *
   * @throws TaskFailedError (by rejection) whose `cause` is what `fn` threw.
   */
  exec<R>(fn: () => R): Promise<Awaited<R>>;
  /** Like `spawn`, but the new task is the scheduler's: it goes on when this one fails. Dagger: `add_thunk!`. */
  addTask<A extends readonly unknown[], R>(
    fn: (...args: A) => R,
    ...args: { [K in keyof A]: Arg<A[K]> }
  ): Task<Awaited<R>>;
  /** Cancels everything that is unsettled, this task too. What is spawned afterwards runs. Dagger: `halt!`. */
  halt(reason?: unknown): void;
  /** The unsettled tasks by their ids, each with the ids of those that wait for it. Dagger: `get_dag_ids`. */
  dag(): Promise<Map<number, Set<number>>>;
}

/**
 * The calling thread is the scheduler's. What runs there so waits for nothing else, and nothing else for it; and it runs
 * there each time, whatever is said of the tasks around.
 */
const ON_HOST: TaskOptions = {
  name: 'exec',
  scope: processorTypeScope('inline'),
  processor: 'inline:0',
  single: null,
  proclist: ['inline'],
  resultScope: anyScope,
  occupancy: 0,
  cache: false,
  persist: false,
};

export function controlOf(runtime: RuntimeBase): TaskScheduler {
  const spawn = (fn: unknown, args: readonly unknown[], options?: TaskOptions) =>
    runtime.spawnTask(fn as AnyFunction, [...args], options) as TaskHandle<never>;
  return {
    exec: (fn) => spawn(fn, [], ON_HOST).fetch(),
    addTask(fn, ...args) {
      const task = spawn(fn, args as readonly unknown[]);
      task.handOut();
      return task;
    },
    halt: (reason) => runtime.halt(reason),
    dag: () => runtime.dag(),
  };
}
