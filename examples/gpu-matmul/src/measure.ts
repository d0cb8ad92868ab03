/** @file One size: where products go when nobody says, and what they take on each side. */
import type { OnProgress } from '@poniard/example-progress';
import { matmul, type NDArray, processorTypeScope, type Runtime, rand } from 'poniard';
import { check } from './check.js';

export interface Row {
  readonly size: number;
  /** Milliseconds from spawn to the result on the host, inputs brought there included: on all threads, and on the GPU. */
  readonly threads: number;
  readonly gpu: number;
  /** Where each of the products went that was placed freely: `T`, `G`, or `*` where it was tried on both at once. */
  readonly placed: string;
}

/** So many products are placed freely. */
const FREE = 8;
/** So many are forced to each side, in turn; the median counts. */
const FORCED = 5;

/**
 * `free` has learnt only from products that were placed freely; the forced ones run elsewhere, so that they teach it nothing.
 *
 * @throws Error when a product is wrong.
 */
export async function measure(
  free: Runtime,
  forced: Runtime,
  size: number,
  onProgress: OnProgress,
): Promise<Row> {
  let done = 0;
  const product = (): void => onProgress(++done, FREE + 2 * (FORCED + 1));
  const x = rand([size, size], { dtype: 'float32', seed: 1 });
  const y = rand([size, size], { dtype: 'float32', seed: 2 });
  const placed = await placedFreely(free, x, y, product);
  const times = { thread: [] as number[], webgpu: [] as number[] };
  for (let round = 0; round <= FORCED; round++)
    for (const kind of ['thread', 'webgpu'] as const) {
      const began = performance.now();
      const made = await forced.spawn.with({ scope: processorTypeScope(kind) }, matmul, x, y);
      times[kind].push(performance.now() - began);
      if (round === 0) check(made, x, y);
      product();
    }
  return { size, threads: median(times.thread.slice(1)), gpu: median(times.webgpu.slice(1)), placed };
}

type Matrix = NDArray<'float32'>;

async function placedFreely(runtime: Runtime, x: Matrix, y: Matrix, onEach: () => void): Promise<string> {
  let places = '';
  for (let round = 0; round < FREE; round++) {
    let place = '';
    // A product that is cut for the threads answers by its blocks, whose name begins with its own.
    const stop = runtime.subscribe(({ type, name, processor }) => {
      if (!name?.startsWith(matmul.name)) return;
      if (type === 'task:race') place = '*';
      if (type === 'task:answer') place ||= processor?.startsWith('gpu') ? 'G' : 'T';
    });
    const product = await runtime.spawn(matmul, x, y);
    stop();
    if (round === 0) check(product, x, y);
    places += place;
    onEach();
  }
  return places;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
