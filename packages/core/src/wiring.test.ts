import {
  CLOCK,
  type Clock,
  createRuntime,
  EVENT_SINK,
  FUNCTION_CODEC,
  type FunctionCodec,
  HOST,
  KEEP_ALIVE,
  PLACEMENT_POLICY,
  type Plugin,
  PoniardError,
  type PoniardEvent,
  PROCESSOR_PROVIDER,
  type ProcessorProvider,
  STORE,
} from '@poniard/core';
import {
  ClockedProcessor,
  createTestRuntime,
  FakeClock,
  FakeHost,
  FakeKeepAlive,
  FakePlacement,
  FakeProcessor,
  FakeStore,
  runtimeTest,
} from '@poniard/testing';
import { inject, injectable, container as root } from 'tsyringe';
import { describe, expect, it } from 'vitest';

const add = (a: number, b: number): number => a + b;
const provider = (name: string, start: ProcessorProvider['start']): Plugin => ({
  name,
  register: (container) => void container.register(PROCESSOR_PROVIDER, { useValue: { name, start } }),
});

describe('ports of the container that a runtime is given', () => {
  runtimeTest('replace placement, clock and store', async ({ createRuntime }) => {
    const container = root.createChildContainer();
    const clock = new FakeClock();
    const store = new FakeStore();
    const policy = new FakePlacement(() => 'fake:1');
    container.register(CLOCK, { useValue: clock });
    container.register(STORE, { useValue: store });
    container.register(PLACEMENT_POLICY, { useValue: policy });
    const processors = [0, 1].map((i) => new ClockedProcessor(clock, 1000, { id: `fake:${i}` }));
    const runtime = createRuntime({ container, plugins: [provider('two', () => processors)] });
    const chunk = runtime.tochunk(new Float64Array(10_000));
    const task = runtime.spawn((xs: unknown) => typeof xs, chunk);
    await Promise.resolve();
    expect(policy.choices).toEqual([{ task: 'anonymous', processor: 'fake:1' }]);
    expect(store.bytes).toBeGreaterThanOrEqual(80_000);
    expect(runtime.stats().bytes.host).toBe(store.bytes);
    expect(task.isReady()).toBe(false);
    clock.advance(1000);
    expect(await task).toBe('object');
    chunk.release();
    expect(store.bytes).toBe(0);
  });

  it('replace what holds the process, the host and the sink of events', async () => {
    const container = root.createChildContainer();
    const keepAlive = new FakeKeepAlive();
    const host = new FakeHost();
    const heard: PoniardEvent[] = [];
    container.register(KEEP_ALIVE, { useValue: keepAlive });
    container.register(HOST, { useValue: host });
    container.register(EVENT_SINK, {
      useValue: { active: true, emit: (event: PoniardEvent) => heard.push(event) },
    });
    const runtime = createRuntime({ container });
    const task = runtime.spawn(() => {
      throw new Error('unseen');
    });
    expect(keepAlive.held).toBe(true);
    await runtime.close();
    expect(keepAlive).toMatchObject({ held: false, holds: 1 });
    expect(host.warnings).toMatchObject([{ code: 'PONIARD_UNSEEN_FAILURE' }]);
    expect(heard.filter((event) => event.task === task.id).map(({ type }) => type)).toEqual([
      'task:spawn',
      'task:ready',
      'task:assigned',
      'task:start',
      'task:answer',
      'task:error',
    ]);
  });

  it('the container itself stays as it was', async () => {
    const container = root.createChildContainer();
    const runtime = createRuntime({ container, plugins: [provider('none', () => [])] });
    expect(container.isRegistered(PROCESSOR_PROVIDER)).toBe(false);
    expect(root.isRegistered(PROCESSOR_PROVIDER)).toBe(false);
    await runtime.close();
  });
});

