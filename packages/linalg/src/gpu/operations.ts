/** @file The operations' implementations for GPUs, and what each of them takes. */
import type { NormOptions } from '../ops/norm.js';
import { type MatmulOptions, productShape } from '../ops/product.js';
import { broadcast, sizeOf } from '../shapes.js';
import * as elementwise from './elementwise.js';
import { makeMatmul } from './matmul.js';
import type { GpuArgument, GpuImplementation, GpuImplementationOptions, GpuTraits } from './port.js';
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

/** Refuses what gives more than the device holds in one array, where that is known beforehand. */
function acceptsResult(shapeOf: (...args: GpuArgument[]) => readonly number[]) {
  return (args: readonly GpuArgument[], { adapter, limits: { largestArray } }: GpuTraits) => {
    const accepted = accepts(args);
    if (accepted !== true) return accepted;
    const arrays = args.flatMap((arg) => (arg.kind === 'array' ? [arg.shape] : []));
    // No result here has more elements than the operands multiplied.
    if (4 * arrays.reduce((most, shape) => most * sizeOf(shape), 1) <= largestArray) return true;
    const bytes = 4 * sizeOf(shapeOf(...args));
    return bytes <= largestArray
      ? true
      : {
          reason: `its result takes ${bytes} bytes, and ${adapter} holds at most ${largestArray} in one array`,
        };
  };
}

const acceptsOperands = acceptsResult((...args) => {
  const operands = args.filter((arg) => arg.kind === 'array');
  return operands.reduce<readonly number[]>((shape, arg) => broadcast(shape, arg.shape) ?? [], []);
});

const acceptsFactors = acceptsResult((x, y, options) => {
  if (x?.kind !== 'array' || y?.kind !== 'array') return [];
  const { transposeA, transposeB } = matmulOptions(options);
  try {
    return productShape(
      { ...x, dtype: 'float32' },
      { ...y, dtype: 'float32' },
      { transposeA: !!transposeA, transposeB: !!transposeB },
    ).kept;
  } catch {
    // The call says what is wrong.
    return [];
  }
});

/** For sums, which of integers are float64. */
function acceptsFloats(args: readonly GpuArgument[]) {
  const [x] = args;
  if (x?.kind === 'array' && x.dtype !== 'float32')
    return { reason: `its result is float64 for ${x.dtype}, which WebGPU does not have` };
  return true as const;
}

export const matmulGpu = onGpu(makeMatmul(tileFile()), {
  accepts(args, device) {
    if (matmulOptions(args[2]).out !== undefined)
      return { reason: 'the product is written to out, which is on the host' };
    if (precisionOf(args[2]) === 'half' && !device.features.has('shader-f16'))
      return { reason: `${device.adapter} lacks shader-f16, which precision 'half' needs` };
    return acceptsFactors(args, device);
  },
  single: ([x, y, options]) => isFloat(x) && isFloat(y) && precisionOf(options) !== undefined,
});
export const addGpu = onGpu(elementwise.add, { accepts: acceptsOperands });
export const subGpu = onGpu(elementwise.sub, { accepts: acceptsOperands });
export const mulGpu = onGpu(elementwise.mul, { accepts: acceptsOperands });
export const scaleGpu = onGpu(elementwise.scale);
export const elementwiseGpu = onGpu(elementwise.elementwise, {
  accepts(args, device) {
    const arrays = args.length - 1 - args.filter((arg) => typeof given(arg) === 'number').length;
    const most = device.limits.storageBindings - 1;
    if (arrays > most)
      return { reason: `a formula of ${arrays} arrays; ${device.adapter} takes ${most} at a time` };
    return acceptsOperands(args, device);
  },
});
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
  return matmulOptions(options).precision;
}

function matmulOptions(options: GpuArgument | undefined): MatmulOptions {
  return (given(options) as MatmulOptions | undefined) ?? {};
}

function given(arg: GpuArgument | undefined): unknown {
  return arg?.kind === 'value' ? arg.value : undefined;
}
