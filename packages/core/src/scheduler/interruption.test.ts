import {
  createTestRuntime,
  FakeClock,
  FakeHost,
  FakeProcessor,
  type TestRuntimeOptions,
} from '@poniard/testing';
import { describe, expect, it } from 'vitest';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const add = (a: number, b: number): number => a + b;

async function made(options: TestRuntimeOptions = {}, capacity = 1) {
  const [clock, host] = [new FakeClock(), new FakeHost()];
  const processor = new FakeProcessor({ capacity });
  const runtime = createTestRuntime({ fakes: { clock, host, processors: [processor] }, ...options });
  await runtime.ready();
  return { clock, host, processor, runtime };
}

describe('an interruption', () => {
  it('O5. tells running tasks, and ends when they have', async () => {
    const { host, processor, runtime } = await made({ handleInterrupt: true });
    const tasks = [1, 2].map((i) => runtime.spawn.with({ name: `task ${i}` }, add, i, 1));
    let heard = false;
    for (const task of tasks) void task.wait().then(() => (heard = true));
    await turn();
    const { message, ended } = host.interrupt() as NonNullable<ReturnType<FakeHost['interrupt']>>;
    expect(message).toBe('Interrupted: 1 task was running, 1 waited:\n  task 1 (#1) on fake:0');
    expect(processor.aborted).toMatchObject([{ force: false }]);
    processor.finish();
    await ended;
    expect(heard).toBe(false);
  });

  it('O5. ends after a moment where they go on', async () => {
    const { clock, host, runtime } = await made({ handleInterrupt: true });
    runtime.spawn(add, 1, 2);
    await turn();
    const interruption = host.interrupt();
    clock.advance(300_000);
    await interruption?.ended;
  });

  it('O5. names ten of many', async () => {
    const { host, runtime } = await made({ handleInterrupt: true }, 20);
    for (let i = 0; i < 15; i++) runtime.spawn(add, i, 1);
    await turn();
    expect(host.interrupt()?.message).toMatch(
      /15 tasks were running, 0 waited:\n(.*\n){10} {2}… and 5 more$/,
    );
  });

  it('O5. has nothing to say where nothing is to be done, and after close()', async () => {
    const { host, runtime } = await made({ handleInterrupt: true });
    expect(host.interrupt()?.message).toBeUndefined();
    await host.interrupt()?.ended;
    await runtime.close();
    expect(host.interrupt()).toBeUndefined();
  });

  it('O5. is nothing to a runtime that was not told to listen', async () => {
    const { host } = await made();
    expect(host.interrupt()).toBeUndefined();
    expect(() => createTestRuntime({ handleInterrupt: 1 as never })).toThrow(
      /handleInterrupt must be true or false/,
    );
  });
});
