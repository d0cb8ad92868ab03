/** @file Matrices through tasks: the introduction's second example. */
import { isClose, matmul, type NDArray, rand } from '@poniard/linalg';
import { describe, expect, it } from 'vitest';
import { run } from './programs.js';
import { type Kind, suiteRuntime } from './runtimes.js';

/** By the definition, entry for entry. */
function product(x: NDArray, y: NDArray): Float64Array {
  const [rows, inner, columns] = [x.shape[0]!, x.shape[1]!, y.shape[1]!];
  const z = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < inner; k++) {
      const factor = x.data[i * inner + k] as number;
      for (let j = 0; j < columns; j++) z[i * columns + j]! += factor * (y.data[k * columns + j] as number);
    }
  }
  return z;
}

describe.each<Kind>(['threads', 'inline'])('matrices on %s', (kind) => {
  const runtime = suiteRuntime(kind);

  it('S7. a product of two random 400×400 matrices equals the plain product', async () => {
    const x = rand([400, 400], { dtype: 'float64', seed: 1 });
    const y = rand([400, 400], { dtype: 'float64', seed: 2 });
    const z = await runtime.spawn(matmul, x, y);
    expect(z.shape).toEqual([400, 400]);
    const expected = product(x, y);
    let worst = 0;
    for (let i = 0; i < expected.length; i++) {
      worst = Math.max(worst, Math.abs((z.data[i] as number) - expected[i]!) / expected[i]!);
    }
    expect(worst).toBeLessThan(1e-10);
  });

  it('S2. C3. products of products, of which each is on shared memory', async () => {
    const [a, b, c] = [1, 2, 3].map((seed) => rand([30, 30], { dtype: 'float64', seed })) as [
      NDArray,
      NDArray,
      NDArray,
    ];
    const left = runtime.spawn(matmul, runtime.spawn(matmul, a, b), c);
    const right = runtime.spawn(matmul, a, runtime.spawn(matmul, b, c));
    const [x, y] = await Promise.all([left, right]);
    expect(x.data.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(await isClose(x, y)).toBe(true);
  });

  it('C3. a matrix keeps its geometry and its memory on all ways, also one that a task makes', async () => {
    const make = async (rows: number, columns: number): Promise<NDArray> => {
      const { fromFunction } = await import('@poniard/linalg');
      return fromFunction([rows, columns], (i, j) => 10 * i + j);
    };
    const corner = (of: NDArray): NDArray => of.slice([1, 3], [0, 2]).T;
    const raise = (of: NDArray): NDArray => {
      of.set(0, 0, of.get(0, 0) + 100);
      return of;
    };
    const made = runtime.spawn(make, 4, 5);
    const part = runtime.spawn(corner, made);
    expect((await part).toNested()).toEqual([
      [10, 20],
      [11, 21],
    ]);
    const raised = await runtime.spawn(raise, runtime.spawn(corner, await made));
    expect(raised.toNested()).toEqual([
      [110, 20],
      [11, 21],
    ]);
    expect((await made).get(1, 0)).toBe(110);
    expect(raised.data.buffer).toBe((await made).data.buffer);
  });

  it('S9. a product inside a task, whose implementation for GPUs cannot leave its thread', async () => {
    const x = rand([8, 8], { dtype: 'float32', seed: 1 });
    const squared = async (of: NDArray<'float32'>) => {
      const { currentRuntime } = await import('@poniard/core');
      const { matmul: inner } = await import('@poniard/linalg');
      return currentRuntime().spawn(inner, of, of);
    };
    expect(await isClose(await runtime.spawn(squared, x), await matmul(x, x))).toBe(true);
  });

  it('E2. matrices that do not fit are an error of the task', async () => {
    const task = runtime.spawn(matmul, rand([2, 3], { seed: 1 }), rand([2, 3], { seed: 2 }));
    await expect(task.fetch()).rejects.toThrow(/3/);
  });
});

describe('where no library multiplies', () => {
  it("one warning says what to install, for products of the introduction's size on all threads of a process", async () => {
    const hook = new URL('./fixtures/programs/without-blas.mjs', import.meta.url).href;
    const { code, errors } = await run('slow-products.mjs', [], ['--import', hook]);
    expect(code).toBe(0);
    expect(errors.match(/PONIARD_SLOW_BLAS/g)).toHaveLength(1);
    expect(errors).toMatch(/install a BLAS library .*onnxruntime-node/);
  });
});
