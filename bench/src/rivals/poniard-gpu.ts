/** @file Poniard on a GPU, used as its documentation shows. */
import {
  array,
  type Chunk,
  cpuThreads,
  createRuntime,
  gpuInfo,
  type MatmulOptions,
  matmul,
  type NDArray,
  processorTypeScope,
  type Runtime,
  rand,
  type Task,
  webgpu,
  wgsl,
} from 'poniard';
import { chainJob } from './chain-job.js';
import { microsecondsEach } from './pool.js';
import { check, count, type Job, type Params, packageVersion, type Rival, text, timed } from './rival.js';
import { BLOCK, PRODUCT, SCALE } from './shaders.js';

type Matrix = NDArray<'float32'>;

const scaled = wgsl(SCALE, {
  name: 'scaled',
  bindings: ['array<f32>', 'f32'],
  result: { type: 'array<f32>', shape: (x) => x.shape },
  workgroups: (x) => [Math.ceil(x.size / 64)],
});
const product = wgsl(PRODUCT, {
  name: 'product',
  bindings: ['array<f32>', 'array<f32>', 'u32'],
  result: { type: 'array<f32>', shape: (x) => x.shape },
  workgroups: (_x, _y, n) => [n / BLOCK, n / BLOCK],
});

const onGpu = { scope: processorTypeScope('webgpu') };

/** Options: `adapter`. */
export async function createRival(options: Params): Promise<Rival> {
  const adapter = text(options, 'adapter');
  const { name, reason } = await gpuInfo(adapter);
  if (name === undefined) throw new Error(reason);
  const runtime = createRuntime({ plugins: [cpuThreads(), webgpu({ adapter })] });
  await runtime.ready();
  return {
    version: await packageVersion('poniard', import.meta.resolve('poniard')),
    settings: `spawn() on ${name}`,
    jobs: {
      matmul: multiplier(runtime),
      matmulHalf: multiplier(runtime, { precision: 'half' }),
      dispatches: dispatches(runtime),
      chain: chain(runtime),
      mixed: mixed(runtime),
    },
    close: () => runtime.close(),
  };
}

function multiplier(runtime: Runtime, options: MatmulOptions = {}): Job {
  // A task in a box: awaited, it would come home.
  return chainJob<{ readonly handle: Chunk<Matrix> | Task<Matrix> }>({
    upload: async (data, n) => ({ handle: runtime.tochunk(array(data, [n, n])) }),
    multiply: (x, y) => ({
      handle: runtime.spawn.with(onGpu, matmul, x.handle, y.handle, options) as Task<Matrix>,
    }),
    read: async ({ handle }) => (await runtime.fetch(handle)).data,
    free: () => {},
  });
}

/** µs for each of so many tasks of one dispatch on 64 elements, spawned together, to the end of the last. */
function dispatches(runtime: Runtime): Job {
  const x = runtime.tochunk(array(new Float32Array(64).fill(1), [64]));
  return async (params) => {
    const tasks = count(params, 'tasks');
    const spawned = new Array<Task<Matrix>>(tasks);
    const ms = await timed(async () => {
      for (let i = 0; i < tasks; i++) spawned[i] = runtime.spawn.with(onGpu, scaled, x, 2);
      await runtime.waitAll(spawned);
    });
    check('the last element', (await (spawned.at(-1) as Task<Matrix>)).get(63), 2);
    return microsecondsEach(ms, tasks);
  };
}

/** ms for `links` products p ← x·p, from the first spawn to the last result; x has never been on the GPU. */
function chain(runtime: Runtime): Job {
  return async (params) => {
    const [n, links] = [count(params, 'n'), count(params, 'links')];
    const x = array(new Float32Array(n * n).fill(1 / n), [n, n]);
    const before = bytesHome(runtime);
    let last: Matrix | undefined;
    const ms = await timed(async () => {
      let p = runtime.spawn.with(onGpu, product, x, x, n);
      for (let link = 1; link < links; link++) p = runtime.spawn.with(onGpu, product, x, p, n);
      last = await p;
    });
    check('the first element', Math.abs((last?.get(0, 0) as number) * n - 1) < 1e-3, true);
    check('bytes that were read back', bytesHome(runtime) - before, 4 * n * n);
    return ms;
  };
}

function bytesHome(runtime: Runtime): number {
  const way = runtime.stats().transfers.find(({ from, to }) => from === 'gpu:0' && to === 'host');
  return way?.bytes ?? 0;
}

/** ms for `products` products of random sizes; `where`: `'free'`, or the kind of processor that does all. */
function mixed(runtime: Runtime): Job {
  return async (params) => {
    const [products, most, where] = [count(params, 'products'), count(params, 'most'), text(params, 'where')];
    const options = where === 'free' ? {} : { scope: processorTypeScope(where) };
    const sizes = rand([products], { seed: 1 }).data;
    const factors = Array.from(sizes, (share, at) => {
      const n = Math.round(16 + share * (most - 16));
      return rand([n, n], { dtype: 'float32', seed: at + 2 });
    });
    return timed(async () => {
      await runtime.fetchAll(factors.map((x) => runtime.spawn.with(options, matmul, x, x)));
    });
  };
}
