/** @file The largest elements and where they are, on a GPU: of each run its largest, then of these, until one run is left. */
import { emptyError } from '../ops/argmax.js';
import { topkAxis } from '../ops/topk.js';
import { checkAxis, withoutAxis } from '../shapes.js';
import { EACH_RUN, LANE_SIZES, type Lanes, lanesOf, laneUniforms, runsOf } from './lanes.js';
import {
  type ComputedDType,
  checkGpuArray,
  type GpuArray,
  type GpuDevicePort,
  type WgslType,
  wgslType,
  workgroupsFor,
} from './port.js';

/** As many are kept in order by insertion; more would take too long. */
export const MOST_KEPT = 256;

interface Kept {
  readonly values: GpuArray<ComputedDType>;
  readonly indices: GpuArray<'int32'>;
}

export function topk(gpu: GpuDevicePort, given: unknown, k: number, axis = -1): Kept {
  const x = checkGpuArray('topk', 'x', given);
  const along = topkAxis(x, k, axis);
  const shape = x.shape.map((extent, at) => (at === along ? k : extent));
  const kept = largest(gpu, x, lanesOf(x.shape, along), k);
  return { values: gpu.reshape(kept.values, shape), indices: gpu.reshape(kept.indices, shape) };
}

export function argmax(gpu: GpuDevicePort, given: unknown, axis?: number): GpuArray | Promise<number> {
  const x = checkGpuArray('argmax', 'x', given);
  const along = axis === undefined ? undefined : checkAxis('argmax', axis, x.shape);
  const lanes = lanesOf(x.shape, along);
  if (lanes.count === 0) throw emptyError(x);
  const { indices } = largest(gpu, x, lanes, 1);
  if (along === undefined) return gpu.read(indices).then(([index]) => index!);
  return gpu.reshape(indices, withoutAxis(x.shape, along));
}

function largest(gpu: GpuDevicePort, x: GpuArray<ComputedDType>, given: Lanes, k: number): Kept {
  const type = wgslType(x);
  let lanes = given;
  let from: Kept | undefined;
  for (;;) {
    // Every run has more than k elements, so that each step leaves fewer.
    const runs = Math.max(1, runsOf(lanes.count, Math.max(64, 4 * k)));
    const shape = [lanes.outer, runs * k, lanes.inner];
    const to: Kept = { values: gpu.alloc(shape, x.dtype), indices: gpu.alloc(shape, 'int32') };
    const isFirst = from === undefined;
    const kernel = gpu.kernel(`linalg.topk ${type} ${isFirst}`, () => ({
      label: 'topk',
      wgsl: topkKernel(type, isFirst),
    }));
    if (to.values.size > 0)
      gpu.run(kernel, {
        bindings: [...(from === undefined ? [x] : [from.values, from.indices]), to.values, to.indices],
        workgroups: workgroupsFor(lanes.outer * runs * lanes.inner, gpu.limits.workgroupsPerDimension),
        uniforms: Uint32Array.of(...laneUniforms(lanes, runs), k),
      });
    if (runs === 1) return to;
    from = to;
    lanes = { ...lanes, count: runs * k };
  }
}

const topkKernel = (type: WgslType, isFirst: boolean): string => `
${LANE_SIZES.replace('}', ', k: u32 }')}
@group(0) @binding(0) var<storage, read> given: array<${type}>;
${isFirst ? '' : '@group(0) @binding(1) var<storage, read> places: array<i32>;'}
@group(0) @binding(2) var<storage, read_write> values: array<${type}>;
@group(0) @binding(3) var<storage, read_write> indices: array<i32>;
@group(0) @binding(4) var<uniform> lanes: Lanes;
fn isNan(x: ${type}) -> bool { return ${type === 'i32' ? 'false' : '(bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u'}; }
/** Larger comes first, a NaN before any number, and of equals the first. */
fn isBetter(value: ${type}, index: i32, other: ${type}, otherIndex: i32) -> bool {
  let unordered = isNan(value);
  if (unordered != isNan(other)) { return unordered; }
  if (unordered || value == other) { return index < otherIndex; }
  return value > other;
}
${EACH_RUN}
  let start = (layer * lanes.runs + run) * lanes.k * lanes.inner + column;
  var filled = 0u;
  for (var j = run; j < lanes.count; j += lanes.runs) {
    let value = given[lane + j * lanes.inner];
    let place = ${isFirst ? 'i32(j)' : 'places[lane + j * lanes.inner]'};
    var rank = filled;
    if (filled == lanes.k) {
      let worst = start + (lanes.k - 1u) * lanes.inner;
      if (!isBetter(value, place, values[worst], indices[worst])) { continue; }
      rank = lanes.k - 1u;
    } else { filled++; }
    for (; rank > 0u; rank--) {
      let before = start + (rank - 1u) * lanes.inner;
      if (!isBetter(value, place, values[before], indices[before])) { break; }
      values[before + lanes.inner] = values[before];
      indices[before + lanes.inner] = indices[before];
    }
    values[start + rank * lanes.inner] = value;
    indices[start + rank * lanes.inner] = place;
  }
}`;
