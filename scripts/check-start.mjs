/** Runs `npm start -- --json` as a newcomer would, and checks that the digits are classified as they should be, with a GPU too. */
import { run } from './lib/command.mjs';
import { softwareGpu } from './software-gpu.mjs';

const expected = 0.951; // 1902 of the 2000 digits of this split

async function start(args, env) {
  const command = ['npm', 'start', '--silent', '--', '--json', ...args];
  const { stdout } = await run(command, { env, quiet: true, timeout: 240_000 });
  const result = JSON.parse(stdout);
  if (result.accuracy !== expected)
    throw new Error(`accuracy is ${result.accuracy} instead of ${expected}:\n${stdout}`);
  return result;
}

const { accuracy } = await start([]);
console.log(`accuracy ${accuracy}`);

if (softwareGpu() === undefined)
  console.log('not tried with a GPU: there is none in software for this platform');
else {
  // One thread that multiplies in JavaScript is slow enough for a GPU in software to pay.
  const { tasks } = await start(['--gpu', 'software', '--threads', '1'], { PONIARD_BLAS: 'js' });
  const products = tasks.find(({ name }) => name === 'matmul');
  if (!(products?.byProcessor['gpu:0'] > 0))
    throw new Error(`the GPU multiplied nothing:\n${JSON.stringify(tasks)}`);
  console.log(
    `accuracy ${accuracy} with a GPU, products by processor: ${JSON.stringify(products.byProcessor)}`,
  );
}
