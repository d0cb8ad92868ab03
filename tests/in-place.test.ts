import { type Chunk, type Runtime, type Shard, scope, TaskFailedError, taskContext } from '@poniard/core';
import { FakeKeepAlive, FakeProcessor } from '@poniard/testing';
import { describe, expect, it } from 'vitest';
import { causeOf, type Kind, rejection, suiteRuntime, testRuntime } from './runtimes.js';

interface Counter {
  count: number;
}
const zero = (): Counter => ({ count: 0 });
const increase = (counter: Counter): number => ++counter.count;
const here = (_input: unknown): string => taskContext().processor.id;
const die = (): never => process.exit(7);

describe.each<Kind>(['threads', 'inline'])('mutable on %s', (kind) => {
  const runtime: Runtime = suiteRuntime(kind);
  const { spawn } = runtime;

  it('C5. tasks change the value itself, one after another, on the processor that made it', async () => {
    const counter = runtime.mutable(zero);
    const seen = await Promise.all(Array.from({ length: 20 }, () => spawn(increase, counter)));
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    const places = new Set(await Promise.all([1, 2, 3, 4].map(() => spawn(here, counter))));
    expect([...places]).toEqual([counter.processor?.id]);
    counter.release();
  });

  it('C5. fetch gives a copy of it as it is at that moment', async () => {
    const counter = runtime.mutable(zero);
    await spawn(increase, counter);
    const first = await runtime.fetch(counter);
    await spawn(increase, counter);
    first.count = 100;
    expect([first, await counter.fetch()]).toEqual([{ count: 100 }, { count: 2 }]);
  });

  it('C5. any size, class instances too: nothing is copied', async () => {
    const large = runtime.mutable(() => new Map(Array.from({ length: 5000 }, (_, i) => [`key ${i}`, i])));
    await spawn((map: Map<string, number>) => void map.set('new', 1), large);
    expect(await spawn((map: Map<string, number>) => map.size, large)).toBe(5001);
    const own = runtime.mutable(() => {
      class Tally {
        total = 0;
        add(n: number): number {
          this.total += n;
          return this.total;
        }
      }
      return new Tally();
    });
    const add = (tally: { add(n: number): number }, n: number): number => tally.add(n);
    await spawn(add, own, 3);
    expect(await spawn(add, own, 4)).toBe(7);
  });

  it('C5. the maker may be asynchronous, and its error is that of all who take the value', async () => {
    const later = runtime.mutable(async () => [1]);
    expect(await spawn((list: number[]) => list.push(2), later)).toBe(2);
    const broken = runtime.mutable((): Counter => {
      throw new RangeError('not made');
    });
    expect((await causeOf(spawn(increase, broken))).message).toBe('not made');
    expect(await rejection(broken.fetch())).toBeInstanceOf(TaskFailedError);
  });

  it('O3. meta hands the handle on: who fetches it gets a copy', async () => {
    const counter = runtime.mutable(zero);
    await spawn(increase, counter);
    const look = async (chunk: Chunk<Counter>): Promise<Counter> => {
      const copy = await chunk.fetch();
      copy.count += 10;
      return copy;
    };
    const seen = spawn.with({ meta: true }, look as never as (c: Counter) => Promise<Counter>, counter);
    expect([await seen, await counter.fetch()]).toEqual([{ count: 11 }, { count: 1 }]);
  });

  it('C5. it is made inside tasks too', async () => {
    const inside = async (): Promise<number[]> => {
      const { mutable, spawn: inner } = await import('@poniard/core');
      const list = mutable(() => [0]);
      const push = (numbers: number[]): number => numbers.push(1);
      return [await inner(push, list), await inner(push, list), (await list.fetch()).length];
    };
    expect(await spawn(inside)).toEqual([2, 3, 3]);
  });

  it('E4. bad use is told at once', () => {
    expect(() => runtime.mutable(3 as never)).toThrow(/mutable: the first argument must be a function/);
    expect(() => runtime.mutable(zero, { processr: 'cpu:0' } as never)).toThrow(/did you mean "processor"/);
    expect(() => runtime.mutable(zero, { processor: 'cpu:0', scope: scope({ thread: 0 }) })).toThrow(
      /not both/,
    );
  });
});

