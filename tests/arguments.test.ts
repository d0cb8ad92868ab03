import { type Runtime, ValueTransferError } from '@poniard/core';
import { describe, expect, it } from 'vitest';
import { lengthOf, Plain, Point, plainOf, pointAt, twiceOf } from './fixtures/values.mjs';
import { causeOf, gate, type Kind, rejection, suiteRuntime, testRuntime } from './runtimes.js';

describe.each<Kind>(['threads', 'inline'])('arguments on %s', (kind) => {
  const runtime: Runtime = suiteRuntime(kind);
  const { spawn } = runtime;

  it('S4. arguments are taken as they are at spawn', async () => {
    const { promise, open } = gate<number>();
    const object = { list: [1, 2, 3] };
    const numbers = new Float64Array([1, 2, 3]);
    const map = new Map([['a', 1]]);
    const task = spawn(
      (o: { list: number[] }, xs: Float64Array, m: Map<string, number>, _go: number) => [
        o.list,
        [...xs],
        m.get('a'),
      ],
      object,
      numbers,
      map,
      promise,
    );
    object.list.push(4);
    numbers[0] = 100;
    map.set('a', 2);
    open(1);
    expect(await task).toEqual([[1, 2, 3], [1, 2, 3], 1]);
  });

  it("S4. a task that changes its argument changes neither the caller's nor that of another task", async () => {
    const object = { list: [1] };
    const change = (o: { list: number[] }): number => o.list.push(2);
    expect(await Promise.all([spawn(change, object), spawn(change, object)])).toEqual([2, 2]);
    expect(object).toEqual({ list: [1] });
  });

  it('S4. an array on shared memory is passed by reference', async () => {
    const shared = new Float64Array(new SharedArrayBuffer(8 * 4));
    shared[1] = 7;
    const task = spawn((xs: Float64Array) => {
      xs[0] = xs[1]! + 1;
      return xs.buffer instanceof SharedArrayBuffer;
    }, shared);
    expect(await task).toBe(true);
    expect(shared[0]).toBe(8);
  });

  it('S4. an array on shared memory comes back as the same memory', async () => {
    const shared = new Float64Array(new SharedArrayBuffer(64));
    const back = await spawn((xs: Float64Array) => xs.subarray(2, 4), shared);
    shared[2] = 5;
    expect(back.length).toBe(2);
    expect(back[0]).toBe(5);
  });

  it('S4. ordinary values arrive as what they were', async () => {
    const cyclic: { self?: unknown; n: number } = { n: 1 };
    cyclic.self = cyclic;
    const values = [
      new Date(5),
      /a+b/giu,
      new Map([[{ k: 1 }, new Set([1])]]),
      new Uint8Array([1, 2]),
      new ArrayBuffer(3),
      new DataView(new ArrayBuffer(4)),
      [1, undefined, null, 3n],
      { nested: { deep: [Number.NaN] } },
      new URL('https://example.org/x?y=1').href,
    ];
    for (const value of values) expect(await spawn((x: unknown) => x, value)).toEqual(value);
    const back = await spawn((x: typeof cyclic) => x, cyclic);
    expect(back.self).toBe(back);
    const error = await spawn((e: unknown) => e, new RangeError('as a value'));
    expect(error).toBeInstanceOf(RangeError);
    expect((error as Error).message).toBe('as a value');
  });

  it('S4. a task nested in an argument is an error that says what to do', () => {
    const task = spawn(() => 1);
    const take = (x: unknown): unknown => x;
    for (const nested of [[task], { a: { b: [task] } }, new Map([['k', task]]), new Set([task])]) {
      expect(() => spawn(take, nested)).toThrow(TypeError);
      expect(() => spawn(take, nested)).toThrow(/fetchAll/);
    }
    expect(() => spawn((_: number, x: unknown) => x, 1, { list: [0, task] })).toThrow(
      /argument 2.*list\[1\]/s,
    );
    expect(() => spawn(take, [runtime.tochunk([1])])).toThrow(/Chunk/);
  });

  it('S4. a promise as an argument is a dependency', async () => {
    const { promise, open } = gate<number>();
    const task = spawn((a: number, b: number) => a + b, promise, Promise.resolve(1));
    expect(task.isReady()).toBe(false);
    open(41);
    expect(await task).toBe(42);
  });

  it('S4. a promise that rejects fails the task and those behind it', async () => {
    const { promise, fail } = gate<number>();
    const task = spawn((a: number) => a, promise);
    const behind = spawn((a: number) => a, task);
    fail(new Error('rejected outside'));
    expect((await causeOf(task)).message).toBe('rejected outside');
    expect((await causeOf(behind)).message).toBe('rejected outside');
  });

  it('S4. a promise of a value that cannot travel fails the task, and the error names the argument', async () => {
    const task = spawn(
      (a: number, b: unknown) => [a, b],
      1,
      Promise.resolve(() => 1),
    );
    expect((await causeOf(task)).message).toMatch(/argument 2/);
  });

  it("S4. an instance of a user's class without a ValueCodec is an error that names argument and class", async () => {
    const task = spawn((a: number, p: unknown) => [a, p], 1, new Plain(3));
    const cause = await causeOf(task);
    expect(cause).toBeInstanceOf(ValueTransferError);
    expect(cause.message).toMatch(/argument 2/);
    expect(cause.message).toMatch(/Plain/);
    expect(cause.message).toMatch(/ValueCodec/);
    expect((await causeOf(spawn((x: unknown) => x, { list: [new Plain(1)] }))).message).toMatch(/list\[0\]/);
  });

  it("S4. an instance of a user's class with a ValueCodec keeps its class, nested too", async () => {
    expect(await spawn(lengthOf, new Point(3, 4))).toBe(5);
    const point = await spawn(pointAt, 1, 2);
    expect(point).toBeInstanceOf(Point);
    expect([point.x, point.y]).toEqual([1, 2]);
    expect(await spawn(lengthOf, spawn(pointAt, 6, 8))).toBe(10);
    const list = await spawn((xs: Point[]) => [...xs].reverse(), [new Point(1, 1), new Point(2, 2)]);
    expect(list.map((p) => p instanceof Point && p.x)).toEqual([2, 1]);
  });

  it('S4. an argument that cannot be cloned is an error that says which', async () => {
    const task = spawn(
      (a: number, f: unknown) => [a, f],
      1,
      () => 2,
    );
    const cause = await causeOf(task);
    expect(cause).toBeInstanceOf(ValueTransferError);
    expect(cause.message).toMatch(/argument 2/);
    for (const bad of [Symbol('s'), new WeakMap(), { f: (): void => {} }, [Promise.resolve(1)]]) {
      expect((await causeOf(spawn((x: unknown) => x, bad))).message).toMatch(/argument 1 of/);
    }
  });

  it('S4. one bad argument fails one task and no other of the same turn', async () => {
    const good = runtime.map((x: number) => x + 1, [1, 2, 3]);
    const bad = spawn((x: unknown) => x, Symbol('no'));
    const later = runtime.map((x: number) => x + 1, [4, 5, 6]);
    expect(await Promise.all([...good, ...later])).toEqual([2, 3, 4, 5, 6, 7]);
    expect(await causeOf(bad)).toBeInstanceOf(ValueTransferError);
  });

  it("S4. another runtime's task or chunk as an argument is a TypeError", async () => {
    const other = testRuntime('inline');
    const task = other.spawn(() => 1);
    expect(() => spawn((x: number) => x, task)).toThrow(TypeError);
    expect(() => spawn((x: number) => x, task)).toThrow(/argument 1.*another runtime/s);
    expect(() => spawn((x: number) => x, other.tochunk(1))).toThrow(/another runtime/);
    expect(() => spawn.with({ syncdeps: [task] }, () => 1)).toThrow(/another runtime/);
    expect(() => runtime.explain(task)).toThrow(/another runtime/);
    await task;
  });
});

