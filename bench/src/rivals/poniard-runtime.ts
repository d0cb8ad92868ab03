/** @file A runtime of which all threads have run something, so that no row pays for their start. */
import { cpuThreads, createRuntime, type Runtime } from 'poniard';
import { add } from './work.js';

export async function threadsAtWork(threads: number): Promise<Runtime> {
  const runtime = createRuntime({ plugins: [cpuThreads({ threads })] });
  await runtime.ready();
  await runtime.fetchAll(Array.from({ length: threads * 8 }, (_, i) => runtime.spawn(add, i, 1)));
  return runtime;
}
