/** @file The same GPU for everybody: the adapter that poniard's `webgpu()` takes, opened without it. */
import { gpuInfo } from 'poniard';
import { create, globals } from 'webgpu';
import { type Params, text } from './rival.js';

/** An adapter and its Dawn instance, which must live as long as devices of it do. */
export interface OpenedGpu {
  readonly gpu: GPU;
  readonly adapter: GPUAdapter;
  readonly name: string;
}

/** `adapter`: `'high-performance'`, or `'software'`. Throws where there is none. */
export async function openGpu(params: Params): Promise<OpenedGpu> {
  const choice = text(params, 'adapter');
  // It also brings the software driver into this process, where Dawn then finds it.
  const { name, reason } = await gpuInfo(choice);
  if (name === undefined) throw new Error(reason);
  const gpu = create([]);
  const adapter = await request(gpu, choice);
  if (adapter === null) throw new Error(`Dawn gives no ${choice} adapter`);
  return { gpu, adapter, name };
}

/** Puts it where a library for browsers looks for it. */
export async function standIn(params: Params): Promise<OpenedGpu> {
  const opened = await openGpu(params);
  const { gpu } = opened;
  const navigatorGpu = {
    requestAdapter: () => request(gpu, text(params, 'adapter')),
    getPreferredCanvasFormat: () => 'bgra8unorm',
    wgslLanguageFeatures: gpu.wgslLanguageFeatures,
  };
  Object.assign(globalThis, globals);
  const navigator = { gpu: navigatorGpu, userAgent: 'Node' };
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true, writable: true });
  return opened;
}

function request(gpu: GPU, choice: string): Promise<GPUAdapter | null> {
  const software = choice === 'software';
  return gpu.requestAdapter({
    powerPreference: 'high-performance',
    ...(software && { forceFallbackAdapter: true }),
  });
}
