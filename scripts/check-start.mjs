/**
 * Runs `npm start -- --json` as a newcomer would, and checks that the digits are classified as they should be, with a GPU
 * too. Nothing is unpacked for it beforehand: it begins without a GPU in software, as a fresh clone does.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './lib/command.mjs';
import { root } from './lib/workspace.mjs';
import { findArchive, folder } from './software-gpu.mjs';

const expected = 0.951; // 1902 of the 2000 digits of this split

async function start(args, { cwd = root, env = {} } = {}) {
  const command = ['npm', 'start', '--silent', '--', '--json', ...args];
  const { stdout } = await run(command, { cwd, env, quiet: true, timeout: 240_000 });
  return JSON.parse(stdout);
}

async function digits(args, env) {
  const result = await start(args, { env });
  if (result.accuracy !== expected)
    throw new Error(`accuracy is ${result.accuracy} instead of ${expected}:\n${JSON.stringify(result)}`);
  return result;
}

const { accuracy } = await digits([]);
console.log(`accuracy ${accuracy}`);

if (findArchive() === undefined)
  console.log('not tried with a GPU: there is none in software for this platform');
else {
  rmSync(folder, { recursive: true, force: true });
  // One thread that multiplies in JavaScript is slow enough for a GPU in software to pay.
  const { tasks } = await digits(['--gpu', 'software', '--threads', '1'], { PONIARD_BLAS: 'js' });
  const products = tasks.find(({ name }) => name === 'matmul');
  if (!(products?.byProcessor['gpu:0'] > 0))
    throw new Error(`the GPU multiplied nothing:\n${JSON.stringify(tasks)}`);
  console.log(
    `accuracy ${accuracy} with a GPU, products by processor: ${JSON.stringify(products.byProcessor)}`,
  );

  rmSync(folder, { recursive: true, force: true });
  const { noGpu } = await start(['--small', '--gpu=software'], { cwd: join(root, 'examples/nbody') });
  if (noGpu !== undefined) throw new Error(`an example of its own finds no GPU in software: ${noGpu}`);
  console.log('an example started in its own folder finds the GPU too');
}
