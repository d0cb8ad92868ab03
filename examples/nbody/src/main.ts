/**
 * Bodies that attract each other, a thousand steps: each is a task of one WGSL shader on the result of the one before. The
 * bodies go to the GPU once, and come back once.
 *
 *     npm start -- --gpu software        in this folder
 */
import { parseArgs } from 'node:util';
import { withProgress } from '@poniard/example-progress';
import { cpuThreads, createRuntime, gpuInfo, processorTypeScope, webgpu } from 'poniard';
import { advance, ball, energy, SOFT } from './bodies.js';

const { values: options } = parseArgs({
  options: {
    /** An adapter, as `webgpu()` takes it, or `none`. */
    gpu: { type: 'string', default: 'high-performance' },
    small: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const bodies = options.small ? 64 : 512;
const STEPS = 1000;
/** Time of a step. */
const STEP = 1 / 256;

const noGpu = options.gpu === 'none' ? 'it is not wanted' : (await gpuInfo(options.gpu)).reason;
await using runtime = createRuntime({
  plugins: [cpuThreads(), ...(noGpu === undefined ? [webgpu({ adapter: options.gpu })] : [])],
});
await runtime.ready();
const { spawn } = runtime;
/** Bytes that moved, by their way. */
const moved: Record<string, number> = {};
runtime.subscribe(({ type, from, to, bytes = 0 }) => {
  if (type === 'chunk:moved') moved[`${from} → ${to}`] = (moved[`${from} → ${to}`] ?? 0) + bytes;
});

const scope = processorTypeScope(noGpu === undefined ? 'webgpu' : 'thread');
const start = ball(bodies);
const began = performance.now();
// Leapfrog: velocities are half a step ahead of places, so half a kick comes first and half a kick last.
let state = spawn.with({ scope }, advance, start, STEP / 2, STEP, SOFT);
for (let step = 1; step < STEPS; step++) state = spawn.with({ scope }, advance, state, STEP, STEP, SOFT);
state = spawn.with({ scope }, advance, state, STEP / 2, 0, SOFT);
const end = await withProgress('computing', 'steps', (onProgress) => {
  let done = 0;
  const stop = runtime.subscribe(({ type }) => {
    if (type === 'task:finish') onProgress(++done, STEPS + 1);
  });
  return state.finally(stop);
});
const seconds = (performance.now() - began) / 1000;

const [before, after] = await Promise.all([spawn(energy, start, SOFT), spawn(energy, end, SOFT)]);
const drift = Math.abs((after - before) / before);
const figures = { bodies, steps: STEPS, bytes: start.size * 4, moved, before, after, drift, seconds };

if (options.json) console.log(JSON.stringify({ ...figures, noGpu }));
else {
  if (noGpu !== undefined) console.log(`No GPU is used: ${noGpu}.\n`);
  const ways = Object.entries(moved).map(([way, bytes]) => `\n           ${way.padEnd(14)} ${bytes} bytes`);
  const moves =
    noGpu === undefined ? `\nmoved      ${start.size * 4} bytes are the bodies${ways.join('')}` : '';
  console.log(`${bodies} bodies, ${STEPS} steps in ${seconds.toFixed(2)} s on ${runtime.explain(state).processor}
energy     ${before.toFixed(6)} before, ${after.toFixed(6)} after: ${(100 * drift).toFixed(4)} % off${moves}`);
}
if (!(drift < 1e-3)) throw new Error(`${100 * drift} % of the energy is lost`);
