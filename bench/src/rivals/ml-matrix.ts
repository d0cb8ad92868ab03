/** @file ml-matrix: plain JavaScript loops on one thread, for scale. */
import { Matrix } from 'ml-matrix';
import { checkProduct, fillMatrix, gigaflops, square } from './matrices.js';
import { count, packageVersion, type Rival } from './rival.js';

/** Its rows are separate arrays, so the matrices are made for it and the check reads it row by row. */
export async function createRival(): Promise<Rival> {
  return {
    version: await packageVersion('ml-matrix', import.meta.resolve('ml-matrix')),
    settings: 'Matrix.mmul, float64, one thread',
    jobs: {
      async matmul(params) {
        const n = count(params, 'n');
        const a = fillMatrix(square('f64', n), 1);
        const b = fillMatrix(square('f64', n), 2);
        const x = Matrix.from1DArray(n, n, a);
        const y = Matrix.from1DArray(n, n, b);
        const start = performance.now();
        const z = x.mmul(y);
        const ms = performance.now() - start;
        checkProduct(z.to1DArray(), a, b, n);
        return gigaflops(n, ms);
      },
    },
    close: async () => {},
  };
}
