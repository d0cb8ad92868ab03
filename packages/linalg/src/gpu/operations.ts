/** @file The operations' implementations for GPUs, and what each of them takes. */
import type { NormOptions } from '../ops/norm.js';
import type { MatmulOptions } from '../ops/product.js';
import * as elementwise from './elementwise.js';
import { makeMatmul } from './matmul.js';
import type { GpuArgument, GpuImplementation, GpuImplementationOptions } from './port.js';
import { hasNorm, norm, sum } from './reduce.js';
import { tileFile } from './tile-store.js';
import { argmax, MOST_KEPT, topk } from './topk.js';
import { transpose } from './transpose.js';

/** As `gpuImplementation` of `@poniard/proc-gpu`, which may not be installed. */
function onGpu(implementation: GpuImplementation, options: GpuImplementationOptions = {}): GpuImplementation {
  return Object.assign(implementation, { accepts, ...options });
}

/** Refuses arrays of types that the kernels do not compute with. What else is wrong, the call itself says. */
function accepts(args: readonly GpuArgument[]) {
  for (const [i, arg] of args.entries()) {
    if (arg.kind === 'array' && arg.dtype !== 'float32' && arg.dtype !== 'int32')
      return { reason: `argument ${i + 1} is ${arg.dtype}, and the GPU computes with float32 and int32` };
  }
  return true as const;
}

/** For sums, which of integers are float64. */
function acceptsFloats(args: readonly GpuArgument[]) {
  const [x] = args;
  if (x?.kind === 'array' && x.dtype !== 'float32')
    return { reason: `its result is float64 for ${x.dtype}, which WebGPU does not have` };
  return true as const;
}

export const matmulGpu = onGpu(makeMatmul(tileFile()), {
  accepts(args, { adapter, features }) {
    if (precisionOf(args[2]) === 'half' && !features.has('shader-f16'))
      return { reason: `${adapter} lacks shader-f16, which precision 'half' needs` };
    return accepts(args);
  },
  single: ([x, y, options]) => isFloat(x) && isFloat(y) && precisionOf(options) !== undefined,
});
export const addGpu = onGpu(elementwise.add);
export const subGpu = onGpu(elementwise.sub);
export const mulGpu = onGpu(elementwise.mul);
export const scaleGpu = onGpu(elementwise.scale);
export const elementwiseGpu = onGpu(elementwise.elementwise);
export const transposeGpu = onGpu(transpose);
export const sumGpu = onGpu(sum, { accepts: acceptsFloats });
export const argmaxGpu = onGpu(argmax);
export const topkGpu = onGpu(topk, {
  accepts(args) {
    const k = given(args[1]);
    if (typeof k === 'number' && k > MOST_KEPT)
      return { reason: `the GPU finds up to ${MOST_KEPT} largest, not ${k}` };
    return accepts(args);
  },
});
export const normGpu = onGpu(norm, {
  accepts(args) {
    const { order = 2 } = (given(args[1]) as NormOptions | undefined) ?? {};
    if (!hasNorm(order))
      return { reason: `the GPU computes norms of order 1, 2 and ±Infinity, not ${order}` };
    return acceptsFloats(args);
  },
});

function isFloat(arg: GpuArgument | undefined): boolean {
  return arg?.kind !== 'array' || arg.dtype.startsWith('float');
}

function precisionOf(options: GpuArgument | undefined): MatmulOptions['precision'] {
  return (given(options) as MatmulOptions | undefined)?.precision;
}

function given(arg: GpuArgument | undefined): unknown {
  return arg?.kind === 'value' ? arg.value : undefined;
}