describe('where mutable values are', () => {
  it('C5. on the processor or in the scope that was asked for', async () => {
    const runtime = testRuntime('threads');
    const one = runtime.mutable(zero, { processor: 'cpu:1' });
    const other = runtime.mutable(zero, { scope: scope({ thread: 0 }) });
    expect(await Promise.all([runtime.spawn(here, one), runtime.spawn(here, other)])).toEqual([
      'cpu:1',
      'cpu:0',
    ]);
  });

  it('C5. used outside it is an error that names both places', async () => {
    const runtime = testRuntime('threads');
    const counter = runtime.mutable(zero, { processor: 'cpu:1' });
    await runtime.spawn(increase, counter);
    const error = await causeOf(runtime.spawn.with({ processor: 'cpu:0' }, increase, counter));
    expect(error.name).toBe('SchedulingError');
    expect(error.message).toMatch(/increase .*cannot run: zero .*in place on cpu:1.*scope cpu:0/);
    const other = runtime.mutable(zero, { processor: 'cpu:0' });
    const both = (a: Counter, b: Counter): number => a.count + b.count;
    expect((await causeOf(runtime.spawn(both, counter, other))).message).toMatch(/cpu:[01]/);
    const early = runtime.mutable(zero, { processor: 'cpu:1' });
    expect((await causeOf(runtime.spawn.with({ single: 0 }, increase, early))).name).toBe('SchedulingError');
  });

  it('C5. a processor that keeps no values says so', async () => {
    const processor = new FakeProcessor();
    const runtime = testRuntime('inline', { fakes: { processors: [processor] } });
    const counter = runtime.mutable(zero);
    await runtime.ready();
    await undefined;
    processor.finish();
    expect((await causeOf(counter.fetch())).message).toMatch(/fake:0 keeps no values/);
  });

  it('E3. with its worker the value is lost, and who takes it is told so', async () => {
    const runtime = testRuntime('threads');
    const counter = runtime.mutable(zero, { processor: 'cpu:0' });
    expect(await runtime.spawn(increase, counter)).toBe(1);
    await rejection(runtime.spawn.with({ processor: 'cpu:0', retries: 0 }, die));
    const error = await causeOf(runtime.spawn(increase, counter));
    expect(error.name).toBe('WorkerLostError');
    expect(error.message).toMatch(/mutable value that zero .* is lost.*cpu:0/);
    expect(await causeOf(counter.fetch())).toMatchObject({ name: 'WorkerLostError' });
  });

  it('S10. the process is held while a copy is on its way, and not longer', async () => {
    const keepAlive = new FakeKeepAlive();
    const runtime = testRuntime('threads', { fakes: { keepAlive } }, { threads: 1 });
    const counter = runtime.mutable(zero);
    await runtime.spawn(increase, counter);
    const copy = counter.fetch();
    await undefined;
    expect(keepAlive.held).toBe(true);
    expect(await copy).toEqual({ count: 1 });
    await new Promise((resolve) => setImmediate(resolve));
    expect(keepAlive.held).toBe(false);
  });

  it('C4. it goes with its last handle', async () => {
    const runtime = testRuntime('threads', {}, { threads: 1 });
    const counter = runtime.mutable(() => new Array(10_000).fill(0));
    await runtime.spawn((list: number[]) => list.length, counter);
    const kept = runtime.stats().bytes['cpu:0'] ?? 0;
    expect(kept).toBeGreaterThan(0);
    counter.release();
    expect(() => counter.fetch()).toThrow(/released/);
    expect(runtime.stats().bytes['cpu:0']).toBe(0);
    for (let round = 0; round < 50; round++) {
      using shard = runtime.shard(() => new Array(1000).fill(round));
      await runtime.fetchAll(shard.map((piece) => piece.length));
    }
    expect(runtime.stats().bytes['cpu:0']).toBe(0);
    const early = runtime.mutable(zero);
    early.release();
    await runtime.spawn(here, 1);
    expect(runtime.stats().bytes['cpu:0']).toBe(0);
  });
});

