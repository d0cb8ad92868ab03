/** GPUs as processors: the plug-in, raw shaders as operations, and the device port that implementations of operations use. */

export type { AdapterChoice, AdapterInfo } from './adapter.js';
export type { GpuDType, HostData } from './dtype.js';
export { GpuError, GpuMemoryError, ShaderError } from './errors.js';
export { GpuArray } from './gpu-array.js';
export { type GpuInfo, gpuInfo } from './info.js';
export { type KernelArgument, type KernelKnown, type KernelOptions, kernel } from './kernel.js';
export type { KernelThis } from './kernel-host.js';
export { type WebgpuOptions, webgpu } from './plugin.js';
export {
  type Dispatch,
  type GpuArgument,
  type GpuDevicePort,
  type GpuFunction,
  type GpuImplementation,
  type GpuImplementationOptions,
  type GpuKernel,
  type GpuLimits,
  type GpuTraits,
  gpuImplementation,
} from './port.js';
export type { MatrixUnit } from './subgroups.js';
export {
  type ArrayLike,
  type GpuResult,
  type WgslArrayType,
  type WgslOptions,
  type WgslScalarType,
  type WgslType,
  wgsl,
} from './wgsl.js';
