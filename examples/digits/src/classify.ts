/** @file The graph. It is spawned at once, before any file is read; the scheduler does the rest. */
import { type Images, label, type Labels, load, block, stack } from './images.js';
import { matmul, type Runtime } from 'poniard';
import { confusion, squaredNorms, vote } from './neighbours.js';

/** The test images are taken in so many blocks. Each makes a product of 125 × 8,000 here. */
const BLOCKS = 16;

export interface Result {
  /** `[digit][guess]`. */
  readonly confusion: readonly (readonly number[])[];
  readonly guesses: readonly number[];
  readonly images: Images;
  readonly labels: Labels;
}

export async function classify(runtime: Runtime, paths: readonly string[], k: number): Promise<Result> {
  const { spawn } = runtime;
  const files = paths.map((path) => spawn(load, path));
  const known = spawn(stack, 'training', ...files);
  const knownLabels = spawn(label, 'training', ...files);
  const norms = spawn(squaredNorms, known);
  const unknown = spawn(stack, 'testing', ...files);
  const labels = spawn(label, 'testing', ...files);
  const guesses = Array.from({ length: BLOCKS }, (_, index) => {
    const rows = spawn(block, unknown, index, BLOCKS);
    const products = spawn(matmul, rows, known, { transposeB: true });
    return spawn(vote, products, norms, knownLabels, k);
  });
  const matrix = spawn(confusion, labels, ...guesses);
  return {
    confusion: await matrix,
    guesses: (await Promise.all(guesses)).flatMap((some) => [...some.data]),
    images: await unknown,
    labels: await labels,
  };
}
