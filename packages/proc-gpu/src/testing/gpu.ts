/** @file What tests of this package share: the software adapter, runtimes on it, shaders. */
import type { Processor, Runtime, Transfer } from '@poniard/core';
import { gpuInfo, type WebgpuOptions, webgpu, wgsl } from '@poniard/proc-gpu';
import { createTestRuntime, hasSoftwareGpu, type TestRuntimeOptions } from '@poniard/testing';

/** Whether there is a software adapter to test on. */
export const hasGpu = await hasSoftwareGpu(gpuInfo);

/** What tests look at inside a processor. */
export interface Inside {
  readonly gpu: {
    readonly device: GPUDevice;
    readonly memory: { readonly bytes: number; readonly buffers: number; readonly pooled: number };
    readonly readBack: { readonly reads: number; readonly readBytes: number; readonly buffers: number };
  };
  readonly uploads: { readonly count: number; readonly bytes: number };
  readonly results: { readonly size: number };
  readonly links: { measure(): Promise<void> };
  /** Tells the scheduler of a move. */
  moved(transfer: Transfer): void;
}

export interface GpuRuntimeOptions extends WebgpuOptions {
  readonly runtime?: TestRuntimeOptions;
}

/** A runtime with a software GPU, closed when the test has ended. */
export async function gpuRuntime({ runtime = {}, ...options }: GpuRuntimeOptions = {}): Promise<{
  runtime: Runtime;
  gpu: Inside;
}> {
  const { plugins = [], ...others } = runtime;
  const created = createTestRuntime({
    ...others,
    plugins: [...plugins, webgpu({ adapter: 'software', ...options })],
  });
  await created.ready();
  const processor = created.processors().find(({ kind }) => kind === 'webgpu') as Processor & {
    queue: Inside;
    links: Inside['links'];
    options: Pick<Inside, 'moved'>;
  };
  const gpu: Inside = {
    get gpu() {
      return processor.queue.gpu;
    },
    get uploads() {
      return processor.queue.uploads;
    },
    get results() {
      return processor.queue.results;
    },
    get links() {
      return processor.links;
    },
    moved: (transfer) => processor.options.moved(transfer),
  };
  return { runtime: created, gpu };
}

/** y = factor · x. */
export const scaled = wgsl(
  `@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
struct Numbers { factor: f32 }
@group(0) @binding(2) var<uniform> numbers: Numbers;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < arrayLength(&y)) { y[id.x] = numbers.factor * x[id.x]; }
}`,
  {
    name: 'scaled',
    bindings: ['array<f32>', 'f32'],
    result: { type: 'array<f32>', shape: (x) => x.shape },
    workgroups: (x) => [Math.ceil(x.size / 64)],
  },
);

/** z = x + y. */
export const added = wgsl(
  `@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> z: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < arrayLength(&z)) { z[id.x] = x[id.x] + y[id.x]; }
}`,
  {
    name: 'added',
    bindings: ['array<f32>', 'array<f32>'],
    result: { type: 'array<f32>', shape: (x) => x.shape },
    workgroups: (x) => [Math.ceil(x.size / 64)],
  },
);
