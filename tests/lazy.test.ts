import { type CollectOptions, isThunk, type Runtime, TaskFailedError } from '@poniard/core';
import { FakeHost } from '@poniard/testing';
import { describe, expect, it } from 'vitest';
import { changed, counters, gate, type Kind, rejection, suiteRuntime, testRuntime } from './runtimes.js';

const add = (a: number, b: number): number => a + b;
const inc = (x: number): number => x + 1;
const boom = (what: string): never => {
  throw new RangeError(what);
};
const count = (runs: Int32Array, ..._after: unknown[]): number => Atomics.add(runs, 0, 1) + 1;
/** Says that it has begun, and ends when it is told to. */
const hang = async (words: Int32Array): Promise<void> => {
  const { taskContext: context } = await import('@poniard/core');
  const { signal } = context();
  Atomics.store(words, 0, 1);
  Atomics.notify(words, 0);
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
};

describe.each<Kind>(['threads', 'inline'])('lazy graphs on %s', (kind) => {
  const runtime: Runtime = suiteRuntime(kind);

  it('L1. building runs nothing; collect gives the value, compute a chunk', async () => {
    const runs = counters(1);
    const node = runtime.delayed(count)(runs);
    expect([isThunk(node), node.name, runs[0]]).toEqual([true, 'count', 0]);
    expect(await runtime.collect(node)).toBe(1);
    const chunk = await runtime.compute(node);
    expect([await chunk.fetch(), runs[0]]).toEqual([2, 2]);
    expect(await runtime.spawn(inc, chunk)).toBe(3);
  });

  it('L1. par is the block form', async () => {
    const node = runtime.par({ add, inc }, (lazy) => lazy.add(lazy.inc(1), lazy.inc(2)));
    expect(await runtime.collect(node)).toBe(5);
    expect(() => runtime.par({ add }, (async () => 1) as never)).toThrow(/must return a node/);
  });

  it('L1. a shared node runs once in each collect, and not at all where nothing needs it', async () => {
    const [runs, others] = [counters(1), counters(1)];
    const shared = runtime.delayed(count)(runs);
    runtime.delayed(count)(others, shared);
    const sum = runtime.delayed(add)(shared, runtime.delayed(inc)(shared));
    expect(await runtime.collect([sum, shared, { again: shared }])).toEqual([3, 1, { again: 1 }]);
    expect(await runtime.collect(sum)).toBe(5);
    expect([runs[0], others[0]]).toEqual([2, 0]);
  });

  it('L1. collect gives structures with the values of nodes, tasks and chunks', async () => {
    const found = await runtime.collect({
      node: runtime.delayed(add)(1, 2),
      list: [runtime.spawn(inc, 1), runtime.tochunk('chunk'), 'plain'],
      map: new Map([['key', runtime.delayed(inc)(4)]]),
    });
    expect(found).toEqual({ node: 3, list: [2, 'chunk', 'plain'], map: new Map([['key', 5]]) });
    expect(await runtime.collect(7)).toBe(7);
  });

  it('L2. eager tasks, chunks and promises are inputs of lazy nodes', async () => {
    const eager = runtime.spawn(add, 1, 2);
    const node = runtime.delayed(add)(eager, runtime.delayed(add)(runtime.tochunk(10), Promise.resolve(20)));
    expect(await runtime.collect(node)).toBe(33);
    const results = runtime.spawn(inc, await runtime.collect(node));
    expect(await results).toBe(34);
  });

  it('L2. a node given to spawn is a TypeError that says to collect it', () => {
    const node = runtime.delayed(inc)(1);
    expect(() => runtime.spawn(inc, node as never)).toThrow(TypeError);
    expect(() => runtime.spawn(inc, node as never)).toThrow(
      /argument 1 of inc .*lazy node.*await collect\(node\)/,
    );
    expect(() => runtime.spawn(((x: unknown) => x) as never, { inside: [node] } as never)).toThrow(
      /Thunk at \.inside\[0\].*collect/,
    );
    expect(() => runtime.spawn(node as never)).toThrow(/a lazy node: collect it/);
  });

  it('L2. a node inside an argument of another is a TypeError that says to pass it on its own', async () => {
    const list = runtime.delayed((values: unknown) => values)([runtime.delayed(inc)(1)]);
    expect(() => runtime.collect(list)).toThrow(/Thunk at \[0\].*as an argument of its own/);
    expect(() => runtime.compute(list)).toThrow(TypeError);
  });

  it('L1. options are those that held when the lazy form was made', async () => {
    const options = { name: 'before' };
    const lazy = runtime.delayed(inc, options);
    options.name = 'after';
    expect(lazy(1).name).toBe('before');
  });

  it('L2. a failed node fails the whole, which names it, and nothing else of it runs on', async () => {
    const words = counters(1);
    const begun = kind === 'threads' ? changed(words, 0) : undefined;
    const { promise, fail } = gate<string>();
    const running = runtime.delayed(hang)(words);
    const failing = runtime.delayed(boom as (what: string) => number)(promise);
    const failed = rejection(runtime.collect(runtime.delayed(count)(counters(1), running, failing)));
    await (begun ?? new Promise((resolve) => setImmediate(resolve)));
    const before = runtime.stats().tasks.cancelled;
    fail(new RangeError('no'));
    const error = (await failed) as TaskFailedError;
    expect(error).toBeInstanceOf(TaskFailedError);
    expect([error.task.name, (error.cause as Error).message]).toEqual(['count', 'no']);
    expect(runtime.stats().tasks.cancelled - before).toBe(1);
  });

  it('L2. with allowErrors those who need it receive the error: nodes, and who collects', async () => {
    const see = (value: number | Error): string => (value instanceof Error ? value.name : `${value}`);
    const failing = runtime.delayed(boom as (what: string) => number)('no');
    const seen = runtime.delayed(see)(failing);
    const [text, error, fine] = await runtime.collect([seen, failing, runtime.delayed(inc)(1)], {
      allowErrors: true,
    });
    expect([text, fine]).toEqual(['TaskFailedError', 2]);
    expect(error).toBeInstanceOf(TaskFailedError);
    const strict = runtime.delayed(see, { allowErrors: false })(failing);
    expect(await runtime.collect([strict], { allowErrors: true })).toEqual([expect.any(TaskFailedError)]);
    expect((await rejection(runtime.compute(failing, { allowErrors: true }))) as Error).toBeInstanceOf(
      TaskFailedError,
    );
  });

  it("O1. a node's options are stronger than those of collect, and these than the runtime's", async () => {
    const priorities = async (): Promise<(number | undefined)[]> => {
      const { getOptions, spawn } = await import('@poniard/core');
      return [getOptions().priority, await spawn(() => getOptions().priority)];
    };
    const node = runtime.delayed(priorities);
    expect(await runtime.collect(node(), { priority: 3 })).toEqual([3, 3]);
    const order: string[] = [];
    const unsubscribe = runtime.subscribe(({ type, name }) => {
      if (type === 'task:spawn') order.push(name ?? '');
    });
    await runtime.collect(runtime.delayed(inc, { name: 'own' })(1), { retries: 1 });
    unsubscribe();
    expect(order).toEqual(['own']);
  });

  it('O4. syncdeps of a node may be nodes', async () => {
    const runs = counters(1);
    const first = runtime.delayed(count)(runs);
    expect(await runtime.collect(runtime.delayed(count, { syncdeps: [first] })(runs))).toBe(2);
  });

  it('O3. cache holds over collects', async () => {
    const runs = counters(1);
    const node = runtime.delayed(count, { cache: true })(runs, 'cached');
    expect([await runtime.collect(node), await runtime.collect(node)]).toEqual([1, 1]);
  });

  it('O5. a signal of collect cancels what has not finished', async () => {
    const words = counters(1);
    const controller = new AbortController();
    const begun = kind === 'threads' ? changed(words, 0) : undefined;
    const failed = rejection(runtime.collect(runtime.delayed(hang)(words), { signal: controller.signal }));
    await (begun ?? new Promise((resolve) => setImmediate(resolve)));
    controller.abort(new Error('enough'));
    expect(((await failed) as Error).cause).toMatchObject({ name: 'CancelledError' });
    const early = runtime.collect(runtime.delayed(inc)(1), { signal: AbortSignal.abort() });
    expect(((await rejection(early)) as Error).cause).toMatchObject({ name: 'CancelledError' });
  });

  it('L3. lazy graphs work inside tasks, on the runtime that runs them', async () => {
    const inside = async (): Promise<unknown[]> => {
      const { collect: gather, delayed, par } = await import('@poniard/core');
      const plus = delayed((a: number, b: number) => a + b);
      const shared = plus(1, 2);
      const double = (x: number): number => 2 * x;
      return gather([plus(shared, shared), par({ double }, (lazy) => lazy.double(shared))]);
    };
    expect(await runtime.spawn(inside)).toEqual([6, 6]);
  });

  it.each([
    ['deep', 100_000],
    ['wide', 100_000],
  ])('L3. a %s graph of 100,000 runs on the same scheduler', async (shape, size) => {
    const before = runtime.stats().tasks.finished;
    const lazy = runtime.delayed(inc);
    if (shape === 'deep') {
      let chain = lazy(0);
      for (let i = 1; i < size; i++) chain = lazy(chain);
      expect(await runtime.collect(chain)).toBe(size);
    } else {
      const values = await runtime.collect(Array.from({ length: size }, (_, i) => lazy(i)));
      expect(values.reduce(add, 0)).toBe((size * (size + 1)) / 2);
    }
    expect(runtime.stats().tasks.finished - before).toBe(size);
  });

  it('E4. bad use is told at once', () => {
    expect(() => runtime.delayed(3 as never)).toThrow(/delayed: the first argument must be a function/);
    expect(() => runtime.delayed(inc, { retrys: 1 } as never)).toThrow(/did you mean "retries"/);
    expect(() => runtime.compute(3 as never)).toThrow(/compute: a node is needed/);
    expect(() => runtime.collect(1, { prio: 1 } as never)).toThrow(/did you mean "priority"/);
    const named = { name: 'all' } as CollectOptions;
    expect(() => runtime.collect(runtime.delayed(inc)(1), named)).toThrow(/name is an option of a task/);
  });
});

it('S11. failures inside a collect that failed are reported by it alone', async () => {
  const host = new FakeHost();
  const runtime = testRuntime('inline', { fakes: { host } });
  const fails = runtime.delayed(boom);
  await rejection(runtime.collect([fails('a'), fails('b'), fails('c')]));
  await runtime.close();
  expect(host.warnings).toEqual([]);
});
