import type { Runtime } from '@poniard/core';
import { describe, expect, it } from 'vitest';
import * as nesting from './fixtures/nesting.mjs';
import { changed, counters, rejection, suiteRuntime } from './runtimes.js';

const kinds = ['one thread', 'two threads', 'the calling thread'] as const;

describe.each(kinds)('tasks inside tasks on %s', (kind) => {
  const runtime: Runtime =
    kind === 'the calling thread'
      ? suiteRuntime('inline')
      : suiteRuntime('threads', {}, { threads: kind === 'one thread' ? 1 : 2 });
  const { spawn } = runtime;

  it('S9. Fibonacci by spawning gives 55', async () => {
    expect(await spawn(nesting.fib, 10)).toBe(55);
  });

  it.each([
    ['a view on shared memory', '[data, 4]'],
    ['anything', '{ data }'],
  ])(
    'S9. a class that only the task knows, whose codec makes %s of it, comes through a nested task',
    async (_, made) => {
      const module = `data:text/javascript,${encodeURIComponent(`export class Row {
      constructor(data) { this.data = data; }
      static [Symbol.for('poniard.valueCodec')] = {
        tag: ${JSON.stringify(`Row ${made}`)}, module: import.meta.url, exportName: 'Row',
        test: (value) => value instanceof Row,
        encode: ({ data }) => (${made}),
        decode: (encoded) => new Row(encoded.data ?? encoded[0]),
      };
    }`)}`;
      const outer = async (from: string) => {
        const { Row } = (await import(from)) as { Row: new (data: Uint8Array) => { data: Uint8Array } };
        const { currentRuntime } = await import('@poniard/core');
        const row = new Row(new Uint8Array(new SharedArrayBuffer(3)));
        return currentRuntime().spawn((same: typeof row) => same, row);
      };
      expect((await spawn(outer, module)).data).toHaveLength(3);
    },
  );

  it('S9. a hundred levels deep', async () => {
    expect(await spawn(nesting.deep, 100)).toBe(100);
  });

  it('S9. many parents at a time each await their children', async () => {
    expect(await Promise.all(runtime.map(nesting.fib, [5, 6, 7, 8, 5, 6, 7, 8]))).toEqual([
      5, 8, 13, 21, 5, 8, 13, 21,
    ]);
  });

  it("S11. a function that returns a task gives that task's value", async () => {
    expect(await spawn(nesting.deepWithoutAwait, 30)).toBe('bottom');
  });

  it("S9. a child's error reaches the parent with its cause, code and task", async () => {
    expect(await spawn(nesting.catchInside, 'inner')).toEqual([
      'TaskFailedError',
      'RangeError',
      'inner',
      'E_TEST',
      'fail',
    ]);
  });

  it('S9. a child that failed fails its parent when it is awaited there', async () => {
    const error = (await rejection(spawn(nesting.failInside, 'inner'))) as Error;
    expect(error.name).toBe('TaskFailedError');
    expect(error.message).toMatch(/failInside/);
    const inner = error.cause as Error;
    expect(inner.name).toBe('TaskFailedError');
    expect((inner.cause as Error & { code: string }).code).toBe('E_TEST');
  });

  it('S9. children are arguments of children', async () => {
    expect(await spawn(nesting.sumByTasks, 20)).toBe(210);
  });

  it('S9. promises are arguments of children', async () => {
    expect(await spawn(nesting.withPromises, 20, 22)).toBe(42);
  });

  it('S9. map, fetchAll and asCompleted work inside', async () => {
    expect(await spawn(nesting.mapInside, [1, 2, 3])).toEqual([1, 4, 9]);
    expect(await spawn(nesting.fetchAllInside, 1)).toEqual({ a: 2, list: [3, 4] });
    expect(await spawn(nesting.completedInside, [1, 2, 3])).toBe(9);
  });

  it('S9. a large result of a child is used by other children', async () => {
    expect(await spawn(nesting.largeInside, 20_000)).toEqual([199_990_000, 199_990_000]);
  });

  it('C1. chunks are made and released inside a task', async () => {
    expect(await spawn(nesting.chunkInside, [1, 2, 3])).toEqual([6, 6]);
  });

  it.runIf(kind !== 'the calling thread')(
    'C4. a chunk that is released inside a task is freed at once',
    async () => {
      expect(await spawn(nesting.releaseInside)).toBeGreaterThanOrEqual(2 * 8 * 50_000);
    },
  );

  it('O3. a chunk that was handed over is fetched inside', async () => {
    const source = spawn(nesting.numbers, 20_000);
    const look = spawn.with(
      { meta: true },
      nesting.lookAt as never as (x: number[]) => ReturnType<typeof nesting.lookAt>,
      source,
    );
    const seen = await look;
    expect(seen.sum).toBe(199_990_000);
  });

  it('O3. a chunk that was handed over is passed on to a child', async () => {
    const source = spawn(nesting.numbers, 20_000);
    expect(
      await spawn.with({ meta: true }, nesting.passOn as never as (x: number[]) => Promise<number>, source),
    ).toBe(199_990_000);
    const chunk = runtime.tochunk([1, 2, 3]);
    expect(
      await spawn.with({ meta: true }, nesting.passOn as never as (x: number[]) => Promise<number>, chunk),
    ).toBe(6);
  });

  it('O2. withOptions holds inside and is restored', async () => {
    expect(await spawn(nesting.withOptionsInside)).toEqual(['named inside', 'add', undefined, 1, 3]);
  });

  it('O2. what withOptions says holds for tasks that tasks spawn, and for no others', async () => {
    const around = runtime.withOptions({ name: 'around' }, () => spawn(nesting.optionsDown, 2));
    const beside = spawn(nesting.optionsDown, 2);
    const own = spawn.with({ name: 'own' }, nesting.optionsDown, 2);
    expect(await around).toEqual(['around', 'around', 'around']);
    expect(await beside).toEqual(['optionsDown', 'optionsDown', 'optionsDown']);
    expect(await own).toEqual(['own', 'optionsDown', 'optionsDown']);
  });

  it('O2. many tasks at a time each keep the options around them', async () => {
    const tasks = Array.from({ length: 12 }, (_, i) =>
      i % 3 === 0
        ? spawn(nesting.optionsDown, 1)
        : runtime.withOptions({ name: `n${i}` }, () => spawn(nesting.optionsDown, 1)),
    );
    const names = await Promise.all(tasks);
    for (const [i, got] of names.entries()) {
      expect(got).toEqual(new Array(2).fill(i % 3 === 0 ? 'optionsDown' : `n${i}`));
    }
  });

  it('O2. getOptions tells what holds inside', async () => {
    expect(await runtime.withOptions({ retries: 3 }, () => spawn(nesting.retriesHere))).toEqual([3, 3, 1, 3]);
    expect(await spawn(nesting.retriesHere)).toEqual([undefined, undefined, 1, undefined]);
  });

  it('S9. a task knows itself across awaits', async () => {
    const task = spawn(nesting.contextAcrossAwait);
    expect(await task).toEqual([task.id, task.id, task.id]);
  });

  it('S4. a task nested in an argument is an error inside too', async () => {
    const error = (await rejection(spawn(nesting.nestInArgument))) as Error;
    expect((error.cause as Error).name).toBe('TypeError');
    expect((error.cause as Error).message).toMatch(/fetchAll/);
  });

  it('E4. bad use inside is an error there', async () => {
    for (const [fn, message] of [
      [nesting.badFunction, /must be a function/],
      [nesting.badOption, /unknown option "prio"/],
      [nesting.badArgument, /argument 2 of add/],
    ] as const) {
      const error = (await rejection(spawn(fn as () => unknown))) as Error;
      expect(error.message).toMatch(message);
    }
  });

  it('O5. a child can be cancelled', async () => {
    expect(await spawn(nesting.cancelInside)).toEqual(['TaskFailedError', 'CancelledError']);
  });

  it('O5. a child that was cancelled before it could start stays so, whatever is asked of it', async () => {
    expect(await spawn(nesting.askedAfterCancelling)).toEqual([
      'cancelled',
      'CancelledError',
      'CancelledError',
      'CancelledError',
      'TaskFailedError',
      3,
    ]);
  });

  it('O5. a signal that has aborted, before or after, cancels a child', async () => {
    expect(await spawn(nesting.abortInside)).toEqual(['CancelledError', 'CancelledError']);
  });

  it('S9. a parent that ends before its children leaves the others a place', async () => {
    const racing = Array.from({ length: 8 }, (_, i) => spawn(nesting.raceInside, i));
    expect(await Promise.all(racing)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(await spawn(nesting.fib, 6)).toBe(8);
  });

  it.runIf(kind === 'two threads')('S6. isReady turns true inside, though nobody awaits', async () => {
    expect(await spawn(nesting.pollInside)).toBe(true);
  });

  it('S9. children are passed to children that must wait before they are sent', async () => {
    expect(await spawn(nesting.chainOfPromises, 30)).toBe(30);
  });

  it('S9. children find a place though much is queued behind their parents', async () => {
    const behind = Array.from({ length: 4 }, () => {
      const parent = spawn(nesting.deep, 3);
      return [1, 2, 3].map((i) => spawn.with({ timeUtil: 1000 }, (a: number, b: number) => a + b, parent, i));
    });
    expect(await Promise.all(behind.flat())).toEqual([4, 5, 6, 4, 5, 6, 4, 5, 6, 4, 5, 6]);
  });

  it('S9. a child that nobody awaits is done all the same', async () => {
    const words = counters(1);
    await spawn(nesting.fireAndForget, words);
    await changed(words, 0);
    expect(words[0]).toBe(1);
  });
});
