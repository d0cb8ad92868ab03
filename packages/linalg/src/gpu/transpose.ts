/** @file Axes in another order on a GPU, where arrays are dense: the elements are moved. */
import { rowMajor } from '../shapes.js';
import { transposed } from '../views.js';
import { rearranged } from './elementwise.js';
import {
  type ComputedDType,
  checkGpuArray,
  type GpuArray,
  type GpuDevicePort,
  type WgslType,
  wgslType,
} from './port.js';

/** A workgroup turns so many rows and columns round. */
const SIDE = 16;

export function transpose(gpu: GpuDevicePort, given: unknown, axes: readonly number[] = []): GpuArray {
  const x = checkGpuArray('transpose', 'x', given);
  const { shape, strides } = transposed({ shape: x.shape, strides: rowMajor(x.shape), offset: 0 }, axes);
  const long = strides.flatMap((stride, axis) =>
    shape[axis] === 1 ? [] : [{ stride, extent: shape[axis]! }],
  );
  // Vectors, and matrices of one row or column, are in order already.
  if (isInOrder(long)) return gpu.reshape(x, shape);
  const [rows, columns] = long.slice(-2).map(({ extent }) => extent) as [number, number];
  const turnsMatrices =
    isInOrder(long.slice(0, -2)) && long.at(-2)?.stride === 1 && long.at(-1)?.stride === rows;
  const layers = x.size / (rows * columns);
  if (turnsMatrices && layers <= gpu.limits.workgroupsPerDimension && !gpu.software)
    return turned(gpu, x, shape, { layers, rows: columns, columns: rows });
  return rearranged(gpu, 'transpose', x, shape, strides);
}

function isInOrder(axes: readonly { readonly stride: number }[]): boolean {
  return axes.every(({ stride }, i) => i === 0 || stride < axes[i - 1]!.stride);
}

/** Matrices by square blocks, so that what neighbouring invocations read and what they write are neighbours both. */
function turned(
  gpu: GpuDevicePort,
  x: GpuArray<ComputedDType>,
  shape: readonly number[],
  { layers, rows, columns }: { readonly layers: number; readonly rows: number; readonly columns: number },
): GpuArray {
  const out = gpu.alloc(shape, x.dtype);
  const type = wgslType(x);
  const kernel = gpu.kernel(`linalg.transpose ${type}`, () => ({
    label: 'transpose',
    wgsl: turnKernel(type),
  }));
  gpu.run(kernel, {
    bindings: [x, out],
    workgroups: [Math.ceil(columns / SIDE), Math.ceil(rows / SIDE), layers],
    uniforms: new Uint32Array([rows, columns]),
  });
  return out;
}

const turnKernel = (type: WgslType): string => `
struct Sizes { rows: u32, columns: u32 }
@group(0) @binding(0) var<storage, read> x: array<${type}>;
@group(0) @binding(1) var<storage, read_write> out: array<${type}>;
@group(0) @binding(2) var<uniform> sizes: Sizes;
// One column more, so that a column's elements are in different banks of the memory.
var<workgroup> block: array<array<${type}, ${SIDE + 1}>, ${SIDE}>;
@compute @workgroup_size(${SIDE}, ${SIDE})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) own: vec3u) {
  let start = group.z * sizes.rows * sizes.columns;
  let row = group.y * ${SIDE}u + own.y;
  let column = group.x * ${SIDE}u + own.x;
  if (row < sizes.rows && column < sizes.columns) { block[own.y][own.x] = x[start + row * sizes.columns + column]; }
  workgroupBarrier();
  let turnedRow = group.x * ${SIDE}u + own.y;
  let turnedColumn = group.y * ${SIDE}u + own.x;
  if (turnedRow < sizes.columns && turnedColumn < sizes.rows) {
    out[start + turnedRow * sizes.rows + turnedColumn] = block[own.x][own.y];
  }
}`;
