/** @file The providers of this platform, and the one selector of this thread. */
import { jsBlas } from './js.js';
import { koffiAlias, koffiLibraries } from './koffi.js';
import { type OnnxRuntime, onnxBlas } from './onnx.js';
import type { BlasLoader } from './port.js';
import { BLAS_VARIABLE, type BlasInfo, BlasSelector, type BlasSetup } from './select.js';
import { systemBlas } from './system.js';

const js: BlasLoader = { name: 'js', load: async () => jsBlas() };

/** A native library is loaded once per thread, whatever runtime asks: this is the one place that remembers it. */
export const threadBlas: BlasSelector = new BlasSelector(findSetup);

/**
 * Tells which provider multiplies matrices on this thread, and why the others do not. Tried in this order: a BLAS library
 * of the system, `onnxruntime-node`, a kernel in JavaScript. The environment variable `PONIARD_BLAS` fixes one: `system`,
 * `onnxruntime`, `js`, or the path of a BLAS library. Spawn it to ask a worker thread.
 *
 * @throws PoniardError when `PONIARD_BLAS` names one that does not work.
 * @example
 * ```ts
 * import { blasInfo } from '@poniard/linalg';
 * const { provider, reasons } = await blasInfo();
 * console.log(typeof provider, reasons.length); // string 2
 * ```
 */
export function blasInfo(): Promise<BlasInfo> {
  return threadBlas.info();
}

/** What `cpuThreads` puts into each thread: says a thing of this code once per process, on the main thread. */
const WARN: unique symbol = Symbol.for('poniard.warnOnce') as never;

async function findSetup(): Promise<BlasSetup> {
  const warn = (message: string, code: string) => {
    const { [WARN]: once } = globalThis as { readonly [WARN]?: BlasSetup['warn'] };
    if (once !== undefined) once(message, code);
    else if (typeof process === 'object') process.emitWarning(message, { type: 'PoniardWarning', code });
    else console.warn(`${code}: ${message}`);
  };
  if (typeof process !== 'object' || process.versions?.node === undefined) {
    return { loaders: [js], inWorker: true, setting: undefined, warn };
  }
  const [{ availableParallelism }, { isMainThread }] = await Promise.all([
    import('node:os'),
    import('node:worker_threads'),
  ]);
  const cores = availableParallelism();
  return {
    loaders: [
      systemBlas(koffiLibraries(), process.platform, cores),
      onnxBlas(importOnnxRuntime, koffiAlias, cores),
      js,
    ],
    inWorker: !isMainThread,
    setting: process.env[BLAS_VARIABLE],
    warn,
  };
}

async function importOnnxRuntime(): Promise<OnnxRuntime> {
  const module = (await import('onnxruntime-node')) as unknown as OnnxRuntime & { default?: OnnxRuntime };
  return module.default ?? module;
}
