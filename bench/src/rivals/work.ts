/**
 * @file The tasks' bodies, shared by all contestants so that everybody does the same work.
 * Each is self-contained (no name from outside), so that it can travel as source as well as be imported.
 */

/** The no-op of the overhead rows. */
export const add = (a: number, b: number): number => a + b;

/**
 * Pure computation whose length is set by `iterations`. Gives the milliseconds that it took where it ran; the
 * loop's result is used, so that no compiler may drop the loop.
 */
export const compute = (iterations: number): number => {
  const start = performance.now();
  let x = 1;
  for (let i = 0; i < iterations; i++) x = (Math.imul(x ^ (x >>> 15), 0x2c1b3c6d) + i) | 0;
  const elapsed = performance.now() - start;
  return x === 0.5 ? Number.NaN : elapsed;
};

/**
 * What each task of the data row does with its array: reads 64 elements spread evenly and counts itself in
 * the first. So few that the row is about moving: a thousand cache misses would take as long as a hop.
 */
export const touch = (data: Float64Array): void => {
  const step = Math.max(1, Math.floor(data.length / 64));
  let sum = 0;
  for (let i = 1; i < data.length; i += step) sum += data[i] as number;
  if (Number.isNaN(sum)) throw new Error('the array did not arrive');
  data[0] = (data[0] as number) + 1;
};

/** The array of the data row: no page is left untouched, as in an array of real data. */
export const fill = (data: Float64Array): Float64Array => {
  for (let i = 0; i < data.length; i++) data[i] = i & 1023;
  data[0] = 0;
  return data;
};

/** What the nested tasks have to find. */
export function fibonacci(n: number): number {
  let [a, b] = [0, 1];
  for (let i = 0; i < n; i++) [a, b] = [b, a + b];
  return a;
}

/** How many calls `fibonacci(n)` takes by recursion, each of which is a task. */
export const fibonacciTasks = (n: number): number => 2 * fibonacci(n + 1) - 1;
