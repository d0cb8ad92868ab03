/** @file What a task can know of itself, and ask of its scheduler. */
import { ambient } from './ambient.js';
import { controlOf, type TaskScheduler } from './control.js';
import { PoniardError } from './errors.js';
import type { TaskScope } from './lane/task-scopes.js';
import type { RuntimeBase } from './runtime-base.js';

/** What a task can know of itself. */
export interface TaskContext {
  readonly id: number;
  readonly name: string;
  /** Where it runs. */
  readonly processor: { readonly id: string; readonly kind: string };
  /** Aborts when the task is cancelled. */
  readonly signal: AbortSignal;
  /** How many runs of it were lost or failed before this one. */
  readonly attempt: number;
  /** Changes the graph from inside. */
  readonly scheduler: TaskScheduler;
}

/**
 * Inside a task: what it is. Dagger: `task_id`, `task_processor`, `task_cancelled`.
 *
 * @throws PoniardError outside a task.
 * @example
 * ```ts
 * import { createRuntime, taskContext } from '@poniard/core';
 *
 * await using runtime = createRuntime();
 * const task = runtime.spawn.with({ name: 'who' }, () => {
 *   const { name, attempt, processor } = taskContext();
 *   return [name, attempt, processor.id];
 * });
 * console.log(await task); // [ 'who', 0, 'inline:0' ]
 * ```
 */
export function taskContext(): TaskContext {
  const scope = ambient.scopes.get() ?? onlyOne(ambient.scopes.untracked);
  if (scope === undefined) throw new PoniardError('taskContext(): no task is running here');
  ambient.scopes.follow();
  return {
    id: scope.id,
    name: scope.name,
    processor: { id: scope.processor.id, kind: scope.processor.kind },
    attempt: scope.attempt,
    get scheduler() {
      return controlOf(scope.runtime as RuntimeBase);
    },
    get signal() {
      return scope.signal;
    },
  };
}

/** Where nothing follows asynchronous code: the task that runs here, if it is the only one. */
function onlyOne(untracked: ReadonlySet<TaskScope>): TaskScope | undefined {
  if (untracked.size > 1) {
    const names = [...untracked].map(({ id, name }) => `${name} (#${id})`).join(', ');
    throw new PoniardError(
      `taskContext(): here nothing tells after an await which of several tasks this is (${names}); call it before the first await, and keep what it gives`,
    );
  }
  return untracked.values().next().value;
}
