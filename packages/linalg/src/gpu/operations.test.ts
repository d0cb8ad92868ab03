import { operation, SchedulingError } from '@poniard/core';
import {
  add,
  argmax,
  array,
  elementwise,
  formula,
  matmul,
  mul,
  NDArray,
  type NormOptions,
  norm,
  rand,
  randn,
  scale,
  sub,
  sum,
  topk,
  transpose,
  zeros,
} from '@poniard/linalg';
import { type GpuArray, type GpuDevicePort, gpuImplementation } from '@poniard/proc-gpu';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DType } from '../dtype.js';
import type { NDArray as Generated } from '../ndarray.js';
import { arraysOf } from '../testing/arrays.js';
import { gpuOnly, hasGpu } from '../testing/gpu.js';
import { fittingShapes } from '../testing/shapes.js';
import { transpose as transposeOnGpu } from './transpose.js';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const dtypes = fc.constantFrom<DType>('float32', 'int32');
const shapes = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 });
const parameters = Array.from({ length: 40 }, (_, i) => `x${i}`);
const many = formula(
  new Function(...parameters, `return ${parameters.reduce((sum, x) => `${sum}.add(${x})`)}`) as never,
);
const runs = { numRuns: 25 };

/** Generated arrays are of the source's class; users have the package's. */
function asPublic({ data, shape, strides, offset }: Generated): NDArray {
  return new NDArray(data, shape, strides, offset);
}

const pairs = fc
  .tuple(fittingShapes, dtypes)
  .chain(([both, dtype]) => fc.tuple(arraysOf(both.x, dtype), arraysOf(both.y, dtype)))
  .map((both) => both.map(asPublic) as [NDArray, NDArray]);
const arrays = fc.tuple(shapes, dtypes).chain(([shape, dtype]) => arraysOf(shape, dtype).map(asPublic));
const floats = shapes.chain((shape) => arraysOf(shape, 'float32').map(asPublic));

