import type { Runtime, TaskFailedError } from '@poniard/core';
import { FakeHost } from '@poniard/testing';
import { describe, expect, it } from 'vitest';
import { type Kind, rejection, suiteRuntime, testRuntime } from './runtimes.js';

const boom = (what: string): never => {
  throw new RangeError(what);
};
const add = (a: number, b: number): number => a + b;
/** What a task with `allowErrors` sees of its inputs. */
const look = (...inputs: unknown[]): unknown[] =>
  inputs.map((input) => {
    if (!(input instanceof Error)) return input;
    const { cause } = input;
    return [input.name, cause instanceof Error ? `${cause.name}: ${cause.message}` : cause];
  });

describe.each<Kind>(['threads', 'inline'])('allowErrors on %s', (kind) => {
  const runtime: Runtime = suiteRuntime(kind);
  const { spawn } = runtime;
  const lookAt = (...inputs: unknown[]) => spawn.with({ allowErrors: true }, look, ...(inputs as never[]));

  it('O3. a task receives the error of a failed input as its value, and the others as they are', async () => {
    expect(await lookAt(spawn(add, 1, 2), spawn(boom, 'no'), 'plain')).toEqual([
      3,
      ['TaskFailedError', 'RangeError: no'],
      'plain',
    ]);
  });

  it('O3. so it does of one that had failed before, and of one that it is given twice', async () => {
    const failed = spawn(boom, 'before');
    await rejection(failed);
    const seen = ['TaskFailedError', 'RangeError: before'];
    expect(await lookAt(failed, failed)).toEqual([seen, seen]);
  });

  it('O3. the error is the one that holders are rejected with: task, root and chain', async () => {
    const failed = spawn(add, spawn(boom, 'root') as never, 1);
    const seen = await spawn.with(
      { allowErrors: true },
      (error: unknown) => {
        const { task, rootTask, chain } = error as TaskFailedError;
        return { task: task.name, rootTask: rootTask.name, chain: chain.map(({ name }) => name) };
      },
      failed as never,
    );
    expect(seen).toEqual({ task: 'add', rootTask: 'boom', chain: ['boom', 'add'] });
  });

  it('O3. cancelled inputs, rejected promises and failed syncdeps do not fail it either', async () => {
    const never = spawn(() => new Promise<never>(() => {}));
    const taken = lookAt(never, Promise.reject(new TypeError('a promise')));
    never.cancel('enough');
    const [cancelled, rejected] = (await taken) as [string, string][];
    expect(cancelled).toEqual([
      'TaskFailedError',
      expect.stringMatching(/^CancelledError: task .* cancelled/),
    ]);
    expect(rejected).toEqual(['TaskFailedError', 'TypeError: a promise']);
    const after = { allowErrors: true, syncdeps: [spawn(boom, 'dependency')] };
    expect(await spawn.with(after, add, 1, 2)).toBe(3);
  });

  it('E1. its own error fails it, and those downstream that do not allow errors', async () => {
    const task = spawn.with({ allowErrors: true }, boom, 'own');
    expect((await rejection(spawn(add, task, 1))) as Error).toMatchObject({ rootTask: { name: 'boom' } });
  });

  it('O2. withOptions says it for many, and for tasks inside tasks', async () => {
    const inside = async (): Promise<unknown[]> => {
      const { spawn: inner } = await import('@poniard/core');
      const fails = (): never => {
        throw new RangeError('inner');
      };
      const sees = (...errors: unknown[]): string[] => errors.map((error) => (error as Error).name);
      return inner(sees, inner(fails), Promise.reject(new Error('a promise')));
    };
    expect(await runtime.withOptions({ allowErrors: true }, () => spawn(inside))).toEqual([
      'TaskFailedError',
      'TaskFailedError',
    ]);
  });
});

it('S11. an error that a task received has been looked at: nobody is warned of it', async () => {
  const host = new FakeHost();
  const runtime = testRuntime('inline', { fakes: { host } });
  const failed = runtime.spawn(boom, 'before');
  await runtime.spawn(add, 1, 2);
  expect(failed.state).toBe('failed');
  await runtime.spawn.with({ allowErrors: true }, look, failed as never);
  await runtime.spawn.with({ allowErrors: true }, look, runtime.spawn(boom, 'meanwhile') as never);
  await runtime.close();
  expect(host.warnings).toEqual([]);
});
