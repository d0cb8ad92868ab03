import { FunctionTransferError, operation, type Runtime, task } from '@poniard/core';
import { describe, expect, it } from 'vitest';
import byDefault, { countCalls, fileName, giveHidden, Parser, withHelper } from './fixtures/functions.mjs';
import { type Kind, rejection, suiteRuntime } from './runtimes.js';

describe.each<Kind>(['threads', 'inline'])('functions on %s', (kind) => {
  const runtime: Runtime = suiteRuntime(kind);
  const { spawn } = runtime;

  it('F1. arrows, function expressions, async functions and methods without `this` run', async () => {
    const holder = {
      method(x: number) {
        return x + 1;
      },
      async later(x: number) {
        return x + 2;
      },
    };
    expect(await spawn((x: number) => x, 1)).toBe(1);
    expect(
      await spawn(function named(x: number) {
        return x + 1;
      }, 1),
    ).toBe(2);
    expect(await spawn(holder.method, 1)).toBe(2);
    expect(await spawn(holder.later, 1)).toBe(3);
  });

  it('F1. a function may use the language, timers and globals of the platform', async () => {
    const used = spawn(
      (text: string) => [
        JSON.parse(text).a,
        Math.max(1, 2),
        new TextEncoder().encode('ab').length,
        typeof setTimeout,
        new URL('https://example.org/a').pathname,
      ],
      '{"a":1}',
    );
    expect(await used).toEqual([1, 2, 2, 'function', '/a']);
  });

  it("F1. a function's own name refers to itself", async () => {
    function factorial(n: number): number {
      return n < 2 ? 1 : n * factorial(n - 1);
    }
    expect(await spawn(factorial, 10)).toBe(3_628_800);
  });

  it('F1. inner functions, classes and defaults that refer to one another travel along', async () => {
    const run = (n: number, step = n + 1): number => {
      class Counter {
        count = 0;
        add(by: number): this {
          this.count += by;
          return this;
        }
      }
      const twice = (x: number): number => 2 * x;
      return new Counter().add(twice(n)).add(step).count;
    };
    expect(await spawn(run, 2)).toBe(7);
  });

  it('F1. two functions with the same name are two functions', async () => {
    const make = (n: number) =>
      n === 1
        ? function same() {
            return 'one';
          }
        : function same() {
            return 'two';
          };
    expect(await runtime.fetchAll([spawn(make(1)), spawn(make(2)), spawn(make(1))])).toEqual([
      'one',
      'two',
      'one',
    ]);
  });

  it('F2. an exported function that uses its module runs', async () => {
    expect(await spawn(withHelper, 1)).toBe(101);
    expect(await spawn(fileName, '/a/b.txt')).toBe('b.txt');
    expect(await spawn(byDefault, 1)).toBe(202);
  });

  it('F2. a mark says where a function lives', async () => {
    const marked = task(new URL('./fixtures/functions.mjs', import.meta.url).href, withHelper);
    expect(await spawn(marked, 2)).toBe(102);
  });

  it('F2. a function may import what it needs itself', async () => {
    const run = async (path: string): Promise<string> => {
      const { basename } = await import('node:path');
      return basename(path);
    };
    expect(await spawn(run, '/x/y')).toBe('y');
  });

  it('F4. an operation is spawned like any function, and runs when called', async () => {
    const double = operation('double', { host: (x: number) => 2 * x });
    const spawned = spawn(double, 21);
    expect(spawned.name).toBe('double');
    expect(await spawned).toBe(42);
    expect(await double(4)).toBe(8);
  });

  it('F4. the implementation follows the processor', async () => {
    const where = operation('where', { inline: () => 'inline', thread: () => 'thread' });
    expect(await spawn(where)).toBe(kind === 'inline' ? 'inline' : 'thread');
  });

  it('F4. an operation may be cut into blocks', async () => {
    const sum = (xs: number[]): number => xs.reduce((a, x) => a + x, 0);
    const total = operation('total', {
      host: sum,
      plan: ([xs], processors) => ({
        blocks: Array.from({ length: processors }, (_, i) => ({
          fn: sum,
          args: [xs.filter((_x, at) => at % processors === i)],
        })),
        finish: (parts) => (parts as number[]).reduce((a, x) => a + x, 0),
      }),
    });
    expect(await spawn(total, [1, 2, 3, 4, 5])).toBe(15);
    expect(
      await spawn(
        total,
        spawn(() => [1, 2, 3]),
      ),
    ).toBe(6);
  });

  it('F4. an operation without an implementation that fits is refused', () => {
    expect(() => operation('none', {})).toThrow(TypeError);
    expect(() => operation('bad', { host: 3 as never })).toThrow(/host is not a function/);
  });
});

describe('functions on threads', () => {
  const runtime = suiteRuntime('threads');
  const { spawn } = runtime;

  it('F2. each thread has one instance of a module', async () => {
    const counts = await Promise.all(Array.from({ length: 20 }, () => spawn(countCalls)));
    const instances = counts.filter((count) => count === 1).length;
    expect(instances).toBeGreaterThan(0);
    expect(instances).toBeLessThanOrEqual(2);
  });

  it('F2. a function of a module that does not export it takes along what it needs of the module', async () => {
    expect(await spawn(giveHidden(), 1)).toBe(101);
  });

  it('F2. a method that uses `this` is an error that says so', async () => {
    const error = (await rejection(
      spawn(function (this: { n: number }) {
        return this.n;
      }),
    )) as Error;
    expect(error.cause).toBeInstanceOf(FunctionTransferError);
    expect((error.cause as Error).message).toMatch(/this/);
    expect(new Parser().parse('1')).toBe(101);
  });

  it('F3. spawn does not throw because a function cannot travel, and other tasks go on', async () => {
    const captured = new WeakMap();
    const bad = spawn((x: object) => captured.has(x), {});
    const good = spawn((x: number) => x + 1, 1);
    expect(await good).toBe(2);
    await expect(bad.fetch()).rejects.toThrow(/captured/);
  });

  it('F3. native and bound functions are errors that say so', async () => {
    const bound = ((x: number): number => x).bind(null);
    for (const fn of [Math.max, bound]) {
      const error = (await rejection(spawn(fn as (x: number) => number, 1))) as Error;
      expect(error.cause).toBeInstanceOf(FunctionTransferError);
    }
  });

  it('F4. the implementation for the kind of processor comes before the one for every host', async () => {
    const where = operation('where', { host: () => 'host', thread: () => 'thread' });
    expect(await spawn(where)).toBe('thread');
    const onlyElsewhere = operation('elsewhere', { webgpu: () => 'gpu' });
    const error = (await rejection(spawn(onlyElsewhere as () => Promise<string>))) as Error;
    expect((error.cause as Error).name).toBe('SchedulingError');
  });
});

describe('functions on the calling thread', () => {
  const runtime = suiteRuntime('inline');

  it('F3. a closure runs as it is', async () => {
    let calls = 0;
    expect(await runtime.spawn((x: number) => x + ++calls, 1)).toBe(2);
    expect(calls).toBe(1);
  });
});
