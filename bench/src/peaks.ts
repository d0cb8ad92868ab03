/**
 * @file What known GPUs compute at most: float32 by their ordinary units, in TFLOP/s. From the makers' data sheets and
 * architecture white papers; matrix units, which take float32 with fewer digits only, are left out.
 */

/** By a part of the adapter's name as `gpuInfo()` tells it; the first that fits counts. */
const PEAKS: readonly (readonly [part: RegExp, peak: number])[] = [
  [/\bh100-pcie/, 51], // NVIDIA H100 Tensor Core GPU datasheet
  [/\bh100/, 67], // the same, SXM
  [/\bh200/, 67], // NVIDIA H200 Tensor Core GPU datasheet
  [/\ba100/, 19.5], // NVIDIA A100 Tensor Core GPU datasheet
  [/\bl40s/, 91.6], // NVIDIA L40S datasheet
  [/\bl4\b/, 30.3], // NVIDIA L4 datasheet
  [/\btesla-t4\b/, 8.1], // NVIDIA T4 datasheet
  [/\brtx-4090/, 82.6], // NVIDIA Ada GPU architecture
  [/\brtx-3090(?!-ti)/, 35.6], // NVIDIA Ampere GA102 GPU architecture
];

/** In TFLOP/s, where the adapter is known. */
export function peakOf(adapter: string): number | undefined {
  const name = adapter.toLowerCase().replace(/[\s_]+/g, '-');
  return PEAKS.find(([part]) => part.test(name))?.[1];
}
