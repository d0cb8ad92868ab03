/** @file From a lazy graph to tasks: each node once, after its inputs, without recursion. */
import type { AnyFunction } from '../functions/encoded.js';
import type { TaskOptions } from '../options.js';
import type { Task } from '../task.js';
import { isThunk, type LazyOptions, type Thunk } from './thunk.js';

/** What makes a task of a node. */
export type SpawnNode = (fn: AnyFunction, args: unknown[], options: TaskOptions | undefined) => Task<unknown>;

/** A node whose inputs are being looked at, and how many of them have been. */
interface Visit {
  readonly node: Thunk<unknown>;
  next: number;
}

/**
 * Depth first, so that what is begun first is what the first results need (Dagger orders its lazy graphs so too). Gives
 * the tasks by node. A circle cannot be: nodes never change.
 */
export function spawnGraph(
  roots: readonly Thunk<unknown>[],
  spawn: SpawnNode,
): Map<Thunk<unknown>, Task<unknown>> {
  const tasks = new Map<Thunk<unknown>, Task<unknown>>();
  const path: Visit[] = [];
  for (const root of roots) {
    if (!tasks.has(root)) path.push({ node: root, next: 0 });
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { node } = top;
      const { args, options } = node;
      const index = top.next++;
      if (index === args.length + (options?.syncdeps?.length ?? 0)) {
        path.pop();
        tasks.set(node, spawnNode(node, tasks, spawn));
        continue;
      }
      const input = index < args.length ? args[index] : options?.syncdeps?.[index - args.length];
      if (isThunk(input) && !tasks.has(input)) path.push({ node: input, next: 0 });
    }
  }
  return tasks;
}

function spawnNode(
  { fn, args, options }: Thunk<unknown>,
  tasks: ReadonlyMap<Thunk<unknown>, Task<unknown>>,
  spawn: SpawnNode,
): Task<unknown> {
  const taskOf = (value: unknown): unknown => (isThunk(value) ? tasks.get(value) : value);
  return spawn(fn, args.map(taskOf), options && taskOptions(options, taskOf));
}

function taskOptions(options: LazyOptions, taskOf: (value: unknown) => unknown): TaskOptions {
  const { syncdeps } = options;
  if (syncdeps === undefined) return options as TaskOptions;
  return { ...options, syncdeps: syncdeps.map(taskOf) as PromiseLike<unknown>[] };
}
