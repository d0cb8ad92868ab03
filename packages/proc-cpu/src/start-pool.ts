/** @file A piscina pool of one thread. */
import type { ResourceLimits } from 'node:worker_threads';
import { Piscina } from 'piscina';

export interface ThreadOptions {
  readonly resourceLimits: ResourceLimits;
  readonly execArgv: readonly string[];
  readonly startTimeout: number;
}

const WORKER = new URL('./worker.js', import.meta.url).href;

/** A pool of one thread, which begins to start at once. */
export function startPool({ resourceLimits, execArgv }: ThreadOptions): Piscina {
  const pool = new Piscina({
    filename: WORKER,
    minThreads: 1,
    maxThreads: 1,
    idleTimeout: Number.POSITIVE_INFINITY,
    atomics: 'disabled',
    ...(Object.keys(resourceLimits).length > 0 && { resourceLimits }),
    ...(execArgv.length > 0 && { execArgv: [...inheritable(process.execArgv), ...execArgv] }),
  });
  // Without a listener an out-of-memory error of the thread would end this process.
  pool.on('error', () => {});
  return pool;
}

const WITH_VALUE = ['--import', '--require', '-r', '--loader', '--experimental-loader', '--conditions', '-C'];
const ALONE = [
  '--enable-source-maps',
  '--no-warnings',
  '--trace-warnings',
  '--experimental-strip-types',
  '--no-deprecation',
];

/** The options of this process that a thread may be given too; V8's hold for the process and are refused there. */
export function inheritable(execArgv: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < execArgv.length; i++) {
    const option = execArgv[i] as string;
    const [name] = option.split('=') as [string];
    if (WITH_VALUE.includes(name)) {
      kept.push(option);
      if (!option.includes('=')) kept.push(execArgv[++i] as string);
    } else if (ALONE.includes(name)) kept.push(option);
  }
  return kept;
}
