/** @file The operations' implementations for GPUs, and what each of them takes. */
import type { MatmulOptions } from '../ops/product.js';
import { matmul } from './matmul.js';
import type { GpuArgument, GpuImplementation, GpuImplementationOptions } from './port.js';

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

export const matmulGpu = onGpu(matmul, {
  single: ([x, y, options]) => isFloat(x) && isFloat(y) && asksForSingle(options),
});

function isFloat(arg: GpuArgument | undefined): boolean {
  return arg?.kind !== 'array' || arg.dtype.startsWith('float');
}

function asksForSingle(options: GpuArgument | undefined): boolean {
  return options?.kind === 'value' && (options.value as MatmulOptions | undefined)?.precision === 'single';
}
