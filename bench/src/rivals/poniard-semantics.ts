/** @file Poniard, for the rows about options, caches, closures, nested tasks and lazy graphs. */
import { delayed, type Runtime, spawn, type Task, type Thunk } from 'poniard';
import { threadsAtWork } from './poniard-runtime.js';
import { microsecondsEach, total } from './pool.js';
import { check, count, type Job, type Params, packageVersion, type Rival, timed } from './rival.js';
import { add, fibonacci, fibonacciTasks } from './work.js';

/** Options: `threads`. */
export async function createRival(options: Params): Promise<Rival> {
  const threads = count(options, 'threads');
  const runtime = await threadsAtWork(threads);
  return {
    version: await packageVersion('poniard', import.meta.resolve('poniard')),
    settings: `createRuntime(), ${threads} threads`,
    jobs: {
      options: (params) => withOptions(runtime, count(params, 'tasks')),
      cached: (params) => cached(runtime, count(params, 'tasks'), count(params, 'calls')),
      closures: (params) => closures(runtime, count(params, 'tasks')),
      nested: (params) => nested(runtime, count(params, 'n')),
      lazy: lazyGraph(runtime),
    },
    close: () => runtime.close(),
  };
}

/** Each task in a `withOptions` of its own, which differs from the one before. */
async function withOptions(runtime: Runtime, tasks: number): Promise<number> {
  const ms = await timed(async () => {
    const spawned = new Array<Task<number>>(tasks);
    for (let i = 0; i < tasks; i++) {
      spawned[i] = runtime.withOptions({ priority: i % 7 }, () => runtime.spawn(add, i, 1));
    }
    check('the sum', total(await runtime.fetchAll(spawned)), (tasks * (tasks + 1)) / 2);
  });
  return microsecondsEach(ms, tasks);
}

/** So many calls, of which `calls` are different ones. */
async function cached(runtime: Runtime, tasks: number, calls: number): Promise<number> {
  const options = { cache: true };
  const spawned = new Array<Task<number>>(tasks);
  const ms = await timed(async () => {
    for (let i = 0; i < tasks; i++) spawned[i] = runtime.spawn.with(options, add, i % calls, 1);
    await runtime.fetchAll(spawned);
  });
  check('the last value', await (spawned[tasks - 1] as Task<number>), ((tasks - 1) % calls) + 1);
  return microsecondsEach(ms, tasks);
}

/** A loop that spawns an arrow, which captures the loop's variable and a value beside it. */
async function closures(runtime: Runtime, tasks: number): Promise<number> {
  const offset = 1;
  const ms = await timed(async () => {
    const spawned = new Array<Task<number>>(tasks);
    for (let i = 0; i < tasks; i++) spawned[i] = runtime.spawn(() => i + offset);
    check('the sum', total(await runtime.fetchAll(spawned)), (tasks * (tasks + 1)) / 2);
  });
  return microsecondsEach(ms, tasks);
}

/** Fibonacci by tasks that spawn tasks. */
async function nested(runtime: Runtime, n: number): Promise<number> {
  const byTasks = async (n: number): Promise<number> => {
    if (n < 2) return n;
    const [a, b] = [spawn(byTasks, n - 1), spawn(byTasks, n - 2)];
    return (await a) + (await b);
  };
  let result = Number.NaN;
  const ms = await timed(async () => {
    result = await runtime.spawn(byTasks, n);
  });
  check('Fibonacci', result, fibonacci(n));
  return microsecondsEach(ms, fibonacciTasks(n));
}

/** Adds numbers in pairs, by nodes; building the graph counts. */
function lazyGraph(runtime: Runtime): Job {
  return async (params) => {
    const nodes = count(params, 'tasks');
    const ms = await timed(async () => {
      const plus = delayed(add);
      let level: (number | Thunk<number>)[] = Array.from({ length: nodes + 1 }, (_, i) => i);
      while (level.length > 1) {
        const next: (number | Thunk<number>)[] = [];
        for (let i = 0; i + 1 < level.length; i += 2) {
          next.push(plus(level[i] as number, level[i + 1] as number));
        }
        if (level.length % 2 === 1) next.push(level[level.length - 1] as number);
        level = next;
      }
      check('the sum', await runtime.collect(level[0] as Thunk<number>), (nodes * (nodes + 1)) / 2);
    });
    return microsecondsEach(ms, nodes);
  };
}
