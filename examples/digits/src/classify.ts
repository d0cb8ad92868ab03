/** @file The graph of tasks, and one timed run of it. */
import type { OnProgress } from '@poniard/example-progress';
import {
  type BlasInfo,
  blasInfo,
  cpuThreads,
  createRuntime,
  exactScope,
  matmul,
  type PlacementReport,
  processorTypeScope,
  type Runtime,
  webgpu,
} from 'poniard';
import { block, type Images, type Labels, label, load, stack } from './images.js';
import { confusion, squaredNorms, vote } from './neighbours.js';
import { Timeline } from './timeline.js';
import { tryGpu } from './try-gpu.js';

/** The test images are taken in so many blocks; each makes a product of 125 × 8,000. */
const BLOCKS = 16;
const [TESTING, TRAINING] = [2000, 8000];

export interface Answers {
  /** `[digit][guess]`: how often. */
  readonly confusion: readonly (readonly number[])[];
  readonly guesses: readonly number[];
  readonly images: Images;
  readonly labels: Labels;
}

export interface Run extends Answers {
  readonly seconds: number;
  readonly timeline: Timeline;
  readonly blas: BlasInfo;
  /** What a product costs on each processor; only with a GPU. */
  readonly productCosts?: PlacementReport | undefined;
}

/**
 * The graph: spawned at once, before any file is read. A task as an argument is what the new one waits for; what need not
 * wait for one another runs at the same time.
 */
async function classify({ spawn }: Runtime, paths: readonly string[], k: number): Promise<Answers> {
  const files = paths.map((path) => spawn(load, path));
  const known = spawn(stack, 'training', ...files);
  const knownLabels = spawn(label, 'training', ...files);
  const norms = spawn(squaredNorms, known);
  const images = spawn(stack, 'testing', ...files);
  const labels = spawn(label, 'testing', ...files);
  const guesses = Array.from({ length: BLOCKS }, (_, index) => {
    const rows = spawn(block, images, index, BLOCKS);
    const products = spawn(matmul, rows, known, { transposeB: true });
    return spawn(vote, products, norms, knownLabels, k);
  });
  const matrix = spawn(confusion, labels, ...guesses);
  return {
    confusion: await matrix,
    guesses: (await Promise.all(guesses)).flatMap((some) => [...some.data]),
    images: await images,
    labels: await labels,
  };
}

/**
 * Runs the graph on a runtime of its own. The clock starts when the threads have started and found their BLAS, and the GPU has
 * its shader. `gpu`: an adapter, or none.
 */
export async function run(
  threads: number,
  gpu: string | undefined,
  paths: readonly string[],
  k: number,
  onProgress: OnProgress,
): Promise<Run> {
  await using runtime = createRuntime({
    plugins: [cpuThreads({ threads }), ...(gpu === undefined ? [] : [webgpu({ adapter: gpu })])],
  });
  const processors = runtime.processors(processorTypeScope('thread'));
  const [blas] = await Promise.all(
    processors.map((processor) => runtime.spawn.with({ scope: exactScope(processor) }, blasInfo)),
  );
  if (gpu !== undefined) await runtime.ready();
  const productCosts = gpu === undefined ? undefined : await tryGpu(runtime, TESTING / BLOCKS, TRAINING);
  const timeline = new Timeline(runtime);
  let [done, all] = [0, 0];
  runtime.subscribe(({ type }) => {
    if (type === 'task:spawn') all++;
    else if (type === 'task:finish') onProgress(++done, all);
  });
  const began = performance.now();
  const answers = await classify(runtime, paths, k);
  const seconds = (performance.now() - began) / 1000;
  timeline.end();
  return { ...answers, seconds, timeline, blas: blas!, productCosts };
}
