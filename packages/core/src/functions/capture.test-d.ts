import { expectTypeOf, test } from 'vitest';
import { spawn } from '../default-runtime.js';
import type { Task } from '../task.js';
import { capture } from './capture.js';

test('capture() gives a function of the remaining arguments', () => {
  const scale = capture({ k: 3, unit: 'm' }, ({ k, unit }, x: number, digits?: number) => {
    expectTypeOf(k).toEqualTypeOf<number>();
    return (k * x).toFixed(digits) + unit;
  });
  expectTypeOf(scale).toEqualTypeOf<(x: number, digits?: number) => string>();
  expectTypeOf(spawn(scale, 1)).toEqualTypeOf<Task<string>>();
  expectTypeOf(spawn(capture({ k: 3 }, async ({ k }) => k))).toEqualTypeOf<Task<number>>();
});

test('handles among the values stay handles, and functions functions', () => {
  const task = {} as Task<number>;
  const later = capture({ task, twice: (x: number) => 2 * x }, async (values, ...more: string[]) => {
    expectTypeOf(values.task).toEqualTypeOf<Task<number>>();
    return values.twice(await values.task) + more.length;
  });
  expectTypeOf(later).toEqualTypeOf<(...more: string[]) => Promise<number>>();
});

test('what is no object of values, or gets wrong arguments, is an error', () => {
  // @ts-expect-error: values are named
  capture(3, (k: number) => k);
  // @ts-expect-error: the function takes other values
  capture({ k: 3 }, ({ l }: { l: number }) => l);
  const scale = capture({ k: 3 }, ({ k }, x: number) => k * x);
  // @ts-expect-error: x is a number
  spawn(scale, 'x');
  // @ts-expect-error: x is missing
  scale();
});
