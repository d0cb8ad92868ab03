/**
 * @file What the runtime on the host and those inside tasks on lanes have in common: a function that both offer is added
 * here, once (and to `default-runtime.ts` as a free function).
 */
import { anyScope, type Scope } from '@poniard/scopes';
import { type Chunk, type ChunkOptions, isChunk } from './chunk.js';
import { capture } from './functions/capture.js';
import type { AnyFunction } from './functions/encoded.js';
import { task } from './functions/task-reference.js';
import { type MutableOptions, makeMutable } from './in-place/make.js';
import type { Shard, ShardOptions } from './in-place/shard.js';
import type { TaskScopes } from './lane/task-scopes.js';
import { type Collect, type CollectOptions, collect, compute } from './lazy/collect.js';
import { delayed, par } from './lazy/delayed.js';
import type { Thunk } from './lazy/thunk.js';
import { operation } from './operation.js';
import { type InPlace, idOf, inPlace, type TaskOptions } from './options.js';
import { checkPlace } from './options-check.js';
import { OptionsContext } from './options-context.js';
import type { Host } from './ports.js';
import { exactly } from './settings.js';
import { sharedFunctions } from './shared-functions.js';
import { makeSpawn, type Spawn } from './spawn.js';
import { isTask, type Task } from './task.js';
import { taskContext } from './task-context.js';

export abstract class RuntimeBase {
  readonly spawn: Spawn = makeSpawn(this);
  readonly map = sharedFunctions.map(this);
  readonly fetch = sharedFunctions.fetch;
  readonly fetchAll = sharedFunctions.fetchAll;
  readonly wait = sharedFunctions.wait;
  readonly waitAny = sharedFunctions.waitAny;
  readonly waitAll = sharedFunctions.waitAll;
  readonly isReady = sharedFunctions.isReady;
  readonly cancel = sharedFunctions.cancel;
  readonly asCompleted = sharedFunctions.asCompleted;
  readonly delayed = delayed;
  readonly par = par;
  // These are the same for every runtime.
  readonly taskContext = taskContext;
  readonly task = task;
  readonly operation = operation;
  readonly capture = capture;
  /** Runs the graphs that lead to the nodes in a structure, and gives it with their values. */
  readonly collect = ((structure: unknown, options?: CollectOptions) =>
    collect(this, structure, options)) as Collect;
  /** What `withOptions` says around the running code. */
  protected readonly optionsContext: OptionsContext;

  /** `defaults`: of the runtime that the user made. */
  protected constructor(
    host: Host,
    scopes: () => TaskScopes,
    protected readonly defaults: TaskOptions,
  ) {
    this.optionsContext = new OptionsContext(() => host.asyncContext(), scopes, this);
  }

  /** What every way to spawn comes to. `args` becomes the task's own. */
  abstract spawnTask(fn: AnyFunction, args: unknown[], options: TaskOptions | undefined): Task<unknown>;

  /** The unsettled tasks by their ids, each with the ids of those that wait for it. Dagger: `get_dag_ids`. */
  abstract dag(): Promise<Map<number, Set<number>>>;

  /** Cancels everything that is unsettled; what is spawned afterwards runs. Dagger: `cancel!()`, `halt!`. */
  abstract halt(reason?: unknown): void;

  /** A handle on a value that is on this thread. */
  tochunk<T>(value: T | Chunk<T>, options: ChunkOptions = {}): Chunk<T> {
    if (isChunk(value)) return value as Chunk<T>;
    if (isTask(value)) throw new TypeError('tochunk takes a value; a task gives its chunk by task.chunk()');
    const { processor, scope = anyScope } = checkPlace(options, 'tochunk');
    return this.wrap(value, processor ? exactly(idOf(processor)) : scope);
  }

  /** `scope`: where the value may be used. */
  protected abstract wrap<T>(value: T, scope: Scope): Chunk<T>;

  /** Runs the graph that leads to a node, and gives a handle on its result. */
  compute<T>(node: Thunk<T>, options?: CollectOptions): Promise<Chunk<T>> {
    return compute(this, node, options);
  }

  /** A value that is changed in place, on one processor. */
  mutable<T>(make: () => T | PromiseLike<T>, options?: MutableOptions): Chunk<T> {
    return makeMutable(this, make, options);
  }

  /** One value per processor or process. */
  abstract shard<T>(make: () => T | PromiseLike<T>, options?: ShardOptions): Shard<T>;

  /** What `make` makes is used where it is made; `kind` undefined: like other results. */
  spawnInPlace(make: AnyFunction, options: TaskOptions, kind: InPlace | undefined): Chunk<unknown> {
    const own = kind === undefined ? options : { ...options, [inPlace]: kind };
    return this.chunkOf(this.spawnTask(make, [], own));
  }

  /** A handle on what a task will give. */
  protected abstract chunkOf(task: Task<unknown>): Chunk<unknown>;

  abstract toJSON(): object;
  /** What `console.log` shows in Node. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  /** Options for all that `body` spawns, in asynchronous code and inside tasks too (O1, O2). */
  withOptions<R>(options: TaskOptions, body: () => R): R {
    return this.optionsContext.run(options, body);
  }

  /** What holds for a task that is spawned here without options of its own. */
  getOptions(): TaskOptions {
    return { ...this.defaults, ...this.optionsContext.get() };
  }
}
