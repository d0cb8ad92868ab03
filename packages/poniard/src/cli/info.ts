/** @file `poniard info`: what there is on this machine. */
import { availableParallelism } from 'node:os';
import { type BlasInfo, blasInfo, currentRuntime, type GpuInfo, gpuInfo } from '../index.js';
import { version } from './version.js';

export interface Info {
  readonly version: string;
  readonly node: string;
  readonly platform: string;
  readonly cpus: number;
  /** Of the default runtime. */
  readonly processors: readonly { readonly id: string; readonly kind: string }[];
  /** What `webgpu()` finds for each thing that it can be asked for. */
  readonly gpus: readonly GpuInfo[];
  /** On a thread, where products run. */
  readonly blas: BlasInfo;
}

export async function collectInfo(): Promise<Info> {
  const runtime = currentRuntime();
  await runtime.ready();
  const gpus: GpuInfo[] = [];
  // One after the other: the software adapter's driver, once it is loaded, would be found for all.
  for (const adapter of ['high-performance', 'low-power', 'software']) gpus.push(await gpuInfo(adapter));
  return {
    version: await version(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpus: availableParallelism(),
    processors: runtime.processors().map(({ id, kind }) => ({ id, kind })),
    gpus,
    blas: await runtime.spawn(blasInfo),
  };
}

export function infoText({ version, node, platform, cpus, processors, gpus, blas }: Info): string {
  return `Poniard ${version}, Node ${node}, ${platform}, ${cpus} CPUs

processors
${processors.map(({ id, kind }) => line(id, `kind ${kind}`)).join('\n')}

GPUs, as webgpu({ adapter }) finds them
${gpus.map(gpuLines).join('\n')}

products of matrices
${line(blas.provider, blas.library)}
${blas.reasons.map(({ provider, reason }) => line(provider, reason)).join('\n')}`;
}

const line = (name: string, text: string): string => `  ${name.padEnd(18)}${text}`;

function gpuLines({ adapter, name, reason, software, largestArray = 0, features = [] }: GpuInfo): string {
  if (name === undefined) return line(adapter, `none: ${reason}`);
  const gibibytes = (largestArray / 2 ** 30).toFixed(1);
  const notable = ['subgroups', 'timestamp-query', 'shader-f16'].map(
    (feature) => `${features.includes(feature) ? '' : 'no '}${feature}`,
  );
  return [
    line(adapter, name),
    ...(software ? [line('', "computes on the CPU's cores, which threads work on too")] : []),
    line('', `arrays up to ${gibibytes} GiB, ${notable.join(', ')}`),
  ].join('\n');
}
