/** @file Running a lazy graph: on the scheduler that runs everything else (L3). */
import { type Chunk, isChunk } from '../chunk.js';
import type { TaskFailedError } from '../errors.js';
import type { SchedulerOptions } from '../options.js';
import { checkShared } from '../options-check.js';
import type { RuntimeBase } from '../runtime-base.js';
import { type Fetched, sharedFunctions } from '../shared-functions.js';
import { isTask, type Task } from '../task.js';
import { spawnGraph } from './graph.js';
import { replaceInside } from './replace-inside.js';
import { isThunk, type Thunk } from './thunk.js';

/** What holds for all nodes of a graph; `signal` cancels those that have not finished. Dagger: `SchedulerOptions`. */
export interface CollectOptions extends SchedulerOptions {
  readonly signal?: AbortSignal | undefined;
}

/** `T` with every node, Task and Chunk in it replaced by its value, or by the error `E` in its place. */
export type Collected<T, E = never> =
  T extends Thunk<infer V>
    ? V | E
    : T extends Task<unknown> | Chunk<unknown>
      ? Fetched<T> | E
      : T extends readonly unknown[]
        ? { -readonly [K in keyof T]: Collected<T[K], E> }
        : T extends Map<infer K, infer V>
          ? Map<K, Collected<V, E>>
          : T extends Set<infer V>
            ? Set<Collected<V, E>>
            : T extends Record<string, unknown>
              ? { [K in keyof T]: Collected<T[K], E> }
              : T;

/** The type of `collect`. */
export interface Collect {
  <T>(
    structure: T,
    options: CollectOptions & { readonly allowErrors: true },
  ): Promise<Collected<T, TaskFailedError>>;
  <T>(structure: T, options?: CollectOptions): Promise<Collected<T>>;
}

/** Runs the graph that leads to a node; its result stays where it was made (L1). */
export function compute<T>(
  runtime: RuntimeBase,
  node: Thunk<T>,
  options?: CollectOptions,
): Promise<Chunk<T>> {
  if (!isThunk(node)) throw new TypeError('compute: a node is needed, such as delayed(fn)(…) gives');
  const run = new GraphRun(runtime, [node], options, 'compute');
  return run.untilFailure((run.taskOf(node) as Task<T>).chunk());
}

/** Runs the graphs that lead to the nodes in `structure`, and gives it with their values (L1). */
export function collect(
  runtime: RuntimeBase,
  structure: unknown,
  options?: CollectOptions,
): Promise<unknown> {
  const roots: Thunk<unknown>[] = [];
  replaceInside(structure, isThunk, (node) => roots.push(node));
  const run = new GraphRun(runtime, roots, options, 'collect');
  const tasks = replaceInside(structure, isThunk, (node) => run.taskOf(node));
  const values = run.errorsAreValues ? outcomes(tasks) : sharedFunctions.fetchAll(tasks);
  return run.untilFailure(values);
}

/** A structure with, for every Task and Chunk in it, the value or the error. */
async function outcomes(structure: unknown): Promise<unknown> {
  const handles: (Task<unknown> | Chunk<unknown>)[] = [];
  replaceInside(structure, isHandle, (handle) => handles.push(handle));
  const found = await Promise.all(
    handles.map((handle) =>
      handle.fetch().then(
        (value) => value,
        (error: unknown) => error,
      ),
    ),
  );
  let next = 0;
  return replaceInside(structure, isHandle, () => found[next++]);
}

function isHandle(value: unknown): value is Task<unknown> | Chunk<unknown> {
  return isTask(value) || isChunk(value);
}

/** The tasks of one graph. */
class GraphRun {
  readonly errorsAreValues: boolean;
  private readonly signal: AbortSignal | undefined;
  private roots = new Map<Thunk<unknown>, Task<unknown>>();
  /** Weak, so that a result in the middle of the graph goes when the tasks that need it are done. */
  private readonly tasks: WeakRef<Task<unknown>>[] = [];

  constructor(
    runtime: RuntimeBase,
    roots: readonly Thunk<unknown>[],
    options: CollectOptions | undefined,
    where: string,
  ) {
    const { signal, ...shared } = checkShared(options ?? {}, where, ['name', 'syncdeps']);
    this.signal = signal;
    this.errorsAreValues = shared.allowErrors ?? runtime.getOptions().allowErrors ?? false;
    const build = (): void => {
      const tasks = spawnGraph(roots, (fn, args, own) => {
        const task = runtime.spawnTask(fn, args, own);
        this.tasks.push(new WeakRef(task));
        return task;
      });
      for (const root of roots) this.roots.set(root, tasks.get(root) as Task<unknown>);
    };
    try {
      if (Object.keys(shared).length === 0) build();
      else runtime.withOptions(shared, build);
    } catch (error) {
      this.cancel(error);
      throw error;
    }
  }

  taskOf(node: Thunk<unknown>): Task<unknown> {
    return this.roots.get(node) as Task<unknown>;
  }

  /** When what is wanted of the graph fails, the rest of it is for nobody. */
  async untilFailure<T>(result: Promise<T>): Promise<T> {
    const { signal } = this;
    const abort = (): void => this.cancel(signal?.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await result;
    } catch (error) {
      this.cancel(error);
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
      this.roots = new Map();
    }
  }

  private cancel(reason: unknown): void {
    for (const task of this.tasks) task.deref()?.cancel(reason);
  }
}
