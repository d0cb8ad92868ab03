/** @file What becomes of running tasks that nobody wants any more, and of those beside them. */
import { CancelledError, type Task, TimeoutError, taskContext, WorkerLostError } from '@poniard/core';
import { describe, expect, it } from 'vitest';
import * as cancelling from './fixtures/cancelling.mjs';
import { listens, set } from './fixtures/families.mjs';
import {
  causeOf,
  changed,
  counters,
  gate,
  type Kind,
  rejection,
  suiteRuntime,
  testRuntime,
} from './runtimes.js';

const aside = { occupancy: 0 };
const increment = (x: number): number => x + 1;

describe.each<Kind>(['threads', 'inline'])('a running task that is cancelled, on %s', (kind) => {
  const runtime = suiteRuntime(kind, {}, { threads: 1 });
  const { spawn } = runtime;

  it('O5. gives its place up where it waits and does not listen', async () => {
    const words = counters(1);
    const task = spawn(cancelling.waitsForEver, words);
    await changed(words, 0);
    task.cancel('enough');
    expect(await causeOf(task)).toBeInstanceOf(CancelledError);
    expect(await spawn(increment, 1)).toBe(2);
  });

  it('O5. so does one that took longer than its timeout', async () => {
    const task = spawn.with({ timeout: 20 }, cancelling.waitsForEver, counters(1));
    expect(await causeOf(task)).toBeInstanceOf(TimeoutError);
    expect(await spawn(increment, 1)).toBe(2);
  });

  it('O5. learns the reason by its signal: the error with all that it holds', async () => {
    const words = counters(2);
    const text = new Uint8Array(new SharedArrayBuffer(100));
    const controller = new AbortController();
    const task = spawn.with({ signal: controller.signal }, cancelling.writesReason, words, text);
    await changed(words, 0);
    const reason = Object.assign(new RangeError('too far'), { code: 'E_FAR' });
    controller.abort(reason);
    const error = await causeOf(task);
    expect(error.cause).toBe(reason);
    await changed(words, 1);
    expect(new TextDecoder().decode(text.slice(0, text.indexOf(0)))).toBe(
      'CancelledError: RangeError: too far E_FAR',
    );
  });

  it('O5. inside a task too, the reason of a cancellation is kept', async () => {
    const seen = ['CancelledError', 'RangeError', 'too far', 'E_FAR'];
    expect(await spawn(cancelling.cancelsWithError)).toEqual([seen, seen]);
  });

  it('O5. a signal is left alone when its task has ended', async () => {
    expect(await spawn(cancelling.listenersOf)).toEqual([1, 0]);
  });
});

describe('a task that does not listen', () => {
  it('O5. is ended by its timeout, with its thread', async () => {
    const runtime = testRuntime('threads', {}, { threads: 1 });
    const task = runtime.spawn.with({ timeout: 20 }, cancelling.spins, counters(1));
    const behind = runtime.map(increment, [1, 2, 3]);
    expect(await causeOf(task)).toBeInstanceOf(TimeoutError);
    expect(await Promise.all(behind)).toEqual([2, 3, 4]);
  });

  it('O5. is ended by force inside a task', async () => {
    const runtime = testRuntime('threads');
    expect(await runtime.spawn(cancelling.forcesChild, counters(1))).toEqual(['CancelledError', 'enough']);
    expect(await runtime.spawn(increment, 1)).toBe(2);
  });
});

describe('tasks beside one that is ended by force', () => {
  it('O5. notice nothing where it listens', async () => {
    const runtime = testRuntime('threads', {}, { threads: 1 });
    const [words, other] = [counters(2), counters(3)];
    const beside = runtime.spawn.with(aside, cancelling.beside, other);
    const task = runtime.spawn.with(aside, listens, words);
    await changed(words, 0);
    task.cancel('enough', { force: true });
    await changed(words, 1);
    set(other, 1);
    expect(await beside).toBe('beside');
    expect(other[2]).toBe(1);
  });

  it('O5. start again and are not blamed, as often as it happens', async () => {
    const runtime = testRuntime('threads', {}, { threads: 1 });
    const other = counters(3);
    const beside = runtime.spawn.with({ ...aside, retries: 1 }, cancelling.beside, other);
    for (let round = 1; round <= 3; round++) {
      const words = counters(1);
      const task = runtime.spawn.with(aside, cancelling.spins, words);
      await changed(words, 0);
      task.cancel('enough', { force: true });
      expect(await causeOf(task)).toBeInstanceOf(CancelledError);
    }
    set(other, 1);
    expect(await beside).toBe('beside');
    expect(other[2]).toBeGreaterThan(2);
  });

  it('E3. are lost where they may start only once', async () => {
    const runtime = testRuntime('threads', {}, { threads: 1 });
    const [words, other] = [counters(1), counters(3)];
    const beside = runtime.spawn.with({ ...aside, retries: 0 }, cancelling.beside, other);
    const task = runtime.spawn.with(aside, cancelling.spins, words);
    await changed(words, 0);
    task.cancel('enough', { force: true });
    const error = await causeOf(beside);
    expect(error).toBeInstanceOf(WorkerLostError);
    expect(error.message).toMatch(/cpu:0 was stopped by force while it ran beside/);
    expect(other[2]).toBe(1);
  });
});

it('O5. one that is cancelled by what another does when it is told to end leaves its place to the next', async () => {
  const runtime = testRuntime('inline');
  const started = gate<void>();
  const first = runtime.spawn(async () => {
    const { signal } = taskContext();
    started.open();
    await new Promise<void>((resolve) =>
      signal.addEventListener('abort', () => {
        second.cancel();
        resolve();
      }),
    );
  });
  const second: Task<number> = runtime.spawn(() => 1);
  await started.promise;
  first.cancel();
  await Promise.all([rejection(first), rejection(second)]);
  expect(await runtime.spawn(() => 2)).toBe(2);
});
