/** @file The names of this package that a function may use without saying where they come from. */

/** The package that the names below are imported from. */
export const FRAMEWORK_MODULE = '@poniard/core';

/**
 * What a task's function may call. `fetch` is missing on purpose: a free `fetch` is the platform's, unless whoever can see
 * its value says otherwise.
 */
const NAMES: ReadonlySet<string> = new Set(
  `asCompleted cancel capture collect compute createRuntime currentRuntime delayed fetchAll getOptions isReady map mutable
  operation par shard spawn spawnBulk spawnSequential task taskContext tochunk use valueCodec wait waitAll waitAny withOptions
  PoniardError TaskFailedError SchedulingError FunctionTransferError ValueTransferError WorkerLostError CancelledError
  TimeoutError ScopeError StorageError`.split(/\s+/),
);

export const isFrameworkName = (name: string): boolean => NAMES.has(name);
