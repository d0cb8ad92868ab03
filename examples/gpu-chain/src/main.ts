/**
 * (x·y)·z + w, on the GPU and on the CPU. What moved is counted from the runtime's events: the four matrices go to the GPU,
 * the result comes back, and what is in between stays there.
 *
 *     npm start -- --gpu software        in this folder
 */
import { parseArgs } from 'node:util';
import { cpuThreads, createRuntime, type GpuInfo, gpuInfo, rand, webgpu } from 'poniard';
import { chain, type Move, type Run } from './chain.js';
import { check } from './check.js';

const { values: options } = parseArgs({
  options: {
    /** An adapter, as `webgpu()` takes it, or `none`. */
    gpu: { type: 'string', default: 'high-performance' },
    small: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const { reason: noGpu, software = true }: Partial<GpuInfo> =
  options.gpu === 'none' ? { reason: 'it is not wanted' } : await gpuInfo(options.gpu);
/** Rows and columns of each matrix. */
const size = options.small ? 128 : software ? 512 : 2048;

await using runtime = createRuntime({
  debug: true, // `explain` then tells what was known when a task was placed
  plugins: [cpuThreads(), ...(noGpu === undefined ? [webgpu({ adapter: options.gpu })] : [])],
});
await runtime.ready();
const matrix = (seed: number) => rand([size, size], { dtype: 'float32', seed });
const matrices = [matrix(1), matrix(2), matrix(3), matrix(4)] as const;

/** The second of two runs: the first compiles shaders and loads libraries. */
async function measure(kind: string): Promise<Run & { error: number }> {
  await chain(runtime, kind, ...matrices);
  const run = await chain(runtime, kind, ...matrices);
  return { ...run, error: check(run.result, ...matrices) };
}
const onCpu = await measure('thread');
const onGpu = noGpu === undefined ? await measure('webgpu') : undefined;

/** The least: the four matrices there, the result back. */
const matrixBytes = 4 * size ** 2;
const least = { uploads: 4 * matrixBytes, readBack: matrixBytes };
const sum = (moves: readonly Move[]) => moves.reduce((bytes, move) => bytes + move.bytes, 0);

if (options.json) {
  const figures = (run: Run & { error: number }) => ({
    seconds: run.seconds,
    error: run.error,
    moves: run.moves,
    processor: runtime.explain(run.last).processor,
  });
  console.log(
    JSON.stringify({ size, least, cpu: figures(onCpu), gpu: onGpu && figures(onGpu), noGpu }, undefined, 2),
  );
} else {
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1).padStart(6)} MB`;
  const line = (name: string, { seconds, error, moves }: Run & { error: number }) =>
    `${name}   ${(1000 * seconds).toFixed(1).padStart(8)} ms   moved ${megabytes(sum(moves))}   largest error ${error.toExponential(1)}`;
  console.log(`(x·y)·z + w, each ${size} × ${size} float32: ${megabytes(matrixBytes).trim()}\n`);
  console.log(line('CPU', onCpu));
  if (onGpu === undefined) console.log(`No GPU is used: ${noGpu}.`);
  else {
    console.log(line('GPU', onGpu));
    for (const { way, task, bytes } of onGpu.moves)
      console.log(`      ${way}  ${megabytes(bytes)}   for ${task}`);
    console.log(
      `least possible    ${megabytes(least.uploads + least.readBack)}   x, y, z and w there, the result back`,
    );
  }
  console.log(`\n${runtime.explain((onGpu ?? onCpu).last)}`);
}
if (onGpu !== undefined && sum(onGpu.moves) > least.uploads + least.readBack)
  throw new Error(`${sum(onGpu.moves)} bytes moved instead of ${least.uploads + least.readBack}`);