describe('results', () => {
  const threadRuntime = suiteRuntime('threads');

  it("S4. a result of a user's class is an error where it would have to leave its thread", async () => {
    const task = threadRuntime.spawn(plainOf, 3);
    const cause = await causeOf(task);
    expect(cause).toBeInstanceOf(ValueTransferError);
    expect(cause.message).toMatch(/result.*Plain/s);
  });

  it('S4. a result that cannot leave its thread is still there for tasks on that thread', async () => {
    const { spawn } = threadRuntime;
    const plain = spawn(plainOf, 3);
    expect(await spawn(twiceOf, plain)).toBe(6);
    await rejection(plain);
  });

  it('S4. inline, a result of any class is given as it is', async () => {
    const inline = testRuntime('inline');
    const result = await inline.spawn(plainOf, 3);
    expect(result).toBeInstanceOf(Plain);
    const fn = await inline.spawn(() => () => 'called');
    expect(fn()).toBe('called');
  });

  it('S4. a function, a symbol and a class as a result are errors that say what to do', async () => {
    for (const make of [() => () => 1, () => Symbol('x'), () => class A {}, () => ({ f() {} })]) {
      const cause = await causeOf(threadRuntime.spawn(make as () => unknown));
      expect(cause).toBeInstanceOf(ValueTransferError);
      expect(cause.message).toMatch(/result/);
    }
  });
});