describe.skipIf(!hasGpu)('operations on a GPU agree with the host', () => {
  const on = gpuOnly();
  // biome-ignore lint/suspicious/noExplicitAny: operations of all signatures
  const both = async (operation: (...args: any[]) => Promise<unknown>, ...args: unknown[]) => {
    const [found, expected] = await Promise.all([on.runtime.spawn(operation, ...args), operation(...args)]);
    expect(plain(found)).toEqual(plain(expected));
  };

  test.each([
    ['add', add],
    ['sub', sub],
    ['mul', mul],
  ])(
    '%s, for all shapes and layouts, and with a number',
    async (_, operation) => {
      await fc.assert(
        fc.asyncProperty(pairs, ([x, y]) => both(operation, x, y)),
        runs,
      );
      await both(operation, array([1, 2, 3, 4, 5], [5], 'float32'), -2.5);
      await both(operation, array([1, 2, 3, 4], [4], 'int32'), -7);
    },
    60_000,
  );

  test('NaN and infinities are kept, and int32 wraps around', async () => {
    const x = array([nan, inf, -inf, 0, -0], [5], 'float32');
    for (const operation of [add, sub, mul]) {
      await both(operation, x, x);
      await both(operation, x, inf);
    }
    await both(scale, x, 0);
    const large = array([2 ** 31 - 1, -(2 ** 31), 65537], [3], 'int32');
    for (const operation of [add, sub, mul]) await both(operation, large, large);
  });

  test('elementwise, with operands that are used twice, numbers and constants', async () => {
    const blend = formula((x, y, share) =>
      x
        .mul(share)
        .add(y.sub(y.mul(share)))
        .scale(2)
        .sub(1),
    );
    await fc.assert(
      fc.asyncProperty(pairs, ([x, y]) => both(elementwise, blend, x, y, 3)),
      runs,
    );
    const square = formula((x) => x.mul(x));
    await both(elementwise, square, rand([1000], { seed: 1, dtype: 'float32' }));
    // One kernel serves all constants.
    await both(
      elementwise,
      formula((x) => x.scale(4)),
      array([1, 2], [2], 'float32'),
    );
    await both(
      elementwise,
      formula((x) => x.scale(5)),
      array([1, 2], [2], 'float32'),
    );
  }, 60_000);

  test('transpose, in any order', async () => {
    const cases = arrays.chain((x) => {
      const axes = x.shape.map((_, axis) => axis);
      return fc.tuple(fc.constant(x), fc.shuffledSubarray(axes, { minLength: axes.length }));
    });
    await fc.assert(
      fc.asyncProperty(cases, ([x, axes]) => both(transpose, x, axes)),
      runs,
    );
    await both(transpose, rand([37, 41], { seed: 2, dtype: 'float32' }));
  });

  test('transpose by blocks, as on a GPU that is none in software', async () => {
    const blocks = operation('blocks', {
      host: (x: NDArray, axes?: number[]) => x.transpose(...(axes ?? [])),
      webgpu: gpuImplementation((gpu: GpuDevicePort, x: GpuArray, axes?: number[]) =>
        transposeOnGpu(Object.create(gpu, { software: { value: false } }), x, axes),
      ),
    });
    await both(blocks, rand([37, 41], { seed: 2, dtype: 'float32' }));
    await both(blocks, rand([3, 16, 33], { seed: 2 }).astype('int32'), [0, 2, 1]);
    await both(blocks, rand([2, 1, 20, 1, 5], { seed: 2, dtype: 'float32' }), [1, 0, 4, 3, 2]);
    await both(blocks, rand([4, 3, 5], { seed: 2, dtype: 'float32' }), [1, 0, 2]);
    await both(blocks, rand([4, 3, 5], { seed: 2, dtype: 'float32' }));
  });

  test('sum and norm of small whole numbers, along each axis and of all', async () => {
    const orders = fc.constantFrom<(number | undefined)[]>(undefined, 1, 2, inf, -inf);
    await fc.assert(
      fc.asyncProperty(floats, orders, fc.nat(4), async (x, order, at) => {
        const axis = x.dimension === 0 ? undefined : at % x.dimension;
        await both(sum, x);
        await both(sum, x, axis);
        const options: NormOptions = {
          ...(order !== undefined && { order }),
          ...(axis !== undefined && { axis }),
        };
        const [found, expected] = await Promise.all([on.runtime.spawn(norm, x, options), norm(x, options)]);
        close(found, expected, 1e-6);
      }),
      runs,
    );
  }, 60_000);

  test.each([[[100_003]], [[300, 333]], [[3, 1000, 5]]])(
    'sum and norm of random %j are within 1e-5 of float64',
    async (shape) => {
      const x = rand(shape, { seed: 3, dtype: 'float32' });
      for (const axis of [undefined, 0, shape.length - 1]) {
        const options = axis === undefined ? {} : { axis };
        close(await on.runtime.spawn(sum, x, axis), await sum(x.astype('float64'), axis), 1e-5);
        close(await on.runtime.spawn(norm, x, options), await norm(x.astype('float64'), options), 1e-5);
      }
    },
  );

  test('norm of numbers whose squares are too large or too small; of NaN and infinities', async () => {
    for (const list of [
      [3e30, 4e30],
      [3e-30, 4e-30],
      [0, 0],
      [inf, 1],
      [nan, inf],
      [1, -inf, -inf],
    ]) {
      const x = array(list, [list.length], 'float32');
      for (const order of [1, 2, inf, -inf]) {
        close(await on.runtime.spawn(norm, x, { order }), await norm(x, { order }), 1e-6);
      }
    }
  });

  test('argmax and topk, with equals and NaN', async () => {
    const cases = fc.tuple(arrays, fc.nat(4), fc.nat(5), fc.boolean());
    await fc.assert(
      fc.asyncProperty(cases, async ([x, at, atMost, withNan]) => {
        if (withNan && x.dtype === 'float32') x.data.fill(nan, 0, Math.floor(x.data.length / 3));
        await both(argmax, x);
        if (x.dimension === 0) return;
        const axis = at % x.dimension;
        await both(argmax, x, axis);
        await both(topk, x, Math.min(atMost, x.shape[axis]!), axis);
      }),
      runs,
    );
    const long = randn([3, 5000], { seed: 4, dtype: 'float32' });
    await both(argmax, long);
    await both(argmax, long, 1);
    await both(topk, long, 7);
    await both(topk, long, 200);
    await both(topk, long, 2, 0);
  }, 60_000);

  test('P3. of a chain only the last result is read back, and an array that it reads twice goes once', async () => {
    const moved = (from: string, to: string) => {
      const link = on.runtime.stats().transfers.find((one) => one.from === from && one.to === to);
      return [link?.moves ?? 0, link?.bytes ?? 0] as const;
    };
    const [readsBefore, readBefore] = moved('gpu:0', 'host');
    const [, sentBefore] = moved('host', 'gpu:0');
    const { spawn } = on.runtime;
    const x = on.runtime.tochunk(rand([20, 20], { seed: 5, dtype: 'float32' }));
    const chain = spawn(scale, spawn(add, spawn(matmul, spawn(matmul, x, x), x), x), 2);
    const found = await chain;
    const [reads, read] = moved('gpu:0', 'host');
    expect([reads - readsBefore, read - readBefore]).toEqual([1, 1600]);
    expect(moved('host', 'gpu:0')[1] - sentBefore).toBe(1600);
    const host = await x.fetch();
    const expected = await scale(await add(await matmul(await matmul(host, host), host), host), 2);
    close(found, expected, 1e-5);
  });

  test('of no elements', async () => {
    const empty = zeros([0, 3], 'float32');
    for (const operation of [add, sub, mul]) await both(operation, empty, empty);
    await both(transpose, empty);
    await both(sum, empty);
    await both(sum, empty, 0);
    await both(sum, empty, 1);
    await both(norm, empty);
    await both(topk, empty, 0, 0);
    await both(argmax, empty, 1);
  });

  test.each<[string, (...args: never[]) => Promise<unknown>, unknown[]]>([
    ['shapes', add, [zeros([2, 3], 'float32'), zeros([2], 'float32')]],
    ['types', sub, [zeros([2], 'float32'), zeros([2], 'int32')]],
    ['numbers', mul, [zeros([2], 'int32'), 0.5]],
    ['factors', scale, [zeros([2], 'float32'), zeros([2], 'float32')]],
    ['lists', add, [zeros([2], 'float32'), [1, 2]]],
    ['axes', sum, [zeros([2], 'float32'), 1]],
    ['orders of axes', transpose, [zeros([2, 3], 'float32'), [0, 0]]],
    ['nothing', argmax, [zeros([0], 'float32')]],
    ['too many', topk, [zeros([2], 'float32'), 3]],
    ['orders of matrices', norm, [zeros([2, 2], 'float32'), { order: 1 }]],
    ['norms of nothing', norm, [zeros([0], 'float32'), { order: inf }]],
    ['operands', elementwise, [formula((x, y) => x.add(y)), zeros([2], 'float32')]],
    ['operands that are lists', elementwise, [formula((x, y) => x.add(y)), zeros([2], 'float32'), [1, 2]]],
    ['formulas', elementwise, [{}, zeros([2], 'float32')]],
    ['constants', elementwise, [formula((x) => x.add(0.5)), zeros([2], 'int32')]],
  ])('refuses %s that do not fit with the errors of the host', async (_, operation, args) => {
    const error = await Reflect.apply(operation, undefined, args).catch((thrown: unknown) => thrown);
    const { name, message } = error as Error;
    await expect(on.runtime.spawn(operation, ...(args as never[]))).rejects.toMatchObject({
      cause: expect.objectContaining({ name, message }),
    });
  });

  test.each<[string, (...args: never[]) => Promise<unknown>, unknown[]]>([
    ['sums of int32, which are float64', sum, [zeros([2], 'int32')]],
    ['norms of other orders', norm, [zeros([2], 'float32'), { order: 3 }]],
    ['more than 256 largest', topk, [zeros([300], 'float32'), 257]],
    ['float64', add, [zeros([2]), 1]],
    [
      'formulas of more arrays than a kernel has bindings',
      elementwise,
      [many, ...Array(40).fill(zeros([2], 'float32'))],
    ],
    [
      'products of more than one array holds',
      matmul,
      [zeros([2 ** 19, 1], 'float32'), zeros([1, 2 ** 10], 'float32')],
    ],
    ['sums of more than one array holds', add, [zeros([2 ** 19, 1], 'float32'), zeros([2 ** 10], 'float32')]],
  ])('leaves %s to the CPU', async (_, operation, args) => {
    await expect(on.runtime.spawn(operation, ...(args as never[]))).rejects.toMatchObject({
      cause: expect.any(SchedulingError),
    });
  });
});

function plain(value: unknown): unknown {
  if (value instanceof NDArray) return { dtype: value.dtype, shape: value.shape, elements: [...value] };
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]));
}

/** Equal up to rounding; NaN and infinities equal themselves. */
function close(found: number | NDArray, expected: number | NDArray, tolerance: number): void {
  const [a, b] = [found, expected].map((one) => (typeof one === 'number' ? [one] : [...one])) as [
    number[],
    number[],
  ];
  expect(a.length).toBe(b.length);
  for (const [i, value] of a.entries()) {
    const wanted = b[i]!;
    if (Number.isFinite(wanted))
      expect(Math.abs(value - wanted)).toBeLessThanOrEqual(tolerance * Math.abs(wanted));
    else expect(value).toBe(wanted);
  }
}
