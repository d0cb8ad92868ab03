/**
 * Uses the processor of `child-processes.ts`, a plugin of this program's own, beside the CPU threads.
 *
 *     npm start        in this folder; or `node examples/custom-processor/dist/main.js` at the root
 */
import { processorTypeScope, spawn, use } from 'poniard';
import { childProcesses } from './child-processes.js';

use(childProcesses(2)); // before the first spawn: it adds to the default runtime, two calls at a time

/** How many primes there are in a range, and which process counted them. */
function countPrimes(from: number, to: number) {
  let count = 0;
  for (let n = Math.max(2, from); n < to; n++) {
    let divisor = 2;
    while (divisor * divisor <= n && n % divisor !== 0) divisor++;
    if (divisor * divisor > n) count++;
  }
  return { count, pid: process.pid };
}

const total = (...parts: { count: number }[]) => parts.reduce((sum, { count }) => sum + count, 0);

const starts = [0, 100_000, 200_000, 300_000];
const inProcesses = { scope: processorTypeScope('process') };
const parts = starts.map((from) => spawn.with(inProcesses, countPrimes, from, from + 100_000));
const elsewhere = spawn(countPrimes, 0, 10); // without a scope: on a thread, never in a child process
const sum = await spawn(total, ...parts); // on a thread too; the parts come to it by themselves

console.log(`process ${process.pid} runs this program and its threads`);
for (const [index, part] of parts.entries()) {
  const { count, pid } = await part;
  console.log(`process ${pid} found ${count} primes from ${starts[index]} on`);
}
console.log(`${sum} primes below 400000, in all`);

const pids = new Set(await Promise.all(parts.map(async (part) => (await part).pid)));
if (sum !== 33_860) throw new Error(`there are 33860 primes below 400000, not ${sum}`);
if (pids.has(process.pid)) throw new Error('a task with a scope ran outside the child processes');
if ((await elsewhere).pid !== process.pid) throw new Error('a task without a scope ran in a child process');
