/** @file What a device can do, read once: asking a WebGPU object for one limit takes a microsecond. */
import type { Refusal } from '@poniard/core';
import type { GpuDevice } from './device.js';
import type { GpuTraits } from './port.js';

export function traitsOf({ device, name, info, subgroups, largestArray }: GpuDevice): GpuTraits {
  const { limits } = device;
  const features = device.features as ReadonlySet<string>;
  return {
    adapter: name,
    software: info.software,
    features: new Set([...features]),
    subgroupSize: features.has('subgroups') ? subgroups.subgroupSize : undefined,
    matrixUnits: features.has('chromium-experimental-subgroup-matrix') ? subgroups.matrixUnits : [],
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

/** Why a device does not run a kernel of so many arrays and one for its result, if it does not. */
export function tooMany(arrays: number, { adapter, limits }: GpuTraits): Refusal | undefined {
  const most = limits.storageBindings - 1;
  return arrays <= most
    ? undefined
    : { reason: `it takes ${arrays} arrays; ${adapter} takes ${most} at a time` };
}
