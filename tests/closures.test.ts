/** F3: functions with the variables that they capture. */
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import {
  capture,
  delayed,
  FunctionTransferError,
  isChunk,
  isTask,
  type Runtime,
  spawn as spawnHere,
} from '@poniard/core';
import { ones } from '@poniard/linalg';
import { describe, expect, it } from 'vitest';
import { adder, withHelper } from './fixtures/functions.mjs';
import { Point } from './fixtures/values.mjs';
import { causeOf, counters, type Kind, suiteRuntime, testRuntime } from './runtimes.js';

const OFFSET = 100;
const double = (x: number): number => 2 * x;
const shifted = (x: number): number => double(x) + OFFSET;
const isEven = (n: number): boolean => n === 0 || isOdd(n - 1);
const isOdd = (n: number): boolean => n !== 0 && isEven(n - 1);

class Shape {
  static readonly unit = double(1);
  constructor(readonly side: number) {}
  area(): number {
    return this.side ** 2 * Shape.unit;
  }
}
class Cube extends Shape {
  #edges = 12;
  volume(): number {
    return this.area() * this.side * this.#edges;
  }
}

describe.each<Kind>(['threads', 'inline'])('closures on %s', (kind) => {
  const runtime: Runtime = suiteRuntime(kind);
  const { spawn } = runtime;

  it('F3. data that a function captures comes along', async () => {
    const k = 3;
    const config = { names: ['a', 'b'], deep: { size: 2n }, at: new Date(0), tags: new Map([['x', 1]]) };
    expect(await spawn((x: number) => k * x, 14)).toBe(42);
    expect(
      await spawn(() => [config.names.join(), config.deep.size, config.at.getTime(), config.tags.get('x')]),
    ).toEqual(['a,b', 2n, 0, 1]);
  });

  it('F3. so do constants and functions of its file, and what these capture', async () => {
    const offset = 1;
    const twice = (x: number): number => 2 * x + offset;
    const later = (x: number): number => twice(twice(x)) + OFFSET;
    expect(await spawn((x: number) => later(x) + shifted(x), 1)).toBe(209);
  });

  it('F3. two functions may have different variables of the same name', async () => {
    const make = (k: number) => (x: number) => x * k;
    const k = 7;
    const times = make(2);
    expect(await spawn((x: number) => times(x) + k, 10)).toBe(27);
  });

  it('F3. functions that call one another do so over there', async () => {
    expect(await spawn((n: number) => [isEven(n), isOdd(n)], 10)).toEqual([true, false]);
    expect(await spawn(isEven, 7)).toBe(false);
  });

  it('F3. classes come by their source, with what they extend and their static fields', async () => {
    expect(await spawn((side: number) => new Cube(side).volume(), 2)).toBe(192);
  });

  it('F3. a class that extends what an expression gives', async () => {
    const mixin = (Base: new () => Plain) =>
      class extends Base {
        mixed(): string {
          return 'mixed';
        }
      };
    class Plain {
      plain(): string {
        return 'plain';
      }
    }
    class Both extends mixin(Plain) {
      both(): string {
        return `${this.mixed()} ${this.plain()}`;
      }
    }
    class Known extends Map<string, number> {}
    class Failure extends TypeError {}
    expect(await spawn(() => new Both().both())).toBe('mixed plain');
    expect(await spawn(() => [new Known([['a', 1]]).size, new Failure('no') instanceof TypeError])).toEqual([
      1,
      true,
    ]);
  });

  it('F3. functions inside captured objects, arrays and maps work', async () => {
    const k = 5;
    const operations = {
      add: (a: number, b: number) => a + b + k,
      list: [double],
      map: new Map([['f', shifted]]),
    };
    expect(
      await spawn(() => [operations.add(1, 2), operations.list[0]?.(4), operations.map.get('f')?.(1)]),
    ).toEqual([8, 8, 102]);
  });

  it('F3. what two functions share is one object over there', async () => {
    const seen = new Set<number>();
    const note = (x: number): Set<number> => seen.add(x);
    const run = (): number => {
      note(1);
      note(2);
      return seen.size;
    };
    expect(await spawn(run)).toBe(2);
  });

  it('F3. imports are imported there, and exported functions by their module', async () => {
    const path = '/a/b';
    const exported = withHelper;
    expect(await spawn(() => basename(path))).toBe('b');
    expect(await spawn(() => exported(1))).toBe(101);
    expect(await spawn(adder(3), 4)).toBe(7);
  });

  it('F3. methods, async functions, generators, defaults, destructuring and getters work', async () => {
    const k = 2;
    const holder = {
      method(x: number) {
        return x * k;
      },
      async later(x: number) {
        return (await x) * k;
      },
      get value() {
        return k;
      },
    };
    function* count(to: number) {
      for (let i = 0; i < to; i++) yield i * k;
    }
    async function* slowly(to: number) {
      yield* count(to);
    }
    expect(await spawn(holder.method, 4)).toBe(8);
    expect(await spawn(holder.later, 5)).toBe(10);
    expect(await spawn(() => [...count(3)])).toEqual([0, 2, 4]);
    expect(
      await spawn(async () => {
        const all: number[] = [];
        for await (const one of slowly(3)) all.push(one);
        return all;
      }),
    ).toEqual([0, 2, 4]);
    const withDefaults = (x: number = k, { y = x * k }: { y?: number } = {}): number => x + y;
    expect(await spawn(withDefaults)).toBe(6);
    expect(await spawn(() => holder.value)).toBe(2);
    const getter = Object.getOwnPropertyDescriptor(holder, 'value')?.get as () => number;
    expect(await spawn(getter)).toBe(2);
  });

  it('F3. functions that get a `this` from their caller work', async () => {
    const counter = {
      n: 1,
      next(by: number) {
        this.n += by;
        return this.n;
      },
    };
    expect(await spawn(() => counter.next(2) + counter.next(3))).toBe(9);
  });

  it('F3. properties of functions come along', async () => {
    const rate = Object.assign((x: number) => x * rate.by, { by: 3, unit: { name: 'm' } });
    expect(await spawn(rate, 2)).toBe(6);
    expect(await spawn(() => rate(1) + rate.unit.name)).toBe('3m');
  });

  it('F3. variables that hide globals are the variables', async () => {
    // biome-ignore lint/suspicious/noShadowRestrictedNames: libraries do
    const Map = (x: number) => ({ x });
    const structuredClone = (x: number) => x + 1;
    expect(await spawn((x: number) => Map(x).x + structuredClone(x), 1)).toBe(3);
    const { max } = Math;
    const Moment = Date;
    expect(await spawn(() => max(1, new Moment(2).getTime()))).toBe(2);
  });

  it('F3. data that holds itself and functions that use it', async () => {
    const knot: { x: number; self?: unknown; read?: () => unknown } = { x: 5 };
    knot.self = knot;
    knot.read = () => [knot.x, knot.self === knot];
    expect(await spawn(() => knot.read?.())).toEqual([5, true]);
  });

  it('F3. arrays on shared memory are the same memory over there', async () => {
    const shared = new Float64Array(new SharedArrayBuffer(8 * 300_000));
    const matrix = ones([300, 300]);
    await spawn(() => {
      shared[0] = 7;
    });
    expect(shared[0]).toBe(7);
    const words = new DataView(shared.buffer);
    const inside = { list: [ones([1024, 1024])], map: new Map([['view', shared]]) };
    await spawn(() => {
      words.setFloat64(8, 8, true);
      inside.map.get('view')![2] = 9;
      inside.list[0]!.data[3] = 10;
    });
    expect([shared[1], shared[2], inside.list[0]?.data[3]]).toEqual([8, 9, 10]);
    expect(await spawn(() => matrix.shape.join('×') + matrix.data.length)).toBe('300×30090000');
  });

  it('F3. a captured task is a dependency, and a handle on its value', async () => {
    const first = spawn(async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      return [1, 2, 3];
    });
    const chunk = runtime.tochunk({ size: 4 });
    const parts = [first, first];
    expect(await spawn(async () => (await first).length + (await chunk.fetch()).size)).toBe(7);
    expect(await spawn(async () => (await Promise.all(parts)).flat().length)).toBe(6);
    expect(await spawn((x: number) => [isTask(first), isChunk(chunk), x], 1)).toEqual([true, true, 1]);
  });

  it('F3. capture() names the values', async () => {
    const k = 3;
    const task = spawn(() => 5);
    const scale = capture({ k, double }, ({ k: by, double: twice }, x: number) => by * twice(x));
    expect(scale.name).toBe('anonymous');
    expect(scale(1)).toBe(6);
    expect(await spawn(scale, 7)).toBe(42);
    expect(await spawn(capture({ task }, async (values) => (await values.task) + 1))).toBe(6);
  });
});

