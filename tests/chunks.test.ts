/** @file Chunks on threads: handles on values, where these live, and when they go. */
import { inspect } from 'node:util';
import {
  constrain,
  exactScope,
  formatScope,
  PoniardError,
  SchedulingError,
  ScopeError,
  scope,
  spawn,
  taskContext,
  tochunk,
} from '@poniard/core';
import { describe, expect, it } from 'vitest';
import { causeOf, rejection, testRuntime } from './runtimes.js';

const big = (length: number): number[] => Array.from({ length }, (_, i) => i);
const where = (_value: unknown): string => taskContext().processor.id;
const lengthOf = (xs: ArrayLike<number>): number => xs.length;

describe('C1. a chunk', () => {
  it('C1. tells type, bytes, maker, space and scope of a value', async () => {
    const runtime = testRuntime('threads');
    const chunk = runtime.tochunk(new Float64Array(20_000).fill(2));
    expect(chunk.type).toEqual({ kind: 'Float64Array', dtype: 'f64', shape: [20_000] });
    expect(chunk.bytes).toBeGreaterThanOrEqual(160_000);
    expect([chunk.space.id, chunk.processor?.id]).toEqual(['host', 'inline:0']);
    expect((await chunk.fetch())[0]).toBe(2);
    expect(await runtime.fetch(runtime.spawn(lengthOf, chunk))).toBe(20_000);
  });

  it("C1. a task's chunk stays where it was made", async () => {
    const runtime = testRuntime('threads');
    const chunk = await runtime.spawn.with({ scope: scope({ thread: 1 }) }, big, 50_000).chunk();
    expect([chunk.space.id, chunk.processor?.id]).toEqual(['cpu:1', 'cpu:1']);
    expect((await chunk.fetch()).at(-1)).toBe(49_999);
  });

  it('C1. wrapping a chunk again gives it back; a task is a TypeError', () => {
    const runtime = testRuntime('threads');
    const chunk = runtime.tochunk(1);
    expect(runtime.tochunk(chunk)).toBe(chunk);
    expect(() => runtime.tochunk(runtime.spawn(big, 1))).toThrow(/task\.chunk\(\)/);
  });

  it('C1. a chunk of a failed task rejects as the task does', async () => {
    const runtime = testRuntime('threads');
    const task = runtime.spawn((): number => {
      throw new Error('none');
    });
    expect(((await rejection(task.chunk())) as Error).cause).toMatchObject({ message: 'none' });
  });

  it('K2. its scope holds for tasks that use it; one that excludes it is an error that names both', async () => {
    const runtime = testRuntime('threads');
    const [first, second] = runtime.processors(scope({ threads: 'all' }));
    const chunk = runtime.tochunk(3, { scope: exactScope(first as never) });
    const task = runtime.spawn((x: number) => x, chunk);
    expect(await task).toBe(3);
    expect(runtime.explain(task).processor).toBe('cpu:0');
    const error = await causeOf(
      runtime.spawn.with({ scope: exactScope(second as never) }, (x: number) => x, chunk),
    );
    expect(error).toBeInstanceOf(SchedulingError);
    expect(error.message).toMatch(/cpu:0/);
    expect(error.message).toMatch(/cpu:1/);
  });

  it('K2. a processor may be named for it; what else is said of it is an error at once', async () => {
    const runtime = testRuntime('threads');
    const chunk = runtime.tochunk([1, 2], { processor: 'cpu:1' });
    expect(formatScope(chunk.scope)).toBe('cpu:1');
    expect(await Promise.all([1, 2, 3, 4].map(() => runtime.spawn(where, chunk)))).toEqual(
      new Array(4).fill('cpu:1'),
    );
    const both = { processor: 'cpu:0', scope: scope({ thread: 1 }) };
    expect(() => runtime.tochunk(1, both)).toThrow(/tochunk: say processor or scope, not both/);
    expect(() => runtime.tochunk(1, { name: 'x' } as never)).toThrow(/tochunk: unknown option "name"/);
    expect(() => runtime.tochunk(1, { scope: constrain(both.scope, scope({ thread: 0 })) })).toThrow(
      ScopeError,
    );
  });

  it('S4. a handle in the result of a task is an error that says what to return', async () => {
    const { spawn: run } = testRuntime('threads');
    const results: (() => unknown)[] = [() => tochunk([1]), () => ({ tasks: [spawn(() => 1)] })];
    const messages = await Promise.all(results.map(async (result) => (await causeOf(run(result))).message));
    expect(messages).toEqual([
      expect.stringMatching(
        /^the result is a Chunk, which means nothing outside the task\. Return what await fetchAll/,
      ),
      expect.stringMatching(/^the result has a Task at \.tasks\[0\], which means nothing outside the task\./),
    ]);
  });

  it('K2. all this holds inside tasks, where a chunk tells its type and size too', async () => {
    const runtime = testRuntime('threads');
    const inside = async (): Promise<unknown[]> => {
      const chunk = tochunk(new Float64Array(100), { scope: scope({ thread: 1 }) });
      const places = await Promise.all([1, 2, 3].map(() => spawn(where, chunk)));
      const { type, bytes, scope: within } = chunk;
      chunk.release();
      const refused = [
        () => tochunk(1, { name: 'x' } as never),
        () => tochunk(spawn(() => 1)),
        () => spawn(where, chunk),
      ].map((misuse) => {
        try {
          return String(misuse());
        } catch (error) {
          return (error as Error).message;
        }
      });
      const same = tochunk(1);
      return [type, bytes, formatScope(within), places, tochunk(same) === same, ...refused];
    };
    expect(await runtime.spawn(inside)).toEqual([
      { kind: 'Float64Array', dtype: 'f64', shape: [100] },
      expect.closeTo(816, -2),
      'cpu:1',
      ['cpu:1', 'cpu:1', 'cpu:1'],
      true,
      expect.stringMatching(/tochunk: unknown option "name"/),
      expect.stringMatching(/a task gives its chunk by task\.chunk\(\)/),
      expect.stringMatching(/this Chunk has been released/),
    ]);
  });
});

