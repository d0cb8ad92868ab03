/** @file The plug-in that brings CPU threads. */
import { availableParallelism, hostname, totalmem } from 'node:os';
import type { ResourceLimits } from 'node:worker_threads';
import {
  CodecBook,
  checkGiven,
  FUNCTION_CODEC,
  type OptionRules,
  type Plugin,
  PROCESSOR_PROVIDER,
  VALUE_CODEC,
  type ValueCodec,
} from '@poniard/core';
import { NodeFunctionCodec } from './functions/node-codec.js';
import { ThreadProcessor } from './thread-processor.js';
import type { WarmThread } from './warm.js';

export interface CpuThreadsOptions {
  /** How many worker threads. Default: the CPUs that this process may use. */
  readonly threads?: number;
  /** Limits of each thread's heap and stack, as `worker_threads` takes them. One that exceeds them is replaced. */
  readonly resourceLimits?: ResourceLimits;
  /**
   * In bytes: what the tasks on all threads may take at a time, inputs and `allocUtil` together. Others wait. Default: the
   * memory that this process may use.
   */
  readonly memoryLimit?: number;
  /** Node options for the threads, besides those of this process. */
  readonly execArgv?: readonly string[];
  /** In ms: how long a thread may take to start. Default 30,000. */
  readonly startTimeout?: number;
}

/**
 * Runs tasks on worker threads: kind `'thread'`, ids `cpu:0`, `cpu:1` … Dagger: `ThreadProc`.
 *
 * `warm`: a thread that is starting already, from `@poniard/proc-cpu/warm`; the first that may have it gets it.
 *
 * @throws TypeError for an unknown option or one of the wrong type.
 * @example
 * ```ts
 * import { createRuntime } from '@poniard/core';
 * import { cpuThreads } from '@poniard/proc-cpu';
 *
 * await using runtime = createRuntime({ plugins: [cpuThreads({ threads: 2 })] });
 * console.log(await runtime.spawn((x: number) => x ** 2, 12)); // 144
 * ```
 */
export function cpuThreads(options: CpuThreadsOptions = {}, warm?: WarmThread): Plugin {
  const { threads, memoryLimit, ...threadOptions } = checked(options);
  return {
    name: 'cpuThreads',
    register(container) {
      if (!container.isRegistered(FUNCTION_CODEC, true)) {
        container.register(FUNCTION_CODEC, {
          useFactory: () => new NodeFunctionCodec({ execArgv: threadOptions.execArgv }),
        });
      }
      container.register(PROCESSOR_PROVIDER, {
        useFactory: (child) => ({
          name: 'cpuThreads',
          start(host) {
            const known: ValueCodec[] = child.isRegistered(VALUE_CODEC, true)
              ? child.resolveAll(VALUE_CODEC)
              : [];
            const codecs = new CodecBook(known, (specifier) => import(specifier));
            const shared = {
              machine: hostname(),
              codecs,
              nested: host.nested,
              memoryLimit,
              ...threadOptions,
            };
            const processors = Array.from(
              { length: threads },
              (_, index) => new ThreadProcessor({ index, ...shared }),
            );
            for (const { mover } of processors) host.addMover(mover);
            const [first, ...others] = processors as [ThreadProcessor, ...ThreadProcessor[]];
            // The first result needs one thread: the others start when it is up, and do not compete with it before.
            first.start(warm?.take(threadOptions), () => {
              for (const processor of others.splice(0)) processor.start(undefined, () => {});
            });
            return processors;
          },
        }),
      });
    },
  };
}

const positive = (value: unknown): boolean => typeof value === 'number' && value > 0;
const isLimits = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every(positive);

const RULES: OptionRules<CpuThreadsOptions> = {
  threads: {
    is: (value) => Number.isInteger(value) && positive(value),
    must: 'be a positive integer',
  },
  resourceLimits: {
    is: isLimits,
    must: 'be an object of positive numbers such as { maxOldGenerationSizeMb: 500 }',
  },
  memoryLimit: { is: positive, must: 'be a positive number of bytes' },
  execArgv: {
    is: (value) => Array.isArray(value) && value.every((option) => typeof option === 'string'),
    must: "be an array of strings such as ['--conditions=development']",
  },
  startTimeout: { is: positive, must: 'be a positive number of milliseconds' },
};

function checked(options: CpuThreadsOptions): Required<CpuThreadsOptions> {
  const {
    threads = availableParallelism(),
    resourceLimits = {},
    execArgv = [],
    memoryLimit = usableMemory(),
    startTimeout = 30_000,
  } = checkGiven('cpuThreads', options, RULES);
  return { threads, resourceLimits, memoryLimit, execArgv, startTimeout };
}

/** The machine's memory, or what a container leaves of it. */
function usableMemory(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
