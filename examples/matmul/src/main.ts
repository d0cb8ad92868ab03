/**
 * Products of matrices as tasks: each result is checked, and its speed on all threads is set beside that on one.
 *
 *     npm start        in this folder; or `node examples/matmul/dist/main.js` at the root
 */
import { withProgress } from '@poniard/example-progress';
import { blasInfo, cpuThreads, createRuntime, matmul, type NDArray, type Runtime, rand } from 'poniard';
import { check } from './check.js';

type Floats = NDArray<'float32' | 'float64'>;

/** The best of so many counts, or of those that fit in a second. */
const ROUNDS = 5;

/** One product on a runtime: the last result, and the shortest time in seconds. */
async function multiply(
  { spawn }: Runtime,
  x: Floats,
  y: Floats,
  onProduct: () => void,
): Promise<{ product: Floats; seconds: number }> {
  let product = await spawn(matmul, x, y); // the first one loads the library
  let seconds = Number.POSITIVE_INFINITY;
  for (let [round, spent] = [0, 0]; round < ROUNDS && spent < 1; round++) {
    const began = performance.now();
    product = await spawn(matmul, x, y);
    const took = (performance.now() - began) / 1000;
    seconds = Math.min(seconds, took);
    spent += took;
    onProduct();
  }
  return { product, seconds };
}

await using all = createRuntime({ plugins: [cpuThreads()] });
await using one = createRuntime({ plugins: [cpuThreads({ threads: 1 })] });
const threads = all.processors().filter(({ kind }) => kind === 'thread').length;
const { provider, library } = await all.spawn(blasInfo);
console.log(`${library} (${provider}), ${threads} threads\n`);
console.log('product            all threads         one thread          largest error');

for (const [size, dtype] of [
  [400, 'float64'],
  [1024, 'float64'],
  [2048, 'float32'],
] as const) {
  const x = rand([size, size], { dtype, seed: 1 });
  const y = rand([size, size], { dtype, seed: 2 });
  const [many, single] = await withProgress(`${size}² ${dtype}`, 'products', async (onProgress) => {
    let done = 0;
    const onProduct = (): void => onProgress(++done, 2 * ROUNDS);
    return [await multiply(all, x, y, onProduct), await multiply(one, x, y, onProduct)] as const;
  });
  const error = Math.max(check(many.product, x, y), check(single.product, x, y));
  const speed = ({ seconds }: { seconds: number }) =>
    `${(seconds * 1000).toFixed(1).padStart(7)} ms ${((2 * size ** 3) / seconds / 1e9).toFixed(0).padStart(4)} GFLOP/s`;
  const name = `${size}² ${dtype}`.padEnd(15);
  const times = (single.seconds / many.seconds).toFixed(2);
  console.log(`${name} ${speed(many)} ${speed(single)}   ${error.toExponential(1)}   × ${times}`);
}