describe('C2, C3. data', () => {
  it('C3. shared memory is the same memory on every thread', async () => {
    const runtime = testRuntime('threads');
    const data = new Int32Array(new SharedArrayBuffer(4 * 100_000));
    const adds = (xs: Int32Array, i: number): Int32Array => {
      Atomics.add(xs, i, 1);
      return xs;
    };
    const passed = [0, 1, 0, 1].reduce<never>(
      (before, thread, i) => runtime.spawn.with({ scope: scope({ thread }) }, adds, before, i) as never,
      data as never,
    );
    const back = (await passed) as Int32Array;
    expect([...data.slice(0, 5)]).toEqual([1, 1, 1, 1, 0]);
    expect(back.buffer).toBe(data.buffer);
  });

  it('C2. a result that was moved once is not moved again', async () => {
    const runtime = testRuntime('threads');
    const moves: string[] = [];
    const stop = runtime.subscribe(({ type, name }) => {
      if (type === 'chunk:moved') moves.push(`${name}`);
    });
    const made = runtime.spawn.with({ scope: scope({ thread: 0 }) }, big, 50_000);
    const elsewhere = Array.from({ length: 5 }, () =>
      runtime.spawn.with({ scope: scope({ thread: 1 }) }, lengthOf, made),
    );
    expect(await runtime.fetchAll(elsewhere)).toEqual(new Array(5).fill(50_000));
    await made;
    stop();
    expect(moves).toEqual(['big']);
  });

  it('O3. meta hands over the handle, and moves nothing', async () => {
    const runtime = testRuntime('threads');
    const moved: unknown[] = [];
    const stop = runtime.subscribe((event) => {
      if (event.type === 'chunk:move') moved.push(event);
    });
    const made = runtime.spawn.with({ scope: scope({ thread: 0 }) }, big, 50_000);
    const looks = (chunk: unknown): string => Object.prototype.toString.call(chunk);
    const task = runtime.spawn.with({ meta: true, scope: scope({ thread: 1 }) }, looks, made as never);
    expect(await task).toBe('[object Chunk]');
    stop();
    expect(moved).toEqual([]);
  });
});

describe('C4. lifetimes', () => {
  it('C4. release() frees a value at once, and using it afterwards is an error', async () => {
    const runtime = testRuntime('threads');
    const chunk = runtime.tochunk(new Float64Array(100_000));
    expect(runtime.stats().bytes['host']).toBeGreaterThanOrEqual(800_000);
    expect(inspect([runtime, chunk])).toBe('[ Runtime (open), Chunk of Float64Array [100000] ]');
    chunk.release();
    expect(inspect([chunk])).toBe('[ Chunk that has been released ]');
    expect(JSON.stringify(chunk)).toBe('{"released":true}');
    expect(runtime.stats().bytes['host']).toBe(0);
    expect(() => chunk.fetch()).toThrow(PoniardError);
    expect(() => runtime.spawn(lengthOf, chunk)).toThrow(/released/);
  });

  it('C4. `using` releases, and a pending task keeps what it needs', async () => {
    const runtime = testRuntime('threads');
    let task: PromiseLike<number>;
    {
      using chunk = runtime.tochunk(new Float64Array(100_000));
      task = runtime.spawn(lengthOf, chunk);
    }
    expect(await task).toBe(100_000);
  });

  it('C4. over many rounds what workers hold stays flat', async () => {
    const runtime = testRuntime('threads');
    for (let round = 0; round < 300; round++) {
      const made = runtime.spawn(big, 10_000);
      using chunk = await runtime.spawn((xs: number[]) => xs.map((x) => x + 1), made).chunk();
      expect(chunk.bytes).toBeGreaterThan(0);
    }
    // Handles on tasks go with the garbage collector.
    const { setFlagsFromString } = await import('node:v8');
    const { runInNewContext } = await import('node:vm');
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const { 'cpu:0': a = 0, 'cpu:1': b = 0 } = runtime.stats().bytes;
    for (let i = 0; i < 10 && total(runtime.stats().bytes) > 0; i++) {
      gc();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(total(runtime.stats().bytes)).toBeLessThan(Math.max(1, (a + b) / 10) + 300_000);
  });
});

function total(bytes: Readonly<Record<string, number>>): number {
  return (bytes['cpu:0'] ?? 0) + (bytes['cpu:1'] ?? 0);
}
