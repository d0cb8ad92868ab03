/** @file What `spawn` infers, and what it refuses. Checked by the compiler only. */
import type { Chunk, Runtime, Task, TaskFailedError, TaskOptions } from '@poniard/core';
import {
  asCompleted,
  capture,
  fetch,
  fetchAll,
  map,
  operation,
  spawn,
  task,
  taskContext,
  tochunk,
  withOptions,
} from '@poniard/core';
import { describe, expectTypeOf, it } from 'vitest';

const add = (a: number, b: number): number => a + b;
const greet = (name: string, times = 1, ...marks: string[]): string => name.repeat(times) + marks.join('');
const later = async (x: number): Promise<{ x: number }> => ({ x });
function identity<T>(value: T): T {
  return value;
}
function pair<A, B>(a: A, b: B): [A, B] {
  return [a, b];
}
declare function overloaded(value: number): number;
declare function overloaded(value: string): string;
declare const number: Task<number>;
declare const chunk: Chunk<number>;
declare const promise: Promise<number>;
declare const runtime: Runtime;

describe('spawn', () => {
  it('S12. asCompleted takes tasks of several types', () => {
    const text = spawn(greet, 'a');
    expectTypeOf(asCompleted([spawn(add, 1, 2), text]).next()).resolves.toExtend<
      IteratorResult<Task<number> | Task<string>>
    >();
    expectTypeOf(asCompleted([text])).toExtend<AsyncIterable<Task<string>>>();
  });

  it('S1. gives a task of what the function gives', () => {
    expectTypeOf(spawn(add, 1, 2)).toEqualTypeOf<Task<number>>();
    expectTypeOf(spawn(later, 1)).toEqualTypeOf<Task<{ x: number }>>();
    expectTypeOf(spawn(() => {})).toEqualTypeOf<Task<void>>();
    expectTypeOf(spawn(() => undefined)).toEqualTypeOf<Task<undefined>>();
    expectTypeOf(spawn((text: string) => text.length, 'abc')).toEqualTypeOf<Task<number>>();
    expectTypeOf(spawn(() => [1, 'a'] as const)).toEqualTypeOf<Task<readonly [1, 'a']>>();
  });

  it("S11. a function that gives a task gives that task's value", () => {
    expectTypeOf(spawn((x: number) => spawn(add, x, 1), 1)).toEqualTypeOf<Task<number>>();
    expectTypeOf(spawn(async (x: number) => spawn(add, x, 1), 1)).toEqualTypeOf<Task<number>>();
  });

  it('S2. S3. S4. takes tasks, chunks and promises for values', () => {
    expectTypeOf(spawn(add, number, chunk)).toEqualTypeOf<Task<number>>();
    expectTypeOf(spawn(add, promise, 2)).toEqualTypeOf<Task<number>>();
    expectTypeOf(spawn(add, spawn(add, 1, 2), spawn(add, 1, 2))).toEqualTypeOf<Task<number>>();
  });

  it('infers optional, default and rest parameters', () => {
    expectTypeOf(spawn(greet, 'a')).toEqualTypeOf<Task<string>>();
    expectTypeOf(spawn(greet, 'a', 2)).toEqualTypeOf<Task<string>>();
    expectTypeOf(spawn(greet, 'a', number, '!', '?')).toEqualTypeOf<Task<string>>();
    const optional = (a: number, b?: string): string => `${a}${b}`;
    expectTypeOf(spawn(optional, 1)).toEqualTypeOf<Task<string>>();
    expectTypeOf(spawn(optional, 1, undefined)).toEqualTypeOf<Task<string>>();
    expectTypeOf(spawn((...xs: number[]) => xs.length, 1, number, promise)).toEqualTypeOf<Task<number>>();
    expectTypeOf(spawn((x: number, by: number = 1) => x + by, 1)).toEqualTypeOf<Task<number>>();
    expectTypeOf(spawn((x: number, by?: number) => x + (by ?? 1), number)).toEqualTypeOf<Task<number>>();
    expectTypeOf(spawn((x: number, ...more: string[]) => x + more.length, 1)).toEqualTypeOf<Task<number>>();
    expectTypeOf(spawn((x: number, by = 1) => x + by, 1, 2)).toEqualTypeOf<Task<number>>();
    expectTypeOf(spawn((x, ...more) => x + more.length, number, 'a', 2)).toEqualTypeOf<Task<number>>();
    // @ts-expect-error: the rest are strings
    spawn(greet, 'a', 2, 3);
  });

  it('infers generic functions from their arguments', () => {
    expectTypeOf(spawn(identity<number>, 3)).toEqualTypeOf<Task<number>>();
    expectTypeOf(spawn(identity<number>, number)).toEqualTypeOf<Task<number>>();
    expectTypeOf(spawn(pair<number, string>, number, 'x')).toEqualTypeOf<Task<[number, string]>>();
    expectTypeOf(spawn(identity, 'text')).resolves.toBeString();
  });

  it('gives parameters that have no type of their own that of the argument', () => {
    expectTypeOf(spawn((x, y) => x * y, 2, 10)).toEqualTypeOf<Task<number>>();
    expectTypeOf(spawn((x, y) => x * y, number, 10)).toEqualTypeOf<Task<number>>();
    expectTypeOf(spawn((x) => x.length, 'text')).toEqualTypeOf<Task<number>>();
  });

  it('takes the last signature of an overloaded function', () => {
    expectTypeOf(spawn(overloaded, 'x')).toEqualTypeOf<Task<string>>();
    // @ts-expect-error: the first signature does not count
    spawn(overloaded, 1);
  });

  it('refuses wrong arguments', () => {
    // @ts-expect-error: a string for a number
    spawn(add, 'a', 2);
    // @ts-expect-error: one is missing
    spawn(add, 1);
    // @ts-expect-error: one too many
    spawn(add, 1, 2, 3);
    const text = spawn(() => 'text');
    // @ts-expect-error: a task of the wrong type
    spawn(add, text, 2);
    // @ts-expect-error: a promise of the wrong type
    spawn(add, Promise.resolve('text'), 2);
    // @ts-expect-error: not a function
    spawn(42);
    // @ts-expect-error: a task nested in an array is not an array of numbers
    spawn((xs: number[]) => xs.length, [number]);
  });

  it('takes options by `with`, and knows them', () => {
    expectTypeOf(spawn.with({ name: 'sum', retries: 1, priority: -1 }, add, 1, number)).toEqualTypeOf<
      Task<number>
    >();
    // @ts-expect-error: no such option
    spawn.with({ prio: 1 }, add, 1, 2);
    // @ts-expect-error: a number is wanted
    spawn.with({ retries: 'twice' }, add, 1, 2);
    // @ts-expect-error: the options are missing
    spawn.with(add, 1, 2);
    expectTypeOf<TaskOptions>().toHaveProperty('signal');
  });
});

