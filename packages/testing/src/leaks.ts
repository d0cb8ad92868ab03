/** @file What must not be left when a runtime has closed. */
import v8 from 'node:v8';
import vm from 'node:vm';
import type { Worker } from 'node:worker_threads';
import type { Runtime } from '@poniard/core';
import type { FakeKeepAlive } from './keep-alive.js';

/** How often the garbage collector may run, and the event loop turn, until the last thing is gone. */
const COLLECTIONS = 20;

/** Collects garbage, and lets finalisers run. */
export async function collectGarbage(): Promise<void> {
  v8.setFlagsFromString('--expose-gc');
  (vm.runInNewContext('gc') as () => void)();
  // Finalisers run in a turn of their own.
  await new Promise((resolve) => setImmediate(resolve));
}

/** Begins to watch; `check` throws a message that lists what was left since then. */
export class LeakWatch {
  private readonly workers = new Set<Worker>();
  private readonly rejections: unknown[] = [];
  private readonly before = process.getActiveResourcesInfo();
  private readonly onWorker = (worker: Worker): void => {
    this.workers.add(worker);
    worker.once('exit', () => this.workers.delete(worker));
  };
  private readonly onRejection = (reason: unknown): void => void this.rejections.push(reason);

  /** `timers`: whether they count; vitest sets some of its own between the tests of a file. */
  constructor(private readonly timers = true) {
    process.on('worker', this.onWorker);
    process.on('unhandledRejection', this.onRejection);
  }

  /** `runtimes`: closed ones, with what holds the process for each. */
  async check(runtimes: readonly { runtime: Runtime; keepAlive?: FakeKeepAlive }[]): Promise<void> {
    // What was closed just now goes in some turn of the event loop that follows.
    for (let i = 0; i === 0 || (i < COLLECTIONS && this.ofProcess().length > 0); i++) await collectGarbage();
    process.off('worker', this.onWorker);
    process.off('unhandledRejection', this.onRejection);
    const left = this.ofProcess();
    for (const { runtime, keepAlive } of runtimes) left.push(...(await ofRuntime(runtime, keepAlive)));
    if (left.length > 0) throw new Error(`left behind:\n  ${left.join('\n  ')}`);
  }

  private ofProcess(): string[] {
    const left: string[] = this.rejections.map((reason) => `an unhandled rejection: ${String(reason)}`);
    for (const { threadId } of this.workers) left.push(`worker thread ${threadId}`);
    const after = process.getActiveResourcesInfo();
    for (const kind of this.timers ? ['MessagePort', 'Timeout', 'Immediate'] : ['MessagePort']) {
      const count = (names: string[]): number => names.filter((name) => name === kind).length;
      const more = count(after) - count(this.before);
      if (more > 0) left.push(`${more} × ${kind} that holds the process`);
    }
    return left;
  }
}

async function ofRuntime(runtime: Runtime, keepAlive: FakeKeepAlive | undefined): Promise<string[]> {
  const left: string[] = [];
  const { waiting, ready, running } = runtime.stats().tasks;
  if (waiting + ready + running > 0)
    left.push(`tasks: ${waiting} waiting, ${ready} ready, ${running} running`);
  if (keepAlive?.held) left.push('a hold on the process');
  for (let i = 0; i < COLLECTIONS && keptBytes(runtime) > 0; i++) await collectGarbage();
  for (const [space, bytes] of Object.entries(runtime.stats().bytes)) {
    if (bytes > 0) left.push(`${bytes} bytes in the memory space ${space}`);
  }
  return left;
}

const keptBytes = (runtime: Runtime): number =>
  Object.values(runtime.stats().bytes).reduce((sum, bytes) => sum + bytes, 0);
