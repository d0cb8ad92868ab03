/** @file The free functions: they work on the default runtime, or inside a task on the one that runs it. */
import { ambient } from './ambient.js';
import type { Chunk, ChunkOptions } from './chunk.js';
import { PoniardError } from './errors.js';
import type { MutableOptions } from './in-place/make.js';
import type { Shard, ShardOptions } from './in-place/shard.js';
import type { Collect, CollectOptions } from './lazy/collect.js';
import type { Thunk } from './lazy/thunk.js';
import type { TaskOptions } from './options.js';
import type { Plugin } from './plugin.js';
import { Runtime, type RuntimeOptions } from './runtime.js';
import { sharedFunctions } from './shared-functions.js';
import { makeSpawn } from './spawn.js';
import { wire } from './wiring.js';

const defaultPlugins: Plugin[] = [];
ambient.prepare(() => createRuntime({ plugins: defaultPlugins, handleInterrupt: true }));

/**
 * Makes a runtime. Returns at once; its processors come up in the background, and tasks may be spawned meanwhile.
 *
 * @throws TypeError for an unknown option or a plugin that is none.
 * @example
 * ```ts
 * import { createRuntime } from '@poniard/core';
 *
 * const runtime = createRuntime({ retries: 2 });
 * console.log(await runtime.spawn(() => 6 * 7)); // 42
 * await runtime.close();
 * ```
 */
export function createRuntime(options: RuntimeOptions = {}): Runtime {
  const {
    plugins = [],
    container,
    debug = false,
    handleInterrupt = false,
    cacheLimit = 1000,
    ...defaults
  } = options;
  if (!Array.isArray(plugins)) throw new TypeError('createRuntime: plugins must be an array');
  if (typeof handleInterrupt !== 'boolean')
    throw new TypeError('createRuntime: handleInterrupt must be true or false');
  if (!Number.isInteger(cacheLimit) || cacheLimit < 0)
    throw new TypeError('createRuntime: cacheLimit must be 0 or a positive integer');
  return new Runtime(wire({ plugins, container, debug }), defaults, { handleInterrupt, cacheLimit });
}

/**
 * Adds plug-ins to the default runtime, before its first use. In a worker, which imports the modules of tasks anew,
 * it does nothing: tasks there belong to the runtime that they came from.
 *
 * @throws PoniardError once the default runtime exists.
 * @example
 * ```ts
 * import { EVENT_SINK, type EventSink, type Plugin, spawn, use } from '@poniard/core';
 *
 * const heard = new Set<string>();
 * const sink: EventSink = { active: true, emit: ({ type }) => void heard.add(type) };
 * const listening: Plugin = {
 *   name: 'listening',
 *   register: (container) => void container.register(EVENT_SINK, { useValue: sink }),
 * };
 * use(listening);
 * await spawn(() => 1);
 * console.log(heard.has('task:finish')); // true
 * ```
 */
export function use(...plugins: Plugin[]): void {
  if (ambient.inLane) return;
  if (ambient.made) {
    throw new PoniardError('use(): the default runtime exists already; call use() before the first spawn');
  }
  defaultPlugins.push(...plugins);
}

/**
 * Inside a task: the runtime that runs it. Elsewhere the default runtime, which is made on first use.
 *
 * @example
 * ```ts
 * import { currentRuntime, spawn } from '@poniard/core';
 *
 * await spawn(() => 1);
 * console.log(currentRuntime().stats().tasks.finished); // 1
 * ```
 */
export function currentRuntime(): Runtime {
  return ambient.current() as Runtime;
}

/**
 * Spawns a task: `fn` runs with these arguments as soon as those that are tasks have finished, on the processor where it is
 * expected to end first. Inside a task on the runtime that runs it, elsewhere on the default one. `spawn.with(options, fn, …)`
 * says options. What arguments may be, and what is thrown: see {@link Spawn}. Dagger: `Dagger.@spawn`.
 *
 * @example
 * ```ts
 * import { spawn } from '@poniard/core';
 *
 * const add = (a: number, b: number) => a + b;
 * console.log(await spawn(add, spawn(add, 1, 2), 4)); // 7
 * ```
 */
export const spawn = makeSpawn(() => ambient.current());

/**
 * One task per item, in the items' order (S12). `fn` gets the item and its index. Dagger's users write `map(x -> @spawn f(x), items)`.
 *
 * @throws TypeError for items that cannot be iterated over, and whatever `spawn` throws.
 * @example
 * ```ts
 * import { fetchAll, map } from '@poniard/core';
 *
 * console.log(await fetchAll(map((x: number) => 2 * x, [1, 2, 3]))); // [ 2, 4, 6 ]
 * ```
 */
export const map = sharedFunctions.map(() => ambient.current());

/**
 * Runs the graph that leads to a node, each node once, on the scheduler that runs everything else. The result stays where
 * it was made (L1). Dagger: `compute`.
 *
 * @throws TypeError for what is no node, and for unknown options. By rejection `TaskFailedError`, if any node fails.
 * @example
 * ```ts
 * import { createRuntime, delayed } from '@poniard/core';
 *
 * await using runtime = createRuntime();
 * const node = delayed((length: number) => new Array(length).fill(1))(100);
 * using chunk = await runtime.compute(node);
 * console.log(await runtime.spawn((ones: number[]) => ones.length, chunk)); // 100
 * ```
 */