describe('closures on threads', () => {
  const runtime = suiteRuntime('threads');
  const { spawn } = runtime;

  it('F3. variables are taken at spawn: what changes later changes nothing', async () => {
    let k = 1;
    const list = [1];
    const run = (): number => k * 10 + list.length;
    const first = spawn(run);
    k = 2;
    list.push(2);
    const second = spawn(run);
    k = 3;
    list.push(3);
    expect(await runtime.fetchAll([first, second, spawn(run)])).toEqual([11, 22, 33]);
  });

  it('F3. a loop variable is that of its turn', async () => {
    const tasks = [];
    for (let i = 0; i < 300; i++) tasks.push(spawn((x: number) => double(i) + x, 1));
    expect(await runtime.fetchAll(tasks)).toEqual(Array.from({ length: 300 }, (_, i) => 2 * i + 1));
  });

  it('E1. F3. a task that captures one that failed fails with it', async () => {
    const first = spawn((): number => {
      throw new RangeError('no');
    });
    expect((await causeOf(spawn(async () => await first))).name).toBe('RangeError');
  });

  it('F3. a captured runtime is the one that runs the task', async () => {
    const own = testRuntime('threads', {}, { threads: 1 });
    expect(await own.spawn(async (x: number) => (await own.spawn(double, x)) + 1, 3)).toBe(7);
    expect(
      await own.withOptions({ priority: 1 }, () => own.spawn(async () => own.getOptions().priority)),
    ).toBe(1);
  });

  it('O3. F3. an equal closure is an equal call to the cache', async () => {
    const count = counters(1);
    const call = (k: number) => spawn.with({ cache: true }, () => Atomics.add(count, 0, 1) + k * 0);
    await runtime.fetchAll([call(1), call(1), call(2)]);
    expect(count[0]).toBe(2);
  });

  it('F3. closures work inside tasks, and from there on', async () => {
    const k = 4;
    const inside = await spawn(async (n: number) => {
      const local = n + k;
      const add = (x: number): number => x + local + double(1);
      const children = [1, 2, 3].map((i) =>
        spawnHere(async () => add(i) + (await spawnHere(() => i * local))),
      );
      return Promise.all(children);
    }, 10);
    expect(inside).toEqual([31, 46, 61]);
  });

  it('F3. a captured instance of a class with a ValueCodec is carried by it', async () => {
    const point = new Point(3, 4);
    expect(await spawn(() => point.length)).toBe(5);
  });

  it('F3. a variable that the function sets is refused', async () => {
    let counter = 0;
    const count = (): number => {
      counter += 1;
      return counter;
    };
    const error = await causeOf(spawn(count));
    expect(error).toBeInstanceOf(FunctionTransferError);
    expect(error.message).toMatch(
      /"count" cannot travel .*`counter` \(.*closures\.test\.ts:\d+:\d+\), which it sets/,
    );
    const [first] = [{ set: () => ({ counter } = { counter: 2 }) }];
    expect((await causeOf(spawn(() => first?.set()))).message).toMatch(/`first\.set` .*`counter`.*sets/);
    expect(counter).toBe(0);
  });

  it('F3. more than 1 MiB of data is refused, with the variable and a way out', async () => {
    const small = 1;
    const rows = Array.from({ length: 200_000 }, (_, i) => i);
    const message = (await causeOf(spawn(() => rows.length + small))).message;
    expect(message).toMatch(/`rows` \(.*closures\.test\.ts:\d+:\d+\) is larger than the 1 MiB/);
    expect(message).toContain('Pass it as an argument: spawn(fn, …, rows)');
    const numbers = new Float64Array(200_000);
    expect((await causeOf(spawn(() => numbers.length))).message).toMatch(/`numbers`.*shared memory/);
  });

  class Plain {
    readonly value = 1;
  }
  function arrowOf(this: { x: number }) {
    return () => this.x;
  }
  function* generate() {
    yield 1;
  }
  it.each<[string, unknown, RegExp]>([
    ['a WeakMap', new WeakMap(), /`thing` \(.*:\d+:\d+\) is a WeakMap; it cannot leave its thread/],
    ['a promise', Promise.resolve(1), /`thing` .* is a Promise; await it first/],
    ['a stream', new ReadableStream(), /`thing` .* is a ReadableStream; streams and sockets belong/],
    ['a generator object', generate(), /`thing` .* is (a|an) .*; /],
    [
      'an instance of a class',
      { deep: new Plain() },
      /`thing` .* has an instance of class Plain at \.deep; .*ValueCodec/,
    ],
    ['a lazy node', delayed(double)(1), /`thing` .* is a Thunk, a lazy node/],
    ['a symbol', Symbol('s'), /`thing` .* is a symbol/],
    ['a native method', 'x'.at, /`thing` .*"at" cannot travel: it is native code/],
    ['require', createRequire(import.meta.url), /`thing` .*"require" cannot travel .*belongs to this thread/],
    ['a bound function', double.bind(null), /`thing` .*bound functions have no source/],
    ['an arrow that uses `this` of the code around it', arrowOf.call({ x: 1 }), /`thing` .*uses `this`/],
    ['a function in a set', new Set([double]), /`thing` .* has the function 'double' at \.values\(\)\[0\]/],
  ])('F3. refuses %s by name', async (_title, thing, message) => {
    const error = await causeOf(spawn(() => String(thing)));
    expect(error).toBeInstanceOf(FunctionTransferError);
    expect(error.message).toMatch(message);
  });

  it('F3. what a captured function cannot bring is named with the way to it', async () => {
    const socket = new WeakSet();
    const helper = (): boolean => socket.has({});
    const error = await causeOf(spawn(() => helper()));
    expect(error.message).toMatch(/"helper" cannot travel .*`socket` \(.*:\d+:\d+\) is a WeakSet/);
  });

  it('F3. a refused variable fails the child and not the parent', async () => {
    const message = await spawn(async () => {
      const weak = new WeakMap();
      return spawnHere(() => weak.has({})).then(
        () => 'sent',
        (error: unknown) => (error as Error).message,
      );
    });
    expect(message).toMatch(/`weak`.*is a WeakMap/);
  });

  it('capture() is refused without values or a function', () => {
    expect(() => capture(3 as never, () => 1)).toThrow(/an object of values first, not number/);
    expect(() => capture({}, 3 as never)).toThrow(/a function second, not number/);
  });
});
