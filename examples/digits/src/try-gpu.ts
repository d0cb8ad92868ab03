/** @file Makes a GPU known to the scheduler before the clock starts. */
import { matmul, type PlacementReport, processorTypeScope, type Runtime, zeros } from 'poniard';
import { type Images, PIXELS } from './images.js';

/**
 * Multiplies matrices as large as the graph's on the threads and on the GPU, which compiles its shader for that. From then on the
 * scheduler knows what a product takes on each; the report tells it, of one more product before it is placed.
 *
 * @throws Error if the products differ: whole numbers as small as the images' have no rounding that could excuse it.
 */
export async function tryGpu(runtime: Runtime, rows: number, known: number): Promise<PlacementReport> {
  const { spawn } = runtime;
  const [x, y] = [wholeNumbers(rows), wholeNumbers(known)];
  const product = (kind: string) =>
    spawn.with({ scope: processorTypeScope(kind) }, matmul, x, y, { transposeB: true });
  const onThreads = await product('thread');
  const onGpu = await product('webgpu');
  if (onThreads.data.some((value, at) => value !== onGpu.data[at]))
    throw new Error('the GPU and the threads do not agree on a product');
  const another = spawn(matmul, x, y, { transposeB: true });
  const report = runtime.explain(another);
  await another;
  return report;
}

/** Like pixels, from −128 to 127. */
function wholeNumbers(rows: number): Images {
  const images = zeros([rows, PIXELS], 'float32');
  // 97 has no factor in common with 256.
  for (let at = 0; at < images.size; at++) images.data[at] = ((97 * at) % 256) - 128;
  return images;
}
