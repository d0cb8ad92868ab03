/** @file The job of the products on a GPU: a chain of them on resident matrices, whose last result is read back. */
import { checkProduct, type Floats, fillMatrix, gigaflops, square } from './matrices.js';
import { count, type Job, timed } from './rival.js';

/** A matrix in a library's own form, on the GPU. */
export interface Resident<M> {
  upload(data: Float32Array, n: number): Promise<M>;
  /** x·y, on the GPU. */
  multiply(x: M, y: M, n: number): M | Promise<M>;
  read(x: M): PromiseLike<Floats>;
  /** It is not needed any more. */
  free(x: M): void;
}

/**
 * Parameters `n` and `links`: p ← x·p, `links` times, and p read back. Its figure is GFLOP/s, or TFLOP/s where `unit` says so.
 * A chain, since what nobody needs a library may leave undone.
 */
export function chainJob<M>(library: Resident<M>): Job {
  const prepared = new Map<number, Promise<{ x: M; y: M }>>();
  return async (params) => {
    const [n, links] = [count(params, 'n'), count(params, 'links')];
    let operands = prepared.get(n);
    if (operands === undefined) {
      operands = prepare(library, n);
      prepared.set(n, operands);
    }
    const { x, y } = await operands;
    let sum = 0;
    const ms = await timed(async () => {
      let p = await library.multiply(x, y, n);
      for (let link = 1; link < links; link++) {
        const next = await library.multiply(x, p, n);
        library.free(p);
        p = next;
      }
      const data = await library.read(p);
      library.free(p);
      sum = data[0] as number;
    });
    if (!(Math.abs(sum - 1) < 1e-3)) throw new Error(`element 0 of the last product is ${sum} instead of 1`);
    return gigaflops(n, ms / links) / (params['unit'] === 'TFLOP/s' ? 1000 : 1);
  };
}

/** Checks one product, and gives what the chain multiplies: each row of x adds up to 1, and all of y is 1. */
async function prepare<M>(library: Resident<M>, n: number): Promise<{ x: M; y: M }> {
  const [a, b] = [fillMatrix(square('f32', n), 1), fillMatrix(square('f32', n), 2)] as Float32Array[];
  const [x, y] = [await library.upload(a as Float32Array, n), await library.upload(b as Float32Array, n)];
  const product = await library.multiply(x, y, n);
  checkProduct(await library.read(product), a as Floats, b as Floats, n);
  for (const one of [x, y, product]) library.free(one);
  return {
    x: await library.upload(new Float32Array(n * n).fill(1 / n), n),
    y: await library.upload(new Float32Array(n * n).fill(1), n),
  };
}