describe('tasks', () => {
  it('S11. are promises as far as types go', async () => {
    expectTypeOf(await number).toEqualTypeOf<number>();
    expectTypeOf(number).toExtend<PromiseLike<number>>();
    expectTypeOf(await number.then((x) => `${x}`)).toEqualTypeOf<string>();
    expectTypeOf(await number.catch(() => 'none' as const)).toEqualTypeOf<number | 'none'>();
    expectTypeOf(await number.finally(() => {})).toEqualTypeOf<number>();
    expectTypeOf(await Promise.all([number, spawn(() => 'x')])).toEqualTypeOf<[number, string]>();
    expectTypeOf(number.chunk()).toEqualTypeOf<Promise<Chunk<number>>>();
    number.catch((error: unknown) => expectTypeOf(error as TaskFailedError).toHaveProperty('rootTask'));
  });

  it('S6. fetch takes tasks and chunks, and not what the web fetches', () => {
    expectTypeOf(fetch(number)).toEqualTypeOf<Promise<number>>();
    expectTypeOf(fetch(chunk)).toEqualTypeOf<Promise<number>>();
    // @ts-expect-error: that is the web's fetch
    fetch('https://example.org');
    // @ts-expect-error: that is the web's fetch
    fetch(new URL('https://example.org'));
  });

  it('S12. fetchAll gives the structure with values in it', () => {
    const structure = {
      a: number,
      list: [chunk, number],
      pair: [number, 'x'] as const,
      plain: { deep: true },
    };
    expectTypeOf(fetchAll(structure)).resolves.toEqualTypeOf<{
      a: number;
      list: number[];
      pair: [number, 'x'];
      plain: { deep: boolean };
    }>();
    expectTypeOf(fetchAll([number, number])).resolves.toEqualTypeOf<number[]>();
    expectTypeOf(fetchAll(new Map([['a', number]]))).resolves.toEqualTypeOf<Map<string, number>>();
    expectTypeOf(fetchAll('text')).resolves.toEqualTypeOf<string>();
  });

  it('S12. map gives a task per item', () => {
    expectTypeOf(map((x: number, i: number) => `${x}${i}`, [1, 2])).toEqualTypeOf<Task<string>[]>();
    expectTypeOf(map(async (x: number) => x, [number, promise, 3])).toEqualTypeOf<Task<number>[]>();
    expectTypeOf(map((x: string) => x.length, new Set(['a']), { retries: 1 })).toEqualTypeOf<
      Task<number>[]
    >();
    // @ts-expect-error: the items are strings
    map((x: number) => x, ['a']);
  });

  it('C1. chunks know their value', async () => {
    expectTypeOf(tochunk(new Float64Array(1))).toExtend<Chunk<Float64Array>>();
    expectTypeOf(tochunk(tochunk(1))).toEqualTypeOf<Chunk<number>>();
    expectTypeOf(await tochunk({ a: 1 }).fetch()).toEqualTypeOf<{ a: number }>();
    expectTypeOf(chunk).toExtend<Disposable>();
  });
});

describe('a runtime', () => {
  it('has every free function as a method', () => {
    expectTypeOf(runtime.spawn).toEqualTypeOf(spawn);
    expectTypeOf(runtime.map).toEqualTypeOf(map);
    expectTypeOf(runtime.fetch).toEqualTypeOf(fetch);
    expectTypeOf(runtime.fetchAll).toEqualTypeOf(fetchAll);
    expectTypeOf(runtime.withOptions).toEqualTypeOf(withOptions);
    expectTypeOf(runtime.tochunk).toEqualTypeOf(tochunk);
    expectTypeOf(runtime.taskContext).toEqualTypeOf(taskContext);
    expectTypeOf(runtime.task).toEqualTypeOf(task);
    expectTypeOf(runtime.operation).toEqualTypeOf(operation);
    expectTypeOf(runtime.capture).toEqualTypeOf(capture);
    expectTypeOf(runtime).toExtend<AsyncDisposable>();
  });
});
