/**
 * Products of growing size, first placed freely and then forced to each side: where they went, what each side takes, and
 * from which size on the GPU is faster.
 *
 *     npm start -- --gpu software        in this folder
 */
import { parseArgs } from 'node:util';
import { withProgress } from '@poniard/example-progress';
import { blasInfo, cpuThreads, createRuntime, gpuInfo, webgpu } from 'poniard';
import { conclusion, crossover, heading, LEGEND, lineOf } from './chart.js';
import { measure, type Row } from './measure.js';

const { values: options } = parseArgs({
  options: {
    /** An adapter, as `webgpu()` takes it. */
    gpu: { type: 'string', default: 'high-performance' },
    small: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const [smallest, largest] = [16, options.small ? 128 : 4096];
/** No larger size is measured once a product takes so many ms on one of the sides, which a GPU in software does soon. */
const LONG = 200;

const { name: gpu, reason: noGpu } = await gpuInfo(options.gpu);
const print = options.json ? () => {} : console.log;
const rows: Row[] = [];
if (noGpu === undefined) {
  const plugins = () => [cpuThreads(), webgpu({ adapter: options.gpu })];
  await using free = createRuntime({ plugins: plugins() });
  await using forced = createRuntime({ plugins: plugins() });
  await Promise.all([free.ready(), forced.ready()]);
  const { library } = await free.spawn(blasInfo);
  const threads = free.processors().filter(({ kind }) => kind === 'thread').length;
  print(`threads: ${threads} with ${library}\nGPU: ${gpu}\n\n${heading()}`);
  for (let size = smallest; size <= largest; size *= 2) {
    const row = await withProgress(`${size}²`, 'products', (onProgress) =>
      measure(free, forced, size, onProgress),
    );
    rows.push(row);
    print(lineOf(row));
    if (Math.max(row.threads, row.gpu) > LONG) break;
  }
  print(`\n${LEGEND}\n\n${conclusion(rows)}`);
} else print(`There is nothing to compare: ${noGpu}.`);
if (options.json) console.log(JSON.stringify({ gpu, noGpu, rows, crossover: crossover(rows) }));
