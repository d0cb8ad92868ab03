/** @file What an adapter tells of its subgroups. */
import type { WebGpu } from './web-gpu.js';

/** A product that a subgroup computes at once with its matrix units: m × k by k × n. */
export interface MatrixUnit {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Element types, in WGSL's words. */
  readonly factors: string;
  readonly result: string;
}

export interface SubgroupTraits {
  /** Invocations of a subgroup, where all are of one size. */
  readonly subgroupSize: number | undefined;
  readonly matrixUnits: readonly MatrixUnit[];
}

/** What Dawn adds to WebGPU's types (see its `SubgroupMatrixConfig`). */
interface DawnAdapterInfo extends GPUAdapterInfo {
  readonly subgroupMatrixConfigs?: Iterable<{
    readonly componentType: string;
    readonly resultComponentType: string;
    readonly M: number;
    readonly N: number;
    readonly K: number;
  }>;
}

export function subgroupTraits(info: WebGpu<'GPUAdapterInfo'>): SubgroupTraits {
  const {
    subgroupMinSize: least,
    subgroupMaxSize: most,
    subgroupMatrixConfigs = [],
  } = info as DawnAdapterInfo;
  return {
    subgroupSize: least === most ? most : undefined,
    matrixUnits: [...subgroupMatrixConfigs].map(({ componentType, resultComponentType, M, N, K }) => ({
      m: M,
      n: N,
      k: K,
      factors: componentType,
      result: resultComponentType,
    })),
  };
}
