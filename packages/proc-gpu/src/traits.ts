/// <reference types="@webgpu/types" preserve="true" />
/** @file What a device can do, read once: asking a WebGPU object for one limit takes a microsecond. */
import type { GpuDevice } from './device.js';
import type { GpuTraits } from './port.js';

export function traitsOf({ device, name, info, largestArray }: GpuDevice): GpuTraits {
  const { limits, features } = device;
  return {
    adapter: name,
    software: info.software,
    features: new Set([...features]),
    limits: {
      largestArray,
      workgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
      invocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
      workgroupSizeX: limits.maxComputeWorkgroupSizeX,
      workgroupSizeY: limits.maxComputeWorkgroupSizeY,
      workgroupSizeZ: limits.maxComputeWorkgroupSizeZ,
      workgroupMemory: limits.maxComputeWorkgroupStorageSize,
      storageBindings: limits.maxStorageBuffersPerShaderStage,
    },
  };
}
