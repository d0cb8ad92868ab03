import { createTestRuntime, FakeClock, FakeProcessor } from '@poniard/testing';
import { describe, expect, it } from 'vitest';
import { GRACE } from './insistence.js';

const add = (a: number, b: number): number => a + b;

async function started(options: { timeout?: number } = {}) {
  const clock = new FakeClock();
  const processor = new FakeProcessor();
  const runtime = createTestRuntime({ fakes: { clock, processors: [processor] } });
  await runtime.ready();
  const task = runtime.spawn.with(options, add, 1, 2);
  await turn();
  return { clock, processor, task };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const forces = (processor: FakeProcessor): boolean[] => processor.aborted.map(({ force }) => force);

describe('a task that has to end', () => {
  it('O5. by force, is told first, and its processor is stopped when it does not listen', async () => {
    const { clock, processor, task } = await started();
    task.cancel('enough', { force: true });
    await turn();
    expect(forces(processor)).toEqual([false]);
    clock.advance(GRACE - 1);
    expect(forces(processor)).toEqual([false]);
    clock.advance(1);
    expect(forces(processor)).toEqual([false, true]);
  });

  it('O5. by force, and listens, costs no processor', async () => {
    const { clock, processor, task } = await started();
    task.cancel('enough', { force: true });
    await turn();
    processor.fail();
    clock.advance(2 * GRACE);
    expect(forces(processor)).toEqual([false]);
  });

  it('O5. without force goes on for as long as it likes', async () => {
    const { clock, processor, task } = await started();
    task.cancel('enough');
    await turn();
    clock.advance(100 * GRACE);
    expect(forces(processor)).toEqual([false]);
  });

  it('O5. by force after all, is stopped too', async () => {
    const { clock, processor, task } = await started();
    task.cancel('enough');
    await turn();
    task.cancel('now', { force: true });
    await turn();
    clock.advance(GRACE);
    expect(forces(processor)).toEqual([false, false, true]);
  });

  it('O5. by its timeout, is stopped where it blocks its processor', async () => {
    const { clock, processor, task } = await started({ timeout: 5 });
    clock.advance(5000);
    await task.wait();
    expect(task.state).toBe('failed');
    expect(forces(processor)).toEqual([false]);
    clock.advance(GRACE);
    expect(forces(processor)).toEqual([false, true]);
  });

  it('O5. by its timeout, and has given its place up, is left alone', async () => {
    const { clock, processor, task } = await started({ timeout: 5 });
    clock.advance(5000);
    await task.wait();
    processor.report?.suspended(processor.calls[0] as never);
    clock.advance(GRACE);
    expect(forces(processor)).toEqual([false]);
  });
});
