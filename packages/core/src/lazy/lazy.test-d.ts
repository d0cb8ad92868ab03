import {
  type Chunk,
  collect,
  compute,
  createRuntime,
  delayed,
  par,
  spawn,
  type TaskFailedError,
  type Thunk,
  tochunk,
  withOptions,
} from '@poniard/core';
import { describe, expectTypeOf, it } from 'vitest';

const add = (a: number, b: number): number => a + b;
const lazy = delayed(add);

describe('lazy graphs', () => {
  it('L1. a lazy call has the type of its result, unwrapped', () => {
    expectTypeOf(lazy(1, 2)).toEqualTypeOf<Thunk<number>>();
    expectTypeOf(delayed(async (text: string) => text.length)('a')).toEqualTypeOf<Thunk<number>>();
    const spread = (x = 1, ...rest: string[]): string => `${x}${rest}`;
    expectTypeOf(delayed(spread)(2, 'a', 'b')).toEqualTypeOf<Thunk<string>>();
    expectTypeOf(delayed(spread)()).toEqualTypeOf<Thunk<string>>();
    expectTypeOf(delayed(() => true)()).toEqualTypeOf<Thunk<boolean>>();
    // @ts-expect-error: the second argument is missing
    lazy(1);
    // @ts-expect-error: a text is no number
    lazy('1', 2);
    // @ts-expect-error: nor is a node that gives a text
    lazy(delayed(() => 'a')(), 2);
    // @ts-expect-error: there is no such option
    delayed(add, { prio: 1 });
  });

  it('L2. arguments are nodes, tasks, chunks, promises and values', () => {
    lazy(lazy(1, 2), spawn(add, 1, 2));
    lazy(tochunk(1), Promise.resolve(2));
    delayed(add, { syncdeps: [lazy(1, 2), spawn(add, 1, 2)] });
    // @ts-expect-error: a node is no argument of spawn
    spawn(add, lazy(1, 2), 3);
  });

  it('L1. collect gives values, compute a chunk', () => {
    expectTypeOf(collect(lazy(1, 2))).resolves.toEqualTypeOf<number>();
    expectTypeOf(compute(lazy(1, 2), { retries: 1 })).resolves.toEqualTypeOf<Chunk<number>>();
    expectTypeOf(collect([lazy(1, 2), 'a'] as const)).resolves.toEqualTypeOf<[number, 'a']>();
    expectTypeOf(collect({ sum: lazy(1, 2), task: spawn(() => 'a'), rest: [1] })).resolves.toEqualTypeOf<{
      sum: number;
      task: string;
      rest: number[];
    }>();
    expectTypeOf(collect([lazy(1, 2)])).resolves.toEqualTypeOf<number[]>();
    expectTypeOf(collect([lazy(1, 2), 'a'] as const, { allowErrors: true })).resolves.toEqualTypeOf<
      [number | TaskFailedError, 'a']
    >();
    expectTypeOf(collect(new Map([['a', lazy(1, 2)]]))).resolves.toEqualTypeOf<Map<string, number>>();
    expectTypeOf(collect(tochunk('a'))).resolves.toEqualTypeOf<string>();
    // @ts-expect-error: a task is no node
    void compute(spawn(add, 1, 2));
    // @ts-expect-error: a name would be the same for all nodes
    void collect(lazy(1, 2), { name: 'all' });
  });

  it('L1. par knows the lazy forms', () => {
    const greet = (name: string): string => `hello ${name}`;
    expectTypeOf(par({ add, greet }, (l) => l.greet(par({ greet }, (m) => m.greet('a'))))).toEqualTypeOf<
      Thunk<string>
    >();
    // @ts-expect-error: the body returns a node
    par({ add }, () => 3);
  });

  it('a runtime has every function as a method', () => {
    const runtime = createRuntime();
    expectTypeOf(runtime.delayed).toEqualTypeOf(delayed);
    expectTypeOf(runtime.par).toEqualTypeOf(par);
    expectTypeOf(runtime.compute).toEqualTypeOf(compute);
    expectTypeOf(runtime.collect).toEqualTypeOf(collect);
    expectTypeOf(runtime.withOptions).toEqualTypeOf(withOptions);
  });
});