export function compute<T>(node: Thunk<T>, options?: CollectOptions): Promise<Chunk<T>> {
  return ambient.current().compute(node, options);
}

/**
 * The value of a node, or a structure of arrays, plain objects, maps and sets with the values of all nodes, Tasks and
 * Chunks in it (L1). Each node runs once, however often the graph uses it. If any node fails, the whole fails, and what
 * has not run is cancelled (L2); with `allowErrors` those who need it receive the error as its value. Dagger: `collect`.
 *
 * @throws TypeError for unknown options. By rejection `TaskFailedError`.
 * @example
 * ```ts
 * import { createRuntime, delayed } from '@poniard/core';
 *
 * await using runtime = createRuntime();
 * const square = delayed((x: number) => x * x);
 * console.log(await runtime.collect([square(2), square(3)], { retries: 1 })); // [ 4, 9 ]
 * ```
 */
export const collect = ((structure: unknown, options?: CollectOptions) =>
  ambient.current().collect(structure, options)) as Collect;

/**
 * A value that is changed in place: `make` runs once, on one processor, and the value never leaves it. The tasks that take the
 * Chunk run there and get the value itself, so that the changes of one are seen by the next (C5). `fetch` gives a copy of it as
 * it is at that moment. If the processor dies, the value is lost, and tasks that take it fail. Dagger: `mutable`.
 *
 * @throws TypeError where both processor and scope are said. A task that may not run where the value is fails with a
 * `SchedulingError` that names both places.
 * @example
 * ```ts
 * import { createRuntime } from '@poniard/core';
 *
 * await using runtime = createRuntime();
 * using counter = runtime.mutable(() => ({ count: 0 }));
 * const increase = (counter: { count: number }) => ++counter.count;
 * await Promise.all([1, 2, 3].map(() => runtime.spawn(increase, counter)));
 * console.log(await runtime.fetch(counter)); // { count: 3 }
 * ```
 */
export function mutable<T>(make: () => T | PromiseLike<T>, options?: MutableOptions): Chunk<T> {
  return ambient.current().mutable(make, options);
}

/**
 * One value per processor, or per process: `make` runs on each. A task that takes the shard gets the piece of where it
 * runs, and may change it in place (C5). Iterating gives the pieces; `shard.map(fn)` one task on each. Pieces that are lost
 * with their processor are made again. Dagger: `shard`.
 *
 * @throws PoniardError where no processor is in the scope; inside a task.
 * @example
 * ```ts
 * import { createRuntime } from '@poniard/core';
 *
 * await using runtime = createRuntime();
 * using tally = runtime.shard(() => new Map<string, number>());
 * const count = (tally: Map<string, number>, word: string) => void tally.set(word, (tally.get(word) ?? 0) + 1);
 * await Promise.all(['a', 'b', 'a'].map((word) => runtime.spawn(count, tally, word)));
 * const counts = await Promise.all(tally.map((piece) => piece.get('a') ?? 0));
 * console.log(counts.reduce((a, b) => a + b)); // 2
 * ```
 */
export function shard<T>(make: () => T | PromiseLike<T>, options?: ShardOptions): Shard<T> {
  return ambient.current().shard(make, options);
}

/**
 * A handle on a value of this thread, to be passed to many tasks (C1); those on one processor or in a scope only, where
 * `options` say so. Dagger: `tochunk`.
 *
 * @throws TypeError for unknown options, and for a Task; ScopeError for a scope that nothing can be in; PoniardError where the
 * runtime is closed.
 * @example
 * ```ts
 * import { fetchAll, spawn, tochunk } from '@poniard/core';
 *
 * const words = tochunk(['a', 'bc', 'def']);
 * const lengthOf = (index: number) => spawn((words: string[], at: number) => words[at]?.length, words, index);
 * console.log(await fetchAll([lengthOf(0), lengthOf(2)])); // [ 1, 3 ]
 * ```
 */
export function tochunk<T>(value: T | Chunk<T>, options?: ChunkOptions): Chunk<T> {
  return ambient.current().tochunk(value, options);
}

/**
 * Options for all that `body` spawns, in asynchronous code too (O1). Dagger: `with_options`.
 *
 * @example
 * ```ts
 * import { createRuntime } from '@poniard/core';
 *
 * await using runtime = createRuntime();
 * const task = runtime.withOptions({ name: 'inner' }, () => runtime.spawn(() => 1));
 * console.log(task.name); // inner
 * ```
 */
export function withOptions<R>(options: TaskOptions, body: () => R): R {
  return ambient.current().withOptions(options, body);
}

/**
 * What holds for a task that is spawned here without options of its own. Dagger: `get_options`.
 *
 * @example
 * ```ts
 * import { getOptions, withOptions } from '@poniard/core';
 *
 * withOptions({ retries: 2 }, () => console.log(getOptions().retries)); // 2
 * ```
 */
export function getOptions(): TaskOptions {
  return ambient.current().getOptions();
}
