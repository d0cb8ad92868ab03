/**
 * Handwritten digits, classified by their nearest neighbours as a graph of tasks; `--help` lists the options.
 *
 *     npm start -- --k 3        at the root
 */
import { fileURLToPath } from 'node:url';
import { withProgress } from '@poniard/example-progress';
import { type GpuInfo, gpuInfo } from 'poniard';
import { run } from './classify.js';
import { HELP, type Options, readOptions, UsageError } from './options.js';
import { figuresOf, reportOf } from './report.js';

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) console.log(HELP);
  else await main(options);
} catch (error) {
  const usage = error instanceof UsageError;
  console.error(usage ? `${error.message}\n\n${HELP}` : error);
  process.exitCode = usage ? 2 : 1;
}

async function main({ threads, gpu, k, json }: Options) {
  const paths = Array.from({ length: 10 }, (_, digit) =>
    fileURLToPath(import.meta.resolve(`mnist/src/digits/${digit}.json`)),
  );
  const found: GpuInfo = gpu === 'none' ? { adapter: gpu, reason: 'it is not wanted' } : await gpuInfo(gpu);
  const adapter = found.reason === undefined ? gpu : undefined;
  const on = (count: number, adapter?: string) =>
    withProgress(`${count} thread${count === 1 ? '' : 's'}`, 'tasks', (onProgress) =>
      run(count, adapter, paths, k, onProgress),
    );
  const all = await on(threads, adapter);
  const one = threads === 1 && adapter === undefined ? all : await on(1);
  const figures = figuresOf(all, one, found, threads, k);
  console.log(
    json
      ? JSON.stringify(figures, undefined, 2)
      : reportOf(figures, all, Math.min(process.stdout.columns ?? 80, 120)),
  );
  // However many threads there are, each digit gets the same answer; and few neighbours are wrong this often by a bug only.
  if (String(all.guesses) !== String(one.guesses)) throw new Error(`${threads} threads and one do not agree`);
  if (k < 10 && figures.accuracy < 0.9) throw new Error(`the accuracy is only ${figures.accuracy}`);
}
