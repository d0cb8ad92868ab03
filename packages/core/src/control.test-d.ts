/** @file What dynamic control infers, and what it refuses. Checked by the compiler only. */
import { type Task, type TaskScheduler, taskContext } from '@poniard/core';
import { describe, expectTypeOf, it } from 'vitest';

declare const scheduler: TaskScheduler;
declare const number: Task<number>;

describe('the scheduler inside a task', () => {
  it('S9. addTask infers like spawn', () => {
    expectTypeOf(taskContext().scheduler).toEqualTypeOf<TaskScheduler>();
    expectTypeOf(scheduler.addTask((x: number) => `${x}`, 1)).toEqualTypeOf<Task<string>>();
    expectTypeOf(scheduler.addTask(async (x: number) => x, number)).toEqualTypeOf<Task<number>>();
    // @ts-expect-error: the argument is of another type
    scheduler.addTask((x: number) => x, 'one');
  });

  it('S9. exec gives what the function gives', () => {
    expectTypeOf(scheduler.exec(() => 1)).toEqualTypeOf<Promise<number>>();
    expectTypeOf(scheduler.exec(async () => 'x')).toEqualTypeOf<Promise<string>>();
    // @ts-expect-error: it takes no arguments
    scheduler.exec((x: number) => x);
  });

  it('S9. dag and halt', () => {
    expectTypeOf(scheduler.dag()).toEqualTypeOf<Promise<Map<number, Set<number>>>>();
    expectTypeOf(scheduler.halt('reason')).toEqualTypeOf<void>();
  });
});
