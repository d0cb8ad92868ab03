/** @file Sums and norms on a GPU. */
import { checkNormLength, checkNormOptions, type NormOptions, needsAxis } from '../ops/norm.js';
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

/** What is reduced to what, in WGSL. */
interface Reduction {
  readonly label: string;
  /** Of the elements. */
  readonly type: WgslType;
  /** The type of a state: an element, or two float32. */
  readonly state: WgslType | 'vec2f';
  /** The state of one element `value`. */
  readonly first: string;
  /** Of two states, `a` and `b`. */
  readonly combined: string;
  /** The result of a state `a`. */
  readonly last: string;
}

const SUM: Reduction = {
  label: 'sum',
  type: 'f32',
  state: 'f32',
  first: 'value',
  combined: 'a + b',
  last: 'a',
};

/**
 * The largest absolute value and the sum of squares relative to it, since a square may be too large, or too small, for
 * float32 (as LAPACK's `lassq`).
 */
const EUCLIDEAN: Reduction = {
  label: 'norm',
  type: 'f32',
  state: 'vec2f',
  first: 'vec2f(abs(value), 1)',
  combined: 'scaled(a, b)',
  last: 'a.x * sqrt(a.y)',
};

const NORMS: ReadonlyMap<number, Reduction> = new Map([
  [2, EUCLIDEAN],
  [1, { ...SUM, label: 'norm', first: 'abs(value)' }],
  [
    Number.POSITIVE_INFINITY,
    {
      ...SUM,
      label: 'norm',
      first: 'abs(value)',
      combined: 'select(max(a, b), a + b, isNan(a) || isNan(b))',
    },
  ],
  [
    Number.NEGATIVE_INFINITY,
    {
      ...SUM,
      label: 'norm',
      first: 'abs(value)',
      combined: 'select(min(a, b), a + b, isNan(a) || isNan(b))',
    },
  ],
]);

/** Whether norms of this order are computed on a GPU. */
export function hasNorm(order: number): boolean {
  return NORMS.has(order);
}

export function sum(gpu: GpuDevicePort, given: unknown, axis?: number): GpuArray | Promise<number> {
  const x = checkGpuArray('sum', 'x', given);
  const along = axis === undefined ? undefined : checkAxis('sum', axis, x.shape);
  return reduced(gpu, SUM, x, along);
}

export function norm(
  gpu: GpuDevicePort,
  given: unknown,
  options: NormOptions = {},
): GpuArray | Promise<number> {
  const x = checkGpuArray('norm', 'x', given);
  const { axis, order } = checkNormOptions(options);
  const along = axis === undefined ? undefined : checkAxis('norm', axis, x.shape);
  if (along === undefined) needsAxis(x, order);
  checkNormLength(x, along === undefined ? x.size : x.shape[along]!, order);
  return reduced(gpu, NORMS.get(order ?? 2)!, x, along);
}

/** Sums along lanes, of the elements' own type. */
export function sumLanes(
  gpu: GpuDevicePort,
  x: GpuArray<ComputedDType>,
  out: GpuArray<ComputedDType>,
  lanes: Lanes,
): void {
  const type = wgslType(x);
  reduceLanes(gpu, { ...SUM, type, state: type }, x, out, lanes);
}

function reduced(
  gpu: GpuDevicePort,
  reduction: Reduction,
  x: GpuArray,
  axis: number | undefined,
): GpuArray | Promise<number> {
  const shape = axis === undefined ? [] : withoutAxis(x.shape, axis);
  const out = gpu.alloc(shape, 'float32', { zeroed: true });
  reduceLanes(gpu, reduction, x, out, lanesOf(x.shape, axis));
  return axis === undefined ? gpu.read(out).then(([value]) => value!) : out;
}

function reduceLanes(
  gpu: GpuDevicePort,
  reduction: Reduction,
  x: GpuArray,
  out: GpuArray,
  { outer, count, inner }: Lanes,
): void {
  if (count === 0 || out.size === 0) return;
  let from = x;
  let left = count;
  do {
    const runs = runsOf(left);
    const states = reduction.state === 'vec2f' ? 2 : 1;
    const to = runs === 1 ? out : gpu.alloc([outer, runs, inner, states], out.dtype);
    step(gpu, reduction, from, to, { outer, count: left, inner }, runs, from === x);
    from = to;
    left = runs;
  } while (left > 1);
}

function step(
  gpu: GpuDevicePort,
  reduction: Reduction,
  from: GpuArray,
  to: GpuArray,
  lanes: Lanes,
  runs: number,
  isFirst: boolean,
): void {
  const isLast = runs === 1;
  const key = `linalg.reduce ${reduction.type} ${reduction.first} ${reduction.combined} ${isFirst} ${isLast}`;
  const kernel = gpu.kernel(key, () => ({
    label: reduction.label,
    wgsl: stepKernel(reduction, isFirst, isLast),
  }));
  gpu.run(kernel, {
    bindings: [from, to],
    workgroups: workgroupsFor(lanes.outer * runs * lanes.inner, gpu.limits.workgroupsPerDimension),
    uniforms: laneUniforms(lanes, runs),
  });
}

/** NaN is told by its bits: a compiler may take it that there is none. Every run has at least one element. */
const stepKernel = (
  { type, state, first, combined, last }: Reduction,
  isFirst: boolean,
  isLast: boolean,
): string => `
${LANE_SIZES}
@group(0) @binding(0) var<storage, read> given: array<${isFirst ? type : state}>;
@group(0) @binding(1) var<storage, read_write> out: array<${isLast ? type : state}>;
@group(0) @binding(2) var<uniform> lanes: Lanes;
fn isNan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
/** Two sums of squares, as one relative to the larger of what they are relative to. */
fn scaled(a: vec2f, b: vec2f) -> vec2f {
  if (isNan(a.x)) { return a; }
  if (isNan(b.x)) { return b; }
  if (a.x == b.x) { return vec2f(a.x, a.y + b.y); }
  let large = select(b, a, a.x > b.x);
  let small = select(a, b, a.x > b.x);
  let ratio = small.x / large.x;
  return vec2f(large.x, large.y + small.y * ratio * ratio);
}
fn combine(a: ${state}, b: ${state}) -> ${state} { return ${combined}; }
fn stateOf(value: ${isFirst ? type : state}) -> ${state} { return ${isFirst ? first : 'value'}; }
fn result(a: ${state}) -> ${isLast ? type : state} { return ${isLast ? last : 'a'}; }
${EACH_RUN}
  var all = stateOf(given[lane + run * lanes.inner]);
  for (var j = run + lanes.runs; j < lanes.count; j += lanes.runs) { all = combine(all, stateOf(given[lane + j * lanes.inner])); }
  out[index] = result(all);
}`;
