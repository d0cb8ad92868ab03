import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { FunctionTransferError } from '../errors.js';
import { capture } from './capture.js';
import { Closures } from './closures.js';
import { decodeFunction } from './decode.js';
import type { AnyFunction, Capture, FunctionCodec } from './encoded.js';
import { FunctionRegistry } from './registry.js';
import { SourceFunctionCodec } from './source-codec.js';

/** A codec that is told what functions capture. */
class ToldCodec extends SourceFunctionCodec implements FunctionCodec {
  readonly told = new Map<AnyFunction, Partial<Capture>>();

  tell<F extends AnyFunction>(fn: F, variables: Record<string, unknown>, more: Partial<Capture> = {}): F {
    this.told.set(fn, { variables: new Map(Object.entries(variables)), ...more });
    return fn;
  }

  capture(fn: AnyFunction): Capture | undefined {
    const told = this.told.get(fn);
    return (
      told && {
        name: fn.name,
        key: String(fn),
        variables: new Map(),
        constant: true,
        locate: () => 'here',
        encode: () => ({
          kind: 'source',
          name: fn.name,
          source: String(fn),
          imports: [],
          isClass: /^class/.test(String(fn)),
        }),
        ...told,
      }
    );
  }
}

const make = () => {
  const codec = new ToldCodec();
  return { codec, closures: new Closures(codec, () => []) };
};
const noModule = async (): Promise<never> => {
  throw new Error('no module is needed');
};
/** Sends a closure there and calls it. */
async function call(closures: Closures, fn: AnyFunction, ...args: unknown[]): Promise<unknown> {
  const closure = closures.of(fn);
  const taken = closure?.take();
  const sent = structuredClone([await closure?.encode(), taken?.encoded.value]) as never[];
  const decoded = await decodeFunction(sent[0] as never, noModule);
  return decoded(sent[1], ...(taken?.handles ?? []), ...args);
}

declare const k: number;
declare const f: (x: number) => number;

describe('closures', () => {
  it('F3. a function that captures nothing is none', () => {
    const { closures } = make();
    expect(closures.of(() => 1)).toBeUndefined();
  });

  it('F3. values and functions come together again', async () => {
    const { codec, closures } = make();
    const inner = codec.tell((x: number) => x * k, { k: 5 });
    const outer = codec.tell((x: number) => f(x) + k, { f: inner, k: 1 });
    expect(await call(closures, outer, 2)).toBe(11);
  });

  it('F3. a class is made when what it extends is there, whichever comes first', async () => {
    const { codec, closures } = make();
    class First {
      readonly one = 1;
    }
    const Base = First;
    class Second extends Base {
      readonly two = this.one + 1;
    }
    codec.tell(First, { unused: 0 });
    codec.tell(Second, { Base: First });
    const run = codec.tell(() => new Second().two, { Second, First });
    expect(await call(closures, run)).toBe(2);
  });

  it('F3. closures that differ in values only have one key, and are one function to workers', () => {
    const { codec, closures } = make();
    const registry = new FunctionRegistry(closures);
    const add = (value: number) => codec.tell((x: number) => x + k, { k: value });
    const [a, b] = [add(1), add(2)];
    const other = codec.tell((x: number) => x - k, { k: 1 });
    expect(closures.of(a)?.key).toBe(closures.of(b)?.key);
    const [first, second, third] = [a, b, other].map((fn) => registry.record(fn));
    expect(second?.id).toBe(first?.id);
    expect(second?.times).toBe(first?.times);
    expect(third?.id).not.toBe(first?.id);
  });

  it('F3. a function whose variables cannot change is looked at once', () => {
    const { codec, closures } = make();
    const look = vi.spyOn(codec, 'capture');
    const constant = codec.tell(() => k, { k: 1 });
    const registry = new FunctionRegistry(closures);
    for (let i = 0; i < 3; i++) registry.take(constant, registry.record(constant));
    expect(look).toHaveBeenCalledTimes(1);
    const variable = codec.tell(() => k, { k: 1 }, { constant: false });
    for (let i = 0; i < 3; i++) registry.take(variable, registry.record(variable));
    expect(look).toHaveBeenCalledTimes(4);
  });

  it('F3. one that captures another function meanwhile is another function', () => {
    const { codec, closures } = make();
    const registry = new FunctionRegistry(closures);
    const fn = codec.tell((x: number) => f(x), { f: (x: number) => x + 1 }, { constant: false });
    const first = registry.record(fn);
    expect(registry.take(fn, first).record).toBe(first);
    codec.tell(fn, { f: (x: number) => x - 1 }, { constant: false });
    const { record } = registry.take(fn, registry.record(fn));
    expect(record.id).not.toBe(first.id);
    expect(registry.record(fn)).toBe(record);
  });

  it('F3. one that captured what cannot travel is looked at again', () => {
    const { codec, closures } = make();
    const registry = new FunctionRegistry(closures);
    const fn = codec.tell(() => k, { k: new WeakMap() }, { constant: false });
    expect(registry.record(fn).travel('host')?.state).toBe('impossible');
    codec.tell(fn, { k: 1 }, { constant: false });
    expect(registry.record(fn)).toMatchObject({ captures: true });
  });

  it('F3. what is too much as a whole names the largest variable', () => {
    const { codec, closures } = make();
    const large = 'x'.repeat(700_000);
    const fn = codec.tell(function both() {}, { small: 1, a: large, b: `${large}y` });
    expect(() => closures.of(fn)).toThrow(FunctionTransferError);
    expect(() => closures.of(fn)).toThrow(
      /"both".*`b` \(here\) is larger than the 1 MiB.*spawn\(both, …, b\)/,
    );
  });

  it('F3. whatever is captured, functions inside it are at their places', async () => {
    const { codec, closures } = make();
    await codec.preload();
    /** Adds up all numbers of a structure, and what the functions in it give. */
    const sum = (part: unknown): number => {
      if (typeof part === 'function') return (part as () => number)();
      if (typeof part !== 'object' || part === null) return Number(part);
      const parts: unknown[] = part instanceof Map ? [...part.values()] : Object.values(part);
      return parts.reduce<number>((total, one) => total + sum(one), 0);
    };
    const leaf = fc.integer({ min: 0, max: 1000 });
    const structure = fc.letrec<{ part: unknown }>((tie) => ({
      part: fc.oneof(
        { depthSize: 'small' },
        leaf,
        leaf.map((own) => codec.tell(() => own, { own })),
        fc.array(tie('part'), { maxLength: 4 }),
        fc.dictionary(fc.string({ maxLength: 3 }), tie('part'), { maxKeys: 4 }),
        fc.array(fc.tuple(fc.string({ maxLength: 3 }), tie('part')), { maxLength: 3 }).map((e) => new Map(e)),
      ),
    })).part;
    await fc.assert(
      fc.asyncProperty(structure, async (part) => {
        const fn = codec.tell(() => sum(part), { sum, part });
        expect(await call(closures, fn)).toBe(sum(part));
      }),
    );
  });

  it('F3. capture() works with functions that can travel by themselves', async () => {
    const { closures } = make();
    await new SourceFunctionCodec().preload();
    const scale = capture(
      { by: 3, twice: (x: number) => 2 * x },
      ({ by, twice }, x: number) => by * twice(x),
    );
    expect(await call(closures, scale, 7)).toBe(42);
  });
});
