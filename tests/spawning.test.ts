import { isTask, type Runtime } from '@poniard/core';
import { describe, expect, it } from 'vitest';
import { changed, counters, gate, type Kind, rejection, suiteRuntime } from './runtimes.js';

const add1 = (x: number): number => x + 1;
const add2 = (x: number): number => x + 2;
const combine = (...xs: number[]): number => xs.reduce((sum, x) => sum + x, 0);

describe.each<Kind>(['threads', 'inline'])('spawning on %s', (kind) => {
  const runtime: Runtime = suiteRuntime(kind);
  const { spawn } = runtime;

  it('S1. spawn gives a task at once, and fetching gives the value', async () => {
    const task = spawn((x: number) => x + 1, 4);
    expect(isTask(task)).toBe(true);
    expect(task.id).toBeGreaterThan(0);
    expect(await runtime.fetch(task)).toBe(5);
  });

  it('S1. spawn does not throw because of what the function does', async () => {
    const task = spawn(() => {
      throw new Error('thrown by the task');
    });
    await expect(task.fetch()).rejects.toThrow('thrown by the task');
  });

  it('S1. an async function is awaited', async () => {
    const task = spawn(async (x: number) => {
      await new Promise((resolve) => setImmediate(resolve));
      return x * 2;
    }, 21);
    expect(await task).toBe(42);
  });

  it('S1. a function without a result gives undefined', async () => {
    expect(await spawn(() => {})).toBeUndefined();
  });

  it('S1. null, undefined, booleans, bigints, NaN, −0 and infinities come and go as they are', async () => {
    for (const value of [
      null,
      undefined,
      true,
      false,
      12n,
      Number.NaN,
      -0,
      Number.POSITIVE_INFINITY,
      '',
      'ü✓',
    ]) {
      expect(await spawn((x: unknown) => x, value)).toBe(value);
    }
  });

  it('S2. a task as an argument is replaced by its value', async () => {
    expect(
      await spawn(
        (a: number, b: number, c: string) => `${a} ${b} ${c}`,
        spawn(add1, 1),
        5,
        spawn(() => 'x'),
      ),
    ).toBe('2 5 x');
  });

  it('S2. one task may be several arguments of a call', async () => {
    const task = spawn(add1, 1);
    expect(await spawn(combine, task, task, task)).toBe(6);
  });

  it('S2. tasks are replaced in default and rest parameters too', async () => {
    const f = (a: number, b = 10, ...rest: number[]): number[] => [a, b, ...rest];
    expect(await spawn(f, 1, undefined, spawn(add1, 2), spawn(add1, 3))).toEqual([1, 10, 3, 4]);
  });

  it('S2. a dependent gets objects, large ones too, as the task made them', async () => {
    const small = spawn(() => ({ a: [1, { b: 'x' }], when: new Date(7), map: new Map([[1, 'one']]) }));
    const large = spawn(() => Array.from({ length: 20_000 }, (_, i) => i));
    const seen = spawn(
      (o: { when: Date; map: Map<number, string> }, xs: number[]) => [
        o.when.getTime(),
        o.map.get(1),
        xs.length,
        xs[19_999],
      ],
      small,
      large,
    );
    expect(await seen).toEqual([7, 'one', 20_000, 19_999]);
  });

  it('S2. a dependent starts after its inputs', async () => {
    const words = counters(2);
    const first = spawn((order: Int32Array) => Atomics.add(order, 0, 1), words);
    const second = spawn((order: Int32Array, _first: number) => Atomics.add(order, 0, 1), words, first);
    const third = spawn((order: Int32Array, _second: number) => Atomics.add(order, 0, 1), words, second);
    expect(await runtime.fetchAll([first, second, third])).toEqual([0, 1, 2]);
  });

  it('S3. a chunk as an argument is replaced by its value', async () => {
    const chunk = runtime.tochunk({ a: [1, 2, 3] });
    expect(await spawn((x: { a: number[] }) => x.a.length, chunk)).toBe(3);
  });

  it("S3. a task's chunk as an argument is replaced by its value", async () => {
    const chunk = await spawn(() => Array.from({ length: 20_000 }, (_, i) => 2 * i)).chunk();
    expect(await spawn((xs: number[]) => xs[10_000], chunk)).toBe(20_000);
  });

  it('S5. a task starts without anybody asking for its value', async () => {
    const words = counters(1);
    const first = spawn(add1, 1);
    spawn(
      (flag: Int32Array, value: number) => {
        Atomics.store(flag, 0, value);
        Atomics.notify(flag, 0);
      },
      words,
      first,
    );
    await changed(words, 0);
    expect(words[0]).toBe(2);
  });

  it('S6. isReady tells whether a task is settled, either way', async () => {
    const { promise, open } = gate<number>();
    const waiting = spawn(add1, promise);
    expect(runtime.isReady(waiting)).toBe(false);
    expect(waiting.state).toBe('waiting');
    open(1);
    await waiting.wait();
    expect(runtime.isReady(waiting)).toBe(true);
    expect(waiting.state).toBe('finished');
    const failing = spawn(() => {
      throw new Error('no');
    });
    await runtime.wait(failing);
    expect(failing.isReady()).toBe(true);
    expect(failing.state).toBe('failed');
  });

  it('S6. wait resolves for a failed task, and fetch rejects', async () => {
    const task = spawn((): number => {
      throw new RangeError('too far');
    });
    await expect(runtime.wait(task)).resolves.toBeUndefined();
    await expect(runtime.fetch(task)).rejects.toThrow('too far');
  });

  it('S6. fetching twice gives the same value', async () => {
    const task = spawn((length: number) => Array.from({ length }, (_, i) => i), 30_000);
    const [first, second] = [await task, await runtime.fetch(task)];
    expect(second).toBe(first);
    const failing = spawn(() => {
      throw new Error('once');
    });
    expect(((await rejection(failing)) as Error).message).toBe(((await rejection(failing)) as Error).message);
  });

  it('S6. many fetchers at a time agree, also with those that come later', async () => {
    for (let round = 0; round < 20; round++) {
      const task = spawn((r: number) => ({ r }), round);
      const values = await Promise.all(Array.from({ length: 16 }, () => runtime.fetch(task)));
      for (const value of values) expect(value).toBe(values[0]);
      expect(await task).toBe(values[0]);
      expect(values[0]).toEqual({ r: round });
    }
  });

  it("S7. the introduction's example gives 16", async () => {
    const p = spawn(add1, 4);
    const q = spawn(add2, p);
    const r = spawn(add1, 3);
    const s = spawn(combine, p, q, r);
    expect(await runtime.fetch(s)).toBe(16);
  });

  it('S8. a diamond computes its shared part once', async () => {
    const words = counters(64);
    const results = Array.from({ length: 64 }, (_, i) => {
      const top = spawn(
        (counts: Int32Array, n: number) => {
          Atomics.add(counts, n, 1);
          return n;
        },
        words,
        i,
      );
      const left = spawn(add1, top);
      const right = spawn((x: number) => 2 * x, top);
      return spawn((a: number, b: number) => a + b, left, right);
    });
    expect(await Promise.all(results)).toEqual(Array.from({ length: 64 }, (_, i) => 3 * i + 1));
    expect([...words]).toEqual(new Array(64).fill(1));
  });

  it.each([100, 500])(
    'S8. a chain of %i tasks completes when the handles of its middle are dropped',
    async (length) => {
      let task = spawn(add1, 0);
      for (let i = 1; i < length; i++) {
        task = spawn(add1, task);
        if (i % 50 === 0) {
          await undefined;
          globalThis.gc?.();
        }
      }
      expect(await task).toBe(length);
    },
  );

  it('S8. a tree over a thousand leaves is summed', async () => {
    let level = Array.from({ length: 1000 }, (_, i) => spawn(add1, i));
    while (level.length > 1) {
      const next = [];
      for (let i = 0; i < level.length; i += 2) {
        const [a, b] = [level[i]!, level[i + 1]];
        next.push(b === undefined ? a : spawn(combine, a, b));
      }
      level = next;
    }
    expect(await level[0]).toBe(500_500);
  });

  it('S8. 32 tasks on one large result each get it', async () => {
    const source = spawn(() => Array.from({ length: 5000 }, (_, i) => i));
    const parts = Array.from({ length: 32 }, (_, i) =>
      spawn((xs: number[], at: number) => xs[at], source, i * 100),
    );
    expect(await Promise.all(parts)).toEqual(Array.from({ length: 32 }, (_, i) => i * 100));
  });

  it('S8. tasks spawned on finished ones get their values', async () => {
    const task = spawn(add1, 1);
    await task;
    await new Promise((resolve) => setImmediate(resolve));
    expect(await spawn(combine, task, spawn(add1, task))).toBe(5);
  });

  it('S12. map spawns one task per item and keeps the order', async () => {
    const tasks = runtime.map((x: number, index: number) => `${index}:${x * x}`, [3, 1, 2]);
    expect(await Promise.all(tasks)).toEqual(['0:9', '1:1', '2:4']);
  });

  it('S12. map takes any iterable, tasks and promises among the items, and options', async () => {
    function* items(): Generator<number | PromiseLike<number>> {
      yield 1;
      yield spawn(add1, 1);
      yield Promise.resolve(3);
    }
    const tasks = runtime.map((x: number) => x * 10, items(), { name: 'tenfold' });
    expect(tasks.map((task) => task.name)).toEqual(['tenfold', 'tenfold', 'tenfold']);
    expect(await Promise.all(tasks)).toEqual([10, 20, 30]);
    expect(runtime.map((x: number) => x, [])).toEqual([]);
  });

  it('E4. map refuses what cannot be iterated over', () => {
    const wrong = [5, {}, undefined, null];
    for (const items of wrong)
      expect(() => runtime.map((x: number) => x, items as never)).toThrow(
        new TypeError(
          `map: items must be an array or something else to iterate over, not ${items === null ? 'null' : typeof items}`,
        ),
      );
  });

  it('S12. asCompleted gives tasks in the order in which they end, however they end', async () => {
    const gates = [gate<number>(), gate<number>(), gate<number>()];
    const tasks = gates.map(({ promise }) =>
      spawn((x: number) => {
        if (x < 0) throw new Error('negative');
        return x;
      }, promise),
    );
    const order: number[] = [];
    const ended = runtime.asCompleted(tasks);
    for (const [index, value] of [
      [2, 5],
      [0, -1],
      [1, 7],
    ] as const) {
      gates[index]!.open(value);
      const next = await ended.next();
      order.push(tasks.indexOf(next.value));
    }
    expect(order).toEqual([2, 0, 1]);
    expect(await ended.next()).toEqual({ done: true, value: undefined });
    await rejection(tasks[0]!);
  });

  it('S12. asCompleted goes over all tasks, and may be left early', async () => {
    let sum = 0;
    for await (const task of runtime.asCompleted(runtime.map((x: number) => x * x, [1, 2, 3])))
      sum += await task;
    expect(sum).toBe(14);
    for await (const task of runtime.asCompleted(runtime.map((x: number) => x, [1, 2, 3]))) {
      expect(await task).toBeGreaterThan(0);
      break;
    }
    for await (const _ of runtime.asCompleted([])) throw new Error('there was no task');
  });

  it('S12. waitAny gives the index of the first task that is settled; waitAll waits for all, failed ones too', async () => {
    const { promise, open } = gate<number>();
    const tasks = [spawn(add1, promise), spawn(add1, 1)];
    expect(await runtime.waitAny(tasks)).toBe(1);
    const failing = spawn((x: number) => {
      throw new Error(`got ${x}`);
    }, tasks[0]!);
    open(1);
    await runtime.waitAll([...tasks, failing]);
    expect([...tasks, failing].map((task) => task.state)).toEqual(['finished', 'finished', 'failed']);
    await runtime.waitAll([]);
    await expect(runtime.waitAny([])).rejects.toThrow(TypeError);
    await rejection(failing);
  });

  it('S12. fetchAll replaces every task and chunk in arrays, objects, maps and sets', async () => {
    const result = await runtime.fetchAll({
      a: spawn(add1, 1),
      list: [spawn(add1, 2), [spawn(add1, 3)], 'text', null],
      map: new Map([['k', spawn(add1, 4)]]),
      set: new Set([spawn(add1, 5)]),
      chunk: runtime.tochunk('held'),
      date: new Date(3),
    });
    expect(result).toEqual({
      a: 2,
      list: [3, [4], 'text', null],
      map: new Map([['k', 5]]),
      set: new Set([6]),
      chunk: 'held',
      date: new Date(3),
    });
    expect(await runtime.fetchAll(7)).toBe(7);
  });

  it('S12. fetchAll rejects when one of the tasks failed', async () => {
    const bad = spawn(() => {
      throw new Error('one of many');
    });
    await expect(runtime.fetchAll([spawn(add1, 1), { bad }])).rejects.toThrow('one of many');
  });
});

describe('spawning on threads', () => {
  const runtime = suiteRuntime('threads');

  it('S5. tasks run while the caller goes on building the graph', async () => {
    const words = counters(2);
    const begin = (flags: Int32Array, index: number): void => {
      Atomics.store(flags, index, 1);
      Atomics.notify(flags, index);
    };
    // Both threads know the function before the stretch in which the caller never leaves its turn.
    await Promise.all(runtime.map(begin, [words, words]));
    words.fill(0);
    const tasks = Array.from({ length: 600 }, () => runtime.spawn(begin, words, 1));
    expect(Atomics.wait(words, 1, 0, 10_000)).not.toBe('timed-out');
    await Promise.all(tasks);
  });

  it('S8. a large result that two threads need is the same for both', async () => {
    const source = runtime.spawn(() => Array.from({ length: 10_000 }, (_, i) => i));
    const { promise, open } = gate<number>();
    const sums = Array.from({ length: 8 }, () =>
      runtime.spawn((xs: number[], _go: number) => xs.reduce((sum, x) => sum + x, 0), source, promise),
    );
    open(1);
    expect(new Set(await Promise.all(sums))).toEqual(new Set([49_995_000]));
    expect((await source).length).toBe(10_000);
  });
});
