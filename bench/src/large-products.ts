/** @file Products of 4096² on a real GPU: TFLOP/s, and the share of what the card computes at most. */
import type { GpuInfo } from 'poniard';
import type { Contestant } from './contestant.js';
import type { RowPlan } from './harness.js';
import { peakOf } from './peaks.js';

const N = 4096;
const LINKS = 20;
/** The share of the card's peak that products of float32 are to reach. */
const SHARE = 0.4;

export interface LargeProducts {
  readonly rows: readonly RowPlan[];
  /** A line for each that cannot be measured. */
  readonly skipped: readonly string[];
}

/** `peak`: of the card, in TFLOP/s, where the caller knows better than the table. */
export function largeProducts(
  { name = '', software = false, features = [] }: GpuInfo,
  contestants: Readonly<Record<string, Contestant | undefined>>,
  given: number | undefined,
): LargeProducts {
  if (software) {
    const why = 'the adapter computes on the CPU, which would take minutes';
    return { rows: [], skipped: [`skipped products of ${N}², f32 and f16: ${why}`] };
  }
  const skipped: string[] = [];
  const peak = given ?? peakOf(name);
  if (peak === undefined)
    skipped.push(`skipped shares of the peak: that of ${name} is not known; --peak TFLOP/s gives it`);
  const yardstick = 'peak f32';
  const row = (type: 'f32' | 'f16'): RowPlan => ({
    name: `chain of products ${type} ${N}², resident`,
    unit: 'TFLOP/s',
    better: 'higher',
    entries: Object.entries(contestants).map(([rival, contestant]) => ({
      name: rival,
      contestant,
      job: rival === 'poniard' && type === 'f16' ? 'matmulHalf' : 'matmul',
      params: { n: N, links: LINKS, unit: 'TFLOP/s' },
      ...(type === 'f16' && { note: rival === 'poniard' ? "precision: 'half', sums in float32" : 'float32' }),
    })),
    ...(peak !== undefined && { constants: { [yardstick]: peak } }),
    ...(type === 'f32' && {
      target: {
        'tfjs-webgpu': 1.2,
        'jax-js': 1.2,
        'gpu.js': 5,
        ...(peak !== undefined && { [yardstick]: SHARE }),
      },
    }),
  });
  const half = features.includes('shader-f16');
  if (!half) skipped.push(`skipped products f16 ${N}²: ${name} lacks shader-f16`);
  return { rows: [row('f32'), ...(half ? [row('f16')] : [])], skipped };
}
