/** @file The names of this package that a function may use without saying where they come from. */

/** The package that the names below are imported from. */
export const FRAMEWORK_MODULE = '@poniard/core';

/**
 * What a task's function may call. `fetch` is missing on purpose: a free `fetch` is the platform's, unless whoever can see
 * its value says otherwise.
 */
export const frameworkNames: ReadonlySet<string> = new Set(
  `asCompleted cancel capture collect compute createRuntime currentRuntime defaultOptions delayed fetchAll getOptions
  implement isReady map mutable operation par spawn task taskContext
  tochunk use valueCodec wait waitAll waitAny withOptions
  PoniardError TaskFailedError SchedulingError FunctionTransferError ValueTransferError WorkerLostError CancelledError
  TimeoutError DeadlockError ScopeError`.split(/\s+/),
);

export const isFrameworkName = (name: string): boolean => frameworkNames.has(name);
