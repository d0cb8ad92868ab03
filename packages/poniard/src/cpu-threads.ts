/** @file The plug-in for CPU threads, given the thread that started while this package was loaded. */

import type { Plugin } from '@poniard/core';
import { type CpuThreadsOptions, cpuThreads as onThreads } from '@poniard/proc-cpu';
import { warmThread } from '#warm';

export type { CpuThreadsOptions };

/**
 * Runs tasks on worker threads: kind `'thread'`, ids `cpu:0`, `cpu:1` … Dagger: `ThreadProc`. The first runtime that
 * gets it finds one thread started.
 *
 * @throws TypeError for an unknown option or one of the wrong type.
 * @example
 * ```ts
 * import { cpuThreads, createRuntime } from 'poniard';
 *
 * await using runtime = createRuntime({ plugins: [cpuThreads({ threads: 2 })] });
 * console.log(await runtime.spawn((x: number) => x ** 2, 12)); // 144
 * ```
 */
export function cpuThreads(options: CpuThreadsOptions = {}): Plugin {
  return onThreads(options, warmThread);
}
