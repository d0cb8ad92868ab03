/** @file The matmul job over any function that multiplies two square matrices on ordinary memory. */
import { checkProduct, type DType, dtypeOf, type Floats, fillMatrix, gigaflops, square } from './matrices.js';
import { count, type Job, type Params, text, timed } from './rival.js';

/** Prepares a product once (a session, say); what it gives back runs the product and is what is timed. */
export type Prepare = (a: Floats, b: Floats, n: number, dtype: DType) => Promise<() => PromiseLike<Floats>>;

/** A job with the parameters `n`, `dtype` and `repeats`; its figure is GFLOP/s. */
export function matmulJob(prepare: Prepare): Job {
  const prepared = new Map<string, Promise<() => PromiseLike<Floats>>>();
  return async (params: Params) => {
    const n = count(params, 'n');
    const repeats = count(params, 'repeats');
    const dtype = dtypeOf(text(params, 'dtype'));
    const key = `${dtype} ${n}`;
    let product = prepared.get(key);
    if (product === undefined) {
      const a = fillMatrix(square(dtype, n), 1);
      const b = fillMatrix(square(dtype, n), 2);
      product = prepare(a, b, n, dtype);
      prepared.set(key, product);
      checkProduct(await (await product)(), a, b, n);
    }
    const multiply = await product;
    const ms = await timed(async () => {
      for (let i = 0; i < repeats; i++) await multiply();
    });
    return gigaflops(n, ms / repeats);
  };
}
