/** @file Axes in another order on a GPU, where arrays are dense: the elements are moved. */

import { rowMajor } from '../shapes.js';
import { transposed } from '../views.js';
import { rearranged } from './elementwise.js';
import { checkGpuArray, type GpuArray, type GpuDevicePort } from './port.js';

export function transpose(gpu: GpuDevicePort, given: unknown, axes: readonly number[] = []): GpuArray {
  const x = checkGpuArray('transpose', 'x', given);
  const view = transposed({ shape: x.shape, strides: rowMajor(x.shape), offset: 0 }, axes);
  // Vectors, and matrices of one row or column, are in order already.
  const inner = view.strides.filter((_, axis) => view.shape[axis] !== 1);
  if (inner.every((stride, i) => i === 0 || stride < inner[i - 1]!)) return gpu.reshape(x, view.shape);
  return rearranged(gpu, 'transpose', x, view.shape, view.strides);
}
