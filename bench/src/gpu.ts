/** @file What do tasks on a GPU cost, and how fast are products there? All on the same adapter. */
import { gpuInfo } from 'poniard';
import type { Bench, Entry, Harness } from './harness.js';
import { largeProducts } from './large-products.js';
import { median } from './row.js';

/** What a task may cost beyond the dispatch itself, in µs. */
const OVERHEAD = 25;

export const gpu: Bench = {
  name: 'gpu',
  question: 'What does a task on a GPU cost beyond its dispatch, and what do products reach there?',
  async run(harness: Harness) {
    const adapter = await findAdapter();
    if (adapter === undefined) {
      harness.skipped.push('skipped everything: there is neither a GPU nor a software adapter');
      return;
    }
    const options = { adapter };
    const poniard = await harness.node('poniard', 'poniard-gpu', options);
    const raw = await harness.node('raw', 'raw-webgpu', options);
    await products(harness, poniard, options);
    await overhead(harness, poniard, raw);

    const [n, links] = [harness.size(256, 64), 10];
    await harness.row({
      name: `chain of ${links} products ${n}², spawn to fetched`,
      unit: 'ms',
      entries: [
        { name: 'poniard', contestant: poniard, job: 'chain', params: { n, links } },
        { name: 'raw', contestant: raw, job: 'chain', params: { n, links } },
      ],
      target: { raw: 1 / 1.1 },
    });

    const params = { products: harness.size(200, 40), most: harness.size(512, 128) };
    const mixed = (name: string, where: string): Entry => ({
      name,
      contestant: poniard,
      job: 'mixed',
      params: { ...params, where },
    });
    await harness.row({
      name: `${params.products} products of random sizes 16 to ${params.most}, placement free`,
      unit: 'ms',
      entries: [
        mixed('poniard', 'free'),
        mixed('all on threads', 'thread'),
        mixed('all on the GPU', 'webgpu'),
      ],
      target: { 'all on threads': 1 / 1.1, 'all on the GPU': 1 / 1.1 },
    });
  },
};

/** The fastest GPU; where there is none, a software adapter. */
async function findAdapter(): Promise<string | undefined> {
  if ((await gpuInfo('high-performance')).name !== undefined) return 'high-performance';
  const script = new URL('../../scripts/software-gpu.mjs', import.meta.url).href;
  ((await import(script)) as { softwareGpu(): void }).softwareGpu();
  return (await gpuInfo('software')).name === undefined ? undefined : 'software';
}

async function products(
  harness: Harness,
  poniard: Entry['contestant'],
  options: { readonly adapter: string },
): Promise<void> {
  const tfjs = await harness.node('tfjs-webgpu', 'tfjs-webgpu', options);
  const jax = await harness.node('jax-js', 'jax-js', options);
  const gpuJs = await harness.node('gpu.js', 'gpu-js', options);
  const real = options.adapter !== 'software';
  const sizes = [harness.size(512, 128), harness.size(1024, 192)];
  const small = harness.size(256, 64);
  for (const n of sizes) {
    const links = real ? 20 : harness.size(n <= 512 ? 4 : 2, 2);
    const entry = (name: string, contestant: Entry['contestant']): Entry => ({
      name,
      contestant,
      job: 'matmul',
      params: { n, links },
    });
    await harness.row({
      name: `chain of products f32 ${n}², resident`,
      unit: 'GFLOP/s',
      better: 'higher',
      entries: [
        entry('poniard', poniard),
        entry('tfjs-webgpu', tfjs),
        entry('jax-js', jax),
        real
          ? entry('gpu.js', gpuJs)
          : {
              ...entry('gpu.js', gpuJs),
              params: { n: small, links: 2 },
              note: `${small}² instead of ${n}², compared by operations per second`,
            },
      ],
      target: { 'tfjs-webgpu': 1.2, 'jax-js': 1.2, 'gpu.js': 5 },
    });
  }
  const contestants = { poniard, 'tfjs-webgpu': tfjs, 'jax-js': jax, 'gpu.js': gpuJs };
  const large = largeProducts(await gpuInfo(options.adapter), contestants, harness.peak);
  harness.skipped.push(...large.skipped);
  for (const row of large.rows) await harness.row(row);
}

async function overhead(
  harness: Harness,
  poniard: Entry['contestant'],
  raw: Entry['contestant'],
): Promise<void> {
  const tasks = harness.size(1000, 100);
  const params = { tasks };
  const dispatch: number[] = [];
  for (let round = 0; raw !== undefined && round < 2 * harness.rounds; round++)
    dispatch.push(await harness.once(raw, 'dispatches', params));
  const limit = `raw + ${OVERHEAD} µs`;
  await harness.row({
    name: `${tasks.toLocaleString('en-US')} small dispatches, each a task`,
    unit: 'µs each',
    entries: [
      { name: 'poniard', contestant: poniard, job: 'dispatches', params },
      { name: 'raw', contestant: raw, job: 'dispatches', params },
    ],
    ...(dispatch.length > 0 && {
      constants: { [limit]: median(dispatch) + OVERHEAD },
      target: { [limit]: 1 },
    }),
  });
}
