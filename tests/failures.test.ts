import { PoniardError, type Runtime, type Task, TaskFailedError } from '@poniard/core';
import { describe, expect, it } from 'vitest';
import { causeOf, gate, type Kind, rejection, suiteRuntime } from './runtimes.js';

const add1 = (x: number): number => x + 1;
const add = (a: number, b: number): number => a + b;

describe.each<Kind>(['threads', 'inline'])('failures on %s', (kind) => {
  const runtime: Runtime = suiteRuntime(kind);
  const { spawn } = runtime;

  const failing = (message: string): Task<number> =>
    spawn(function explode(text: string): number {
      throw new RangeError(text);
    }, message);

  const failureOf = async (task: PromiseLike<unknown>): Promise<TaskFailedError> => {
    const error = await rejection(task);
    expect(error).toBeInstanceOf(TaskFailedError);
    expect(error).toBeInstanceOf(PoniardError);
    return error as TaskFailedError;
  };

  it('E1. a failure reaches all that depend on it, and nothing else', async () => {
    const bad = failing('bad');
    const good = spawn(add1, 1);
    const left = spawn(add1, bad);
    const right = spawn(add1, bad);
    const bottom = spawn(add, left, right);
    const mixed = spawn(add, good, bottom);
    for (const task of [bad, left, right, bottom, mixed]) {
      expect(((await failureOf(task)).cause as Error).message).toBe('bad');
      expect(task.state).toBe('failed');
    }
    expect(await spawn(add, good, spawn(add1, good))).toBe(5);
  });

  it('E1. a task fails at once, without waiting for its other inputs', async () => {
    const { promise, open } = gate<number>();
    const slow = spawn(add1, promise);
    const both = spawn(add, slow, failing('early'));
    expect((await causeOf(both)).message).toBe('early');
    expect(slow.isReady()).toBe(false);
    open(1);
    expect(await slow).toBe(2);
  });

  it('E1. tasks spawned on a failed one fail too, however many', async () => {
    const bad = failing('before');
    await bad.wait();
    const tasks = Array.from({ length: 600 }, () => spawn(add1, bad));
    await runtime.waitAll(tasks);
    expect(new Set(tasks.map(({ state }) => state))).toEqual(new Set(['failed']));
    expect((await causeOf(tasks[255]!)).message).toBe('before');
  });

  it('E1. a long chain behind a failure fails', async () => {
    let task = failing('root');
    for (let i = 0; i < 10_000; i++) task = spawn(add1, task);
    expect((await causeOf(task)).message).toBe('root');
  });

  it('E2. the error names the task, the one that threw, and the way between', async () => {
    const bad = failing('out of bounds');
    const middle = spawn.with({ name: 'middle' }, add1, bad);
    const last = spawn.with({ name: 'last' }, add1, middle);
    const error = await failureOf(last);
    expect(error.task).toEqual({ id: last.id, name: 'last' });
    expect(error.rootTask).toEqual({ id: bad.id, name: 'explode' });
    expect(error.chain.map(({ name }) => name)).toEqual(['explode', 'middle', 'last']);
    expect(error.message).toBe(
      `task last (#${last.id}) failed because explode (#${bad.id}) did: RangeError: out of bounds\n` +
        `  explode (#${bad.id}) → middle (#${middle.id}) → last (#${last.id})`,
    );
  });

  it('E2. the error of the task that threw has no way to tell', async () => {
    const bad = failing('here');
    const error = await failureOf(bad);
    expect(error.message).toBe(`task explode (#${bad.id}) failed: RangeError: here`);
    expect(error.rootTask).toEqual(error.task);
  });

  it('E2. a long way is abbreviated', async () => {
    let task = failing('far');
    for (let i = 0; i < 20; i++) task = spawn(add1, task);
    const error = await failureOf(task);
    expect(error.chain).toHaveLength(21);
    expect(error.message).toMatch(/explode \(#\d+\) → .* … 16 more … → /);
  });

  it('E2. the cause has the name, message, stack, own properties and cause of what was thrown', async () => {
    const task = spawn(() => {
      const error = new TypeError('outer', { cause: new Error('inner') });
      throw Object.assign(error, { code: 'E_CODE', details: { at: [1, 2] } });
    });
    const cause = (await causeOf(task)) as TypeError & { code: string; details: unknown };
    expect(cause).toBeInstanceOf(TypeError);
    expect(cause.message).toBe('outer');
    expect(cause.code).toBe('E_CODE');
    expect(cause.details).toEqual({ at: [1, 2] });
    expect((cause.cause as Error).message).toBe('inner');
    expect(cause.stack).toMatch(/TypeError: outer\n\s+at /);
  });

  it("E2. an error of a user's class keeps its name and what it holds", async () => {
    const cause = (await causeOf(
      spawn(() => {
        class QuotaError extends Error {
          override name = 'QuotaError';
          left = 3;
        }
        throw new QuotaError('too much');
      }),
    )) as Error & { left: number };
    expect(cause).toBeInstanceOf(Error);
    expect([cause.name, cause.message, cause.left]).toEqual(['QuotaError', 'too much', 3]);
  });

  it('E2. AggregateError and errors that refer to themselves come through', async () => {
    const cause = (await causeOf(
      spawn(() => {
        const error = new AggregateError(
          [new Error('one'), new RangeError('two')],
          'both',
        ) as AggregateError & { self: unknown };
        error.self = error;
        throw error;
      }),
    )) as AggregateError & { self: unknown };
    expect(cause.errors.map(({ message }: Error) => message)).toEqual(['one', 'two']);
    expect(cause.self).toBe(cause);
  });

  it('E2. what was thrown need not be an error', async () => {
    for (const thrown of ['text', 7, undefined, null, { code: 3 }]) {
      const error = await failureOf(
        spawn((value: unknown) => {
          throw value;
        }, thrown),
      );
      expect(error.cause).toEqual(thrown);
    }
    expect((await failureOf(spawn(() => Promise.reject('async')))).message).toMatch(/threw "async"/);
  });

  it('E2. an error that holds what cannot be cloned still tells its message', async () => {
    const cause = await causeOf(
      spawn(() => {
        throw Object.assign(new Error('with a function'), { callback: () => 1, socket: new WeakMap() });
      }),
    );
    expect(cause.message).toBe('with a function');
  });

  it('E2. a rejected promise is a failure like a throw', async () => {
    const task = spawn(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      throw new Error('later');
    });
    expect((await causeOf(task)).message).toBe('later');
  });

  it('E1. tasks go on after failures', async () => {
    const tasks = runtime.map(
      (i: number) => {
        if (i % 3 === 0) throw new Error(`no ${i}`);
        return i;
      },
      Array.from({ length: 300 }, (_, i) => i),
    );
    const settled = await Promise.allSettled(tasks);
    expect(settled.filter(({ status }) => status === 'rejected')).toHaveLength(100);
    expect(await spawn(add, 1, 2)).toBe(3);
  });
});

describe('failures on threads', () => {
  const runtime = suiteRuntime('threads');

  it('E2. the stack names the function and its line, on the thread that threw', async () => {
    const cause = await causeOf(
      runtime.spawn(function namedThrower() {
        throw new Error('on the thread');
      }),
    );
    expect(cause.stack).toMatch(/namedThrower/);
    expect(cause.stack).not.toMatch(/failures\.test/);
  });

  it('E2. an error is the same for all that fetch it', async () => {
    const bad = runtime.spawn(() => {
      throw new Error('shared');
    });
    const [a, b] = await Promise.all([causeOf(bad), causeOf(runtime.spawn((x: never) => x, bad))]);
    expect(a).toBe(b);
  });
});