describe('shard', () => {
  const runtime: Runtime = suiteRuntime('threads');
  const { spawn } = runtime;

  it('C5. one piece per processor; a task gets and changes that of where it runs', async () => {
    const shard = runtime.shard(zero);
    expect([shard.size, [...shard].length]).toEqual([2, 2]);
    await Promise.all(Array.from({ length: 40 }, () => spawn(increase, shard)));
    const counts = await Promise.all(shard.map(({ count }) => count));
    expect(counts).toHaveLength(2);
    expect(counts[0]! + counts[1]!).toBe(40);
    expect(await Promise.all(shard.map(here))).toEqual(['cpu:0', 'cpu:1']);
    const [first] = shard;
    await spawn.with({ single: 0 }, increase, shard);
    expect((await (first as Chunk<Counter>).fetch()).count).toBe(counts[0]! + 1);
    shard.release();
  });

  it('C5. a histogram by pieces adds up to the whole', async () => {
    const bins = runtime.shard(() => new Array<number>(4).fill(0));
    const fill = (piece: number[], from: number): void => {
      for (let i = from; i < from + 100; i++) piece[i % 4] = (piece[i % 4] as number) + 1;
    };
    await runtime.fetchAll(Array.from({ length: 10 }, (_, i) => spawn(fill, bins, 100 * i)));
    const pieces = await runtime.fetchAll([...bins]);
    const total = [0, 1, 2, 3].map((bin) => pieces.reduce((sum, piece) => sum + (piece[bin] as number), 0));
    expect(total).toEqual([250, 250, 250, 250]);
  });

  it('C5. several shards and other arguments in one call', async () => {
    const [a, b] = [runtime.shard(() => ['a']), runtime.shard(() => ['b'])];
    const glue = (x: string[], n: number, y: string[]): string => {
      x.push(String(n));
      return [...x, ...y].join('');
    };
    expect(
      await spawn.with(
        { single: 1 },
        glue,
        a,
        spawn(() => 7),
        b,
      ),
    ).toBe('a7b');
    const captured = 'c';
    expect(await spawn.with({ single: 1 }, (x: string[]) => [...x, captured].join(''), a)).toBe('a7c');
  });

  it('C5. per process: one piece, the same shared memory for all its threads', async () => {
    const shard = runtime.shard(() => new Int32Array(new SharedArrayBuffer(4)), { per: 'process' });
    expect(shard.size).toBe(1);
    const add = (words: Int32Array): number => Atomics.add(words, 0, 1);
    await Promise.all([0, 1, 0, 1].map((single) => spawn.with({ single }, add, shard)));
    expect(await shard.map((words) => words[0])[0]).toBe(4);
  });

  it('C5. where a scope holds for all tasks, the pieces are within it', async () => {
    for (const where of [{ scope: scope({ thread: 1 }) }, { resultScope: scope({ thread: 1 }) }]) {
      const [shard, runs] = runtime.withOptions(where, () => {
        const cut = runtime.shard(zero);
        return [cut, [spawn(here, cut), ...cut.map(here)]] as const;
      });
      expect([shard.keys, await Promise.all(runs)]).toEqual([['cpu:1'], ['cpu:1', 'cpu:1']]);
    }
  });

  it('C5. outside its scope a task fails, and is told where the pieces are', async () => {
    const shard: Shard<Counter> = runtime.shard(zero, { scope: scope({ thread: 1 }) });
    expect(shard.size).toBe(1);
    expect(await spawn(here, shard)).toBe('cpu:1');
    const error = await causeOf(spawn.with({ single: 0 }, increase, shard));
    expect(error.message).toMatch(/in place on cpu:1.* scope cpu:0/);
  });

  it('E3. pieces that are lost are made again, and the others stay', async () => {
    const own = testRuntime('threads');
    const shard = own.shard(zero);
    await own.fetchAll(shard.map(increase));
    await rejection(own.spawn.with({ processor: 'cpu:0', retries: 0 }, die));
    expect(await own.fetchAll(shard.map(increase))).toEqual([1, 2]);
    expect(await own.spawn.with({ single: 0 }, increase, shard)).toBe(2);
  });

  it('E4. bad use is told at once', async () => {
    expect(() => runtime.shard(zero, { per: 'thread' } as never)).toThrow(/'process' or 'processor'/);
    expect(() => runtime.shard(zero, { scop: 1 } as never)).toThrow(/did you mean "scope"/);
    expect(() => runtime.shard(zero, { scope: scope({ gpu: 7 }) })).toThrow(
      /no processor in its scope can run it/,
    );
    const shard = runtime.shard(zero);
    expect(() => spawn(((x: unknown) => x) as never, { inside: shard } as never)).toThrow(
      /a Shard at \.inside/,
    );
    const inside = async (): Promise<unknown> => {
      const { shard: cut } = await import('@poniard/core');
      return cut(() => 1);
    };
    expect((await causeOf(spawn(inside))).message).toMatch(
      /shard\(\): a task cannot call it; do so on the thread that made the runtime, and pass it/,
    );
  });

  it('C5. processors that cannot run its maker take no part', async () => {
    const gpu = new FakeProcessor({ id: 'gpu:0', kind: 'webgpu', implementations: ['webgpu'] });
    const mixed = testRuntime('threads', { fakes: { processors: [gpu] } }, { threads: 1 });
    await mixed.ready();
    const shard = mixed.shard(zero);
    expect(shard.keys).toEqual(['cpu:0']);
    expect(await mixed.spawn(increase, shard)).toBe(1);
  });

  it('C5. on the calling thread there is one piece', async () => {
    const inline = testRuntime('inline');
    const shard = inline.shard(zero);
    await inline.spawn(increase, shard);
    expect(await inline.spawn(increase, shard)).toBe(2);
    expect(shard.size).toBe(1);
  });
});
