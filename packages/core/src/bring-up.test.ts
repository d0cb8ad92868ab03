import {
  createRuntime,
  operation,
  PROCESSOR_PROVIDER,
  type ProcessorProvider,
  type Runtime,
} from '@poniard/core';
import { FakeProcessor } from '@poniard/testing';
import { describe, expect, it, onTestFinished } from 'vitest';

/** A runtime with a provider that starts for operations with the implementation `device`. */
function runtimeWithDevice(start: ProcessorProvider['start'], startsFor: string | undefined = 'device') {
  let starts = 0;
  const provider: ProcessorProvider = {
    name: 'device',
    ...(startsFor !== undefined && { startsFor }),
    start(host) {
      starts++;
      return start(host);
    },
  };
  const runtime = createRuntime({
    plugins: [
      {
        name: 'device',
        register: (container) => void container.register(PROCESSOR_PROVIDER, { useValue: provider }),
      },
    ],
  });
  onTestFinished(() => runtime.close({ force: true }));
  return { runtime, starts: () => starts };
}

const device = () =>
  new FakeProcessor({ id: 'device:0', kind: 'device', implementations: ['device'], queues: true });
const onDevice = operation('onDevice', { device: () => 'on the device' });
const kinds = (runtime: Runtime) => runtime.processors().map(({ kind }) => kind);

describe('a plug-in whose processors start for an implementation', () => {
  it('starts when a function that has it is first spawned, which waits for it', async () => {
    const made = device();
    const { runtime, starts } = runtimeWithDevice(async () => [made]);
    expect(starts()).toBe(0);
    const task = runtime.spawn(onDevice);
    expect(starts()).toBe(1);
    await Promise.resolve();
    await new Promise(setImmediate);
    expect(made.calls.map(({ name }) => name)).toEqual(['onDevice']);
    made.finish();
    expect(await task).toBe('on the device');
    expect(starts()).toBe(1);
  });

  it('does not start for other functions', async () => {
    const { runtime, starts } = runtimeWithDevice(() => [device()]);
    const other = operation('other', { inline: () => 1 });
    await expect(runtime.spawn(other)).rejects.toThrow();
    expect(starts()).toBe(0);
    expect(kinds(runtime)).toEqual(['inline']);
  });

  it('starts for ready()', async () => {
    const { runtime, starts } = runtimeWithDevice(async () => [device()]);
    await runtime.ready();
    await runtime.ready();
    expect(starts()).toBe(1);
    expect(kinds(runtime)).toEqual(['inline', 'device']);
  });

  it('that fails fails what needs it, and is named by ready()', async () => {
    const { runtime } = runtimeWithDevice(async () => {
      throw new Error('no such device');
    });
    await expect(runtime.spawn(onDevice)).rejects.toThrow(
      'device: the plugin could not start: no such device',
    );
    await expect(runtime.ready()).rejects.toThrow('the plugin device could not start: no such device');
  });

  it('E5. that cannot start is named in the errors of tasks that it might have run, in explain() and as an event', async () => {
    const { runtime } = runtimeWithDevice(() => {
      throw new Error('no such device');
    });
    const heard: unknown[] = [];
    runtime.subscribe(({ type, name, reason }) => heard.push([type, name, reason]));
    const failed = runtime.spawn(onDevice);
    await expect(failed).rejects.toThrow('\n  device: the plugin could not start: no such device');
    const absent = [{ kind: 'device', reason: 'the plugin could not start: no such device' }];
    expect(runtime.explain(failed).absent).toEqual(absent);
    expect(heard).toContainEqual(['processor:absent', 'device', absent[0]?.reason]);
    // What it would not have run has nothing to do with it.
    const other = runtime.spawn(operation('other', { inline: () => 1 }));
    expect(runtime.explain(other).absent).toEqual([]);
    await other.wait();
  });

  it('that comes after the runtime was closed is closed as well', async () => {
    const made = device();
    let arrive: (processors: FakeProcessor[]) => void = () => {};
    const { runtime } = runtimeWithDevice(() => new Promise((resolve) => (arrive = resolve)));
    const ready = runtime.ready();
    await runtime.close();
    arrive([made]);
    await ready;
    expect(made.closed).toBe(true);
    expect(kinds(runtime)).not.toContain('device');
  });
});