describe('plug-ins', () => {
  @injectable()
  class CountingClock implements Clock {
    asked = 0;
    now(): number {
      return ++this.asked;
    }
    after(): () => void {
      return () => {};
    }
  }

  @injectable()
  class TimedStore extends FakeStore {
    readonly times: number[] = [];
    constructor(@inject(CLOCK) private readonly clock: Clock) {
      super();
    }
    override keep(value: unknown, bytes: number) {
      this.times.push(this.clock.now());
      return super.keep(value, bytes);
    }
  }

  runtimeTest('bring classes that name what they need by tokens', async ({ createRuntime }) => {
    let store: TimedStore | undefined;
    const timed: Plugin = {
      name: 'timed',
      register(container) {
        container.registerSingleton(CLOCK, CountingClock);
        container.registerSingleton(STORE, TimedStore);
        store = container.resolve(STORE) as TimedStore;
      },
    };
    const runtime = createRuntime({ plugins: [timed] });
    const chunk = runtime.tochunk(new Float64Array(10_000));
    expect(store?.times).toHaveLength(1);
    expect(runtime.stats().bytes.host).toBe(store?.bytes);
    chunk.release();
  });

  it('override what the container holds', async () => {
    const container = root.createChildContainer();
    container.register(PLACEMENT_POLICY, { useValue: new FakePlacement(() => 'nobody') });
    const policy = new FakePlacement();
    const runtime = createTestRuntime({ container, fakes: { policy } });
    expect(await runtime.spawn(add, 1, 2)).toBe(3);
    expect(policy.choices).toHaveLength(1);
  });

  it('may bring processors later, and tasks wait for them', async () => {
    let arrive!: (processors: FakeProcessor[]) => void;
    const late = new Promise<FakeProcessor[]>((resolve) => {
      arrive = resolve;
    });
    const clock = new FakeClock();
    const runtime = createTestRuntime({ plugins: [provider('late', () => late)] });
    const first = runtime.spawn(add, 1, 2);
    const second = runtime.spawn(add, first, 3);
    expect(runtime.processors().map(({ id }) => id)).toEqual(['inline:0']);
    expect(first.state).toBe('waiting');
    const processor = new ClockedProcessor(clock, 10);
    arrive([processor]);
    await runtime.ready();
    await Promise.resolve();
    clock.advance(10);
    await Promise.resolve();
    clock.advance(10);
    expect(await second).toBe(6);
    expect(processor.begun).toEqual([first.id, second.id]);
  });

  it('their function codec encodes what travels', async () => {
    const encoded: string[] = [];
    const codec: FunctionCodec = {
      encode(fn) {
        encoded.push(fn.name);
        return { kind: 'source', name: fn.name, source: String(fn), imports: [] };
      },
    };
    const clock = new FakeClock();
    const processor = new ClockedProcessor(clock, 10, { local: false });
    const runtime = createTestRuntime({
      fakes: { clock, processors: [processor] },
      plugins: [
        {
          name: 'codec',
          register: (container) => void container.register(FUNCTION_CODEC, { useValue: codec }),
        },
      ],
    });
    const tasks = [runtime.spawn(add, 1, 2), runtime.spawn(add, 3, 4)];
    await runtime.ready();
    await Promise.resolve();
    while (clock.next());
    await Promise.resolve();
    while (clock.next());
    expect(await runtime.fetchAll(tasks)).toEqual([3, 7]);
    expect(encoded).toEqual(['add']);
  });

  it.each([
    [
      'at once',
      () => {
        throw new Error('no GPU here');
      },
    ],
    ['later', () => Promise.reject(new Error('no GPU here'))],
  ] as [string, ProcessorProvider['start']][])(
    'one that fails %s is named by ready(), and the others work',
    async (_, start) => {
      const clock = new FakeClock();
      const processor = new ClockedProcessor(clock, 10);
      const runtime = createTestRuntime({
        plugins: [provider('gpu', start), provider('fine', () => [processor])],
      });
      const task = runtime.spawn(add, 1, 2);
      const error = await runtime.ready().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(PoniardError);
      expect((error as Error).message).toBe('the plugin gpu could not start: no GPU here');
      expect((error as Error).cause).toEqual(new Error('no GPU here'));
      await Promise.resolve();
      clock.advance(10);
      expect(await task).toBe(3);
    },
  );

  it('one that cannot register is named', () => {
    const broken: Plugin = {
      name: 'broken',
      register() {
        throw new Error('out of order');
      },
    };
    expect(() => createRuntime({ plugins: [broken] })).toThrow(
      new PoniardError('the plugin broken could not register: out of order'),
    );
  });

  it.each([[undefined], [null], [5], [{ name: 'half' }], [() => {}]])('%s is none', (plugin) => {
    expect(() => createRuntime({ plugins: [plugin as never] })).toThrow(
      'a plugin must be an object such as cpuThreads()',
    );
  });

  it('come in an array', () => {
    expect(() => createRuntime({ plugins: provider('x', () => []) as never })).toThrow(
      'plugins must be an array',
    );
  });
});

describe('two runtimes', () => {
  runtimeTest('share nothing', async ({ createRuntime }) => {
    const [one, two] = [createRuntime({ debug: true }), createRuntime()];
    const heard: PoniardEvent[] = [];
    two.subscribe((event) => heard.push(event));
    expect(await one.spawn(add, 1, 2)).toBe(3);
    expect(heard).toEqual([]);
    expect(two.stats().tasks.finished).toBe(0);
    expect(one.processors()[0]).not.toBe(two.processors()[0]);
    const task = one.spawn(add, 1, 1);
    expect(() => two.spawn(add, task, 1)).toThrow('the Task belongs to another runtime');
    await one.close();
    expect(await two.spawn(add, 2, 2)).toBe(4);
    expect(() => one.spawn(add, 1, 1)).toThrow('closed');
  });

  runtimeTest('of one plug-in each have their own processors', async ({ createRuntime }) => {
    let made = 0;
    const plugin = provider('each', () => [new FakeProcessor({ id: `fake:${made++}` })]);
    const ids = [createRuntime({ plugins: [plugin] }), createRuntime({ plugins: [plugin] })].map((runtime) =>
      runtime.processors().map(({ id }) => id),
    );
    expect(ids).toEqual([
      ['inline:0', 'fake:0'],
      ['inline:0', 'fake:1'],
    ]);
  });
});
