/** @file The overhead jobs over any pool that runs `add(a, b)` in a worker and gives a promise. */
import { median } from '../row.js';
import { check, count, type Job, timed } from './rival.js';

/** Runs one no-op `(a, b) => a + b` in a worker. */
export type RunAdd = (a: number, b: number) => PromiseLike<number>;

/** Microseconds for each of `tasks` tasks that took `ms` together. */
export const microsecondsEach = (ms: number, tasks: number): number => (ms * 1000) / tasks;

/**
 * The same graphs as ours, as one writes them over a pool: a pool knows no dependencies, so the calling
 * thread awaits what a task needs and then runs it.
 */
export function poolJobs(run: RunAdd): Record<'independent' | 'tree' | 'chain' | 'oneByOne', Job> {
  return {
    async independent(params) {
      const tasks = count(params, 'tasks');
      let results: number[] = [];
      const ms = await timed(async () => {
        const promises = new Array<PromiseLike<number>>(tasks);
        for (let i = 0; i < tasks; i++) promises[i] = run(i, 1);
        results = await Promise.all(promises);
      });
      check('the sum', total(results), (tasks * (tasks + 1)) / 2);
      return microsecondsEach(ms, tasks);
    },

    async tree(params) {
      const leaves = count(params, 'leaves');
      const add = async (left: PromiseLike<number>, right: PromiseLike<number>) =>
        run(await left, await right);
      let result = Number.NaN;
      const ms = await timed(async () => {
        let level: PromiseLike<number>[] = [];
        for (let i = 0; i + 1 < leaves; i += 2) level.push(run(i, i + 1));
        if (leaves % 2 === 1) level.push(Promise.resolve(leaves - 1));
        while (level.length > 1) {
          const next: PromiseLike<number>[] = [];
          for (let i = 0; i + 1 < level.length; i += 2) {
            next.push(add(level[i] as PromiseLike<number>, level[i + 1] as PromiseLike<number>));
          }
          if (level.length % 2 === 1) next.push(level[level.length - 1] as PromiseLike<number>);
          level = next;
        }
        result = await (level[0] as PromiseLike<number>);
      });
      check('the sum of the leaves', result, (leaves * (leaves - 1)) / 2);
      return microsecondsEach(ms, leaves - 1);
    },

    chain: (params) => awaitEach(run, count(params, 'tasks')),
    oneByOne: (params) => awaitEach(run, count(params, 'tasks')),
  };
}

async function awaitEach(run: RunAdd, tasks: number): Promise<number> {
  let value = 0;
  const ms = await timed(async () => {
    for (let i = 0; i < tasks; i++) value = await run(value, 1);
  });
  check('the last value', value, tasks);
  return microsecondsEach(ms, tasks);
}

/** The sum of `values`. */
export function total(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

/**
 * How many iterations of `compute` take `ms`, in workers, while every thread is busy. `run` runs it in a worker
 * and gives its milliseconds.
 */
export async function iterationsFor(
  run: (iterations: number) => PromiseLike<number>,
  threads: number,
  ms: number,
): Promise<number> {
  let iterations = 100_000;
  // The first rounds also compile the loop; the estimate settles in three.
  for (let round = 0; round < 4; round++) {
    const times = await Promise.all(Array.from({ length: threads * 8 }, () => run(iterations)));
    iterations = Math.max(1000, Math.round((iterations * ms) / median(times)));
  }
  return iterations;
}
