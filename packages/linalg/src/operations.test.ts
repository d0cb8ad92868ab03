import { createRuntime, originOf, type Runtime } from '@poniard/core';
import {
  add,
  argmax,
  array,
  blasInfo,
  elementwise,
  formula,
  fromFunction,
  isClose,
  matmul,
  NDArray,
  norm,
  ones,
  rand,
  randn,
  sum,
  topk,
  transpose,
  zeros,
} from '@poniard/linalg';
import { cpuThreads } from '@poniard/proc-cpu';
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';

let runtime: Runtime;

beforeAll(() => {
  runtime = createRuntime({ plugins: [cpuThreads({ threads: 2 })] });
});

afterAll(() => runtime.close());

describe('on threads', () => {
  test('S7. a spawned product of two random 400 × 400 matrices equals the plain product', async () => {
    const x = rand([400, 400], { seed: 1 });
    const y = rand([400, 400], { seed: 2 });
    const z = await runtime.spawn(matmul, x, y);
    const columns = Array.from({ length: 400 }, (_, j) => [...y.slice(null, j)]);
    const row = [...x.slice(399)];
    const last = columns.map((column) => column.reduce((total, value, i) => total + value * row[i]!, 0));
    expect(await isClose(z.slice(399), array(last), { rtol: 1e-12 })).toBe(true);
    expect(await isClose(z, await matmul(x, y))).toBe(true);
  });

  test('a large product is cut, and is right', async () => {
    const x = rand([700, 500], { dtype: 'float32', seed: 3 });
    const before = runtime.stats().tasks.finished;
    const z = await runtime.spawn(matmul, x, x, { transposeB: true });
    expect(runtime.stats().tasks.finished - before).toBeGreaterThan(1);
    expect(await isClose(z, await matmul(x, x.T))).toBe(true);
  });

  test.each([10, 500])('a product of %i² is written to out, which the caller has', async (n) => {
    const x = rand([n, n], { seed: 3 });
    const out = zeros([n, n]);
    for (const factor of [x, x.T]) {
      const z = await runtime.spawn(matmul, x, factor, { out });
      expect(z.data.buffer).toBe(out.data.buffer);
      expect(await isClose(out, await matmul(x, factor))).toBe(true);
    }
  });

  test('results are arrays on shared memory, and go on to other tasks', async () => {
    const { spawn } = runtime;
    const x = spawn(rand, [30, 20], { seed: 4 });
    const product = spawn(matmul, spawn(transpose, x), x);
    const shifted = spawn(add, product, 1);
    const { values } = await spawn(topk, shifted, 3);
    const z = await shifted;
    expect(z).toBeInstanceOf(NDArray);
    expect(z.data.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(values.get(0, 0)).toBe(Math.max(...z.slice(0)));
    expect(await spawn(sum, shifted)).toBeCloseTo(await sum(z), 9);
    expect(await spawn(argmax, shifted)).toBe(await argmax(z));
    expect(await spawn(norm, shifted)).toBeCloseTo(await norm(z), 9);
  });

  test('C3. a worker reads the elements that the caller has', async () => {
    const x = zeros([300, 300]);
    const first = (given: NDArray) => given.get(0, 0);
    expect(await runtime.spawn(first, x)).toBe(0);
    x.data[0] = 7;
    expect(await runtime.spawn(first, x)).toBe(7);
  });

  test('a product that does not fit fails the task with the reason', async () => {
    const failing = runtime.spawn(matmul, zeros([2, 3]), zeros([2, 3]));
    await expect(failing).rejects.toMatchObject({
      cause: expect.objectContaining({
        name: 'RangeError',
        message: expect.stringContaining('3 columns meet 2 rows'),
      }),
    });
  });

  test('a product on a thread keeps to one thread', async () => {
    expect(await runtime.spawn(blasInfo)).toMatchObject({ threads: 1 });
  });
});

test('every function says which export of the module for workers it is', async () => {
  for (const fn of [array, blasInfo, fromFunction, ones, rand, randn, zeros]) {
    const origin = originOf(fn);
    if (origin?.kind !== 'module') throw new Error(`${fn.name} is not marked`);
    const module = (await import(origin.module)) as Record<string, unknown>;
    expect(module[origin.path]).toBe(fn);
  }
});

test('types follow from the arguments, through spawn as well', async () => {
  const x = zeros([2, 2], 'float32');
  const { spawn } = runtime;
  expectTypeOf(await matmul(x, x)).toEqualTypeOf<NDArray<'float32'>>();
  expectTypeOf(await sum(x)).toEqualTypeOf<number>();
  expectTypeOf(await sum(x, 0)).toEqualTypeOf<NDArray<'float32'>>();
  expectTypeOf(await norm(x, { axis: 1 })).toEqualTypeOf<NDArray<'float32'>>();
  const product = spawn(matmul, x, x, { transposeA: true });
  expectTypeOf(await spawn(matmul, product, x)).toEqualTypeOf<NDArray<'float32'>>();
  expectTypeOf(await spawn(sum, product)).toEqualTypeOf<number>();
  const axpy = formula((a, b) => a.scale(2).add(b));
  expectTypeOf(await spawn(elementwise, axpy, product, 1)).toEqualTypeOf<NDArray<'float32'>>();
  expectTypeOf(await matmul(zeros([2, 2]), zeros([2, 2]), { precision: 'single' })).toEqualTypeOf<
    NDArray<'float32'>
  >();
  expectTypeOf(await spawn(argmax, product, 0)).toEqualTypeOf<NDArray<'int32'>>();
  expectTypeOf((await spawn(topk, product, 1)).values).toEqualTypeOf<NDArray<'float32'>>();
  expect((await product).shape).toEqual([2, 2]);
});
