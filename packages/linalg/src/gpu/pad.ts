/** @file Makes matrices larger by zeros below and to the right, so that kernels may read whole blocks of them. */
import {
  type ComputedDType,
  EACH_ELEMENT,
  type GpuArray,
  type GpuDevicePort,
  type WgslType,
  wgslType,
  workgroupsFor,
} from './port.js';

/** Exported for a test: a software GPU has no half precision. */
export const padKernel = (
  type: WgslType,
  stored: WgslType | 'f16',
): string => `${stored === 'f16' ? 'enable f16;' : ''}
struct Sizes { rows: u32, columns: u32, paddedRows: u32, paddedColumns: u32 }
@group(0) @binding(0) var<storage, read> given: array<${type}>;
@group(0) @binding(1) var<storage, read_write> padded: array<${stored}>;
@group(0) @binding(2) var<uniform> sizes: Sizes;
${EACH_ELEMENT}
  if (index >= arrayLength(&padded)) { return; }
  let column = index % sizes.paddedColumns;
  let row = (index / sizes.paddedColumns) % sizes.paddedRows;
  let layer = index / sizes.paddedColumns / sizes.paddedRows;
  let source = (layer * sizes.rows + row) * sizes.columns + column;
  let isGiven = row < sizes.rows && column < sizes.columns;
  padded[index] = ${stored}(select(0, given[select(0u, source, isGiven)], isGiven));
}`;

/** A stack of matrices (the last two axes) with more rows and columns, in half precision where `half` says so; itself where it is so. */
export function padded(
  gpu: GpuDevicePort,
  array: GpuArray<ComputedDType>,
  [rows, columns]: readonly [number, number],
  [paddedRows, paddedColumns]: readonly [number, number],
  half: boolean,
): GpuArray<ComputedDType | 'float16'> {
  if (paddedRows === rows && paddedColumns === columns && !half) return array;
  const layers = array.size / (rows * columns);
  const out = gpu.alloc([layers, paddedRows, paddedColumns], half ? 'float16' : array.dtype);
  const type = wgslType(array);
  const stored = half ? 'f16' : type;
  const kernel = gpu.kernel(`linalg.pad ${type} ${stored}`, () => ({
    label: 'pad',
    wgsl: padKernel(type, stored),
  }));
  gpu.run(kernel, {
    bindings: [array, out],
    workgroups: workgroupsFor(out.size, gpu.limits.workgroupsPerDimension),
    uniforms: new Uint32Array([rows, columns, paddedRows, paddedColumns]),
  });
  return out;
}

/** The next multiple. */
export function upTo(multiple: number, extent: number): number {
  return Math.ceil(extent / multiple) * multiple;
}
