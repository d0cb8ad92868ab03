/**
 * The Mandelbrot set, tile by tile: each tile is a task of one kernel, which the scheduler sends to a CPU thread or to the
 * GPU, whichever is expected to be done first; and a task that paints it.
 *
 *     npm start -- --gpu software        in this folder
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { withProgress } from '@poniard/example-progress';
import { cpuThreads, createRuntime, gpuInfo, processorTypeScope, webgpu } from 'poniard';
import { encodePng } from './png.js';
import { MOST, mandelbrot, paint, TILE } from './tiles.js';

const { values: options } = parseArgs({
  options: {
    /** An adapter, as `webgpu()` takes it, or `none`. */
    gpu: { type: 'string', default: 'high-performance' },
    out: { type: 'string', default: 'mandelbrot.png' },
    small: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const [columns, rows] = options.small ? [6, 4] : [16, 12];
const [width, height] = [columns * TILE, rows * TILE];
const pixel = 3.2 / width;
const [left, top] = [-2.3, (pixel * height) / 2];

const noGpu = options.gpu === 'none' ? 'it is not wanted' : (await gpuInfo(options.gpu)).reason;
await using runtime = createRuntime({
  plugins: [cpuThreads(), ...(noGpu === undefined ? [webgpu({ adapter: options.gpu })] : [])],
});
await runtime.ready();
const { spawn } = runtime;

// Both kinds have then run the kernel, which a GPU compiles the first time, and it is known how long it takes on each.
const agreement = noGpu === undefined ? await compare() : undefined;

const began = performance.now();
const tiles = Array.from({ length: columns * rows }, (_, at) => {
  const [column, row] = [at % columns, Math.floor(at / columns)];
  const counts = spawn(mandelbrot, ...placeOf(column, row));
  return { column, row, counts, colours: spawn(paint, counts, MOST) };
});
const rgb = new Uint8Array(3 * width * height);
await withProgress('computing', 'tiles', async (onProgress) => {
  for (const [at, { column, row, colours }] of tiles.entries()) {
    const tile = await colours;
    for (let y = 0; y < TILE; y++)
      rgb.set(
        tile.subarray(3 * TILE * y, 3 * TILE * (y + 1)),
        3 * ((row * TILE + y) * width + column * TILE),
      );
    onProgress(at + 1, tiles.length);
  }
});
const seconds = (performance.now() - began) / 1000;
await writeFile(options.out, encodePng(width, height, rgb));

const processors = tiles.map(({ counts }) => runtime.explain(counts).processor!);
const byProcessor: Record<string, number> = {};
for (const id of processors.toSorted()) byProcessor[id] = (byProcessor[id] ?? 0) + 1;

if (options.json) {
  console.log(JSON.stringify({ width, height, tiles: tiles.length, byProcessor, agreement, seconds, noGpu }));
} else {
  if (noGpu !== undefined) console.log(`No GPU is used: ${noGpu}.\n`);
  // A letter for each processor: C for CPUs, G for GPUs, small from the second of its kind on.
  const letters = new Map(Object.keys(byProcessor).map((id) => [id, letter(id)]));
  for (let row = 0; row < rows; row++)
    console.log(
      `  ${processors
        .slice(row * columns, (row + 1) * columns)
        .map((id) => letters.get(id))
        .join(' ')}`,
    );
  console.log();
  for (const [id, count] of Object.entries(byProcessor))
    console.log(`  ${letters.get(id)}  ${id.padEnd(6)} ${String(count).padStart(4)} tiles`);
  console.log(`\n${width} × ${height} pixels in ${seconds.toFixed(2)} s: ${options.out}`);
  if (agreement !== undefined)
    console.log(`One tile by both kinds: ${(100 * agreement).toFixed(1)} % of its pixels are the same.`);
}

/** What the kernel is told of a tile: its corner, and the width of a pixel. */
function placeOf(column: number, row: number): [left: number, top: number, pixel: number] {
  return [left + column * TILE * pixel, top - row * TILE * pixel, pixel];
}

/** The share of the pixels of a tile at the edge of the set that come out the same on both kinds of processor. */
async function compare(): Promise<number> {
  const place = placeOf(Math.floor(columns / 2), Math.floor(rows / 4));
  const [here, there] = await Promise.all(
    ['thread', 'webgpu'].map((kind) => spawn.with({ scope: processorTypeScope(kind) }, mandelbrot, ...place)),
  );
  const [a, b] = [here!.data, there!.data];
  // Of points beside the set, rounding to float32 decides when they escape.
  const same = a.filter((steps, at) => Math.abs(steps - b[at]!) < 0.05).length / a.length;
  if (same < 0.9)
    throw new Error(`of a tile's pixels only ${100 * same} % are the same on the CPU and the GPU`);
  return same;
}

function letter(id: string): string {
  const [kind = '', number] = id.split(':');
  const first = kind.slice(0, 1);
  return number === '0' ? first.toUpperCase() : first;
}
