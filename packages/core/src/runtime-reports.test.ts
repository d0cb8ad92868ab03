import { inspect } from 'node:util';
import {
  type Call,
  operation,
  type Plugin,
  type PoniardEvent,
  PROCESSOR_PROVIDER,
  type ProcessorHost,
} from '@poniard/core';
import { createTestRuntime, FakeHost, FakeMemory, FakeProcessor, rejection, settle } from '@poniard/testing';
import { describe, expect, it } from 'vitest';

const add = (a: number, b: number): number => a + b;
const boom = (): never => {
  throw new Error('boom');
};

/** A plug-in whose only work is `start`. */
function provider(start: (host: ProcessorHost) => void): Plugin {
  return {
    name: 'listens',
    register(container) {
      container.register(PROCESSOR_PROVIDER, {
        useValue: {
          name: 'listens',
          start(host) {
            start(host);
            return [];
          },
        },
      });
    },
  };
}

describe('what a runtime tells of itself', () => {
  it('P5. explain() gives each processor its cost, term by term, or the reason why it was refused', async () => {
    const processors = [
      new FakeProcessor({ id: 'a' }),
      new FakeProcessor({ id: 'b', accepts: () => ({ reason: 'it is shy' }) }),
    ];
    const runtime = createTestRuntime({ debug: true, fakes: { processors } });
    await runtime.ready();
    const first = runtime.spawn(add, 1, 2);
    const report = runtime.explain(first);
    expect(report.processor).toBe('a');
    expect(report.rows.map(({ processor, refusal }) => [processor, refusal])).toEqual([
      ['inline:0', expect.stringContaining('it runs only what names it')],
      ['a', undefined],
      ['b', 'it is shy'],
    ]);
    expect(report.rows[1]?.cost).toEqual({
      queued: 0,
      transfer: 0,
      run: 1000,
      total: 1000,
      measured: false,
    });
    expect(`${report}`.split('\n')).toEqual([
      'add (#1) → a',
      '       µs  queued  transfer    run',
      '→ a  1000       0         0  ~1000',
      expect.stringContaining('  inline:0: it runs only what names it'),
      '  b: it is shy',
    ]);
    expect(inspect(report)).toBe(`${report}`);
    expect(report.story.match(/task:\w+/g)).toEqual(['task:spawn', 'task:ready', 'task:assigned']);
  });

  it("P5. explain() says where a processor computes on the threads' cores", async () => {
    const processors = [
      new FakeProcessor({ id: 'a', cores: 1 }),
      new FakeProcessor({ id: 'b', cores: Number.POSITIVE_INFINITY }),
    ];
    const runtime = createTestRuntime({ fakes: { processors } });
    await runtime.ready();
    const report = runtime.explain(runtime.spawn(add, 1, 2));
    expect(report.rows.map(({ processor, note }) => [processor, note])).toEqual([
      ['inline:0', undefined],
      ['a', undefined],
      ['b', "computes on the CPU's cores"],
    ]);
    expect(`${report}`).toContain("\n  b: computes on the CPU's cores");
  });

  it('P5. explain() and errors say why there is no processor of a kind that a task has an implementation for', async () => {
    const events: PoniardEvent[] = [];
    const plugin = provider(
      (host) => void Promise.resolve().then(() => host.absent('odd', 'there is no odd device')),
    );
    const runtime = createTestRuntime({ plugins: [plugin], fakes: { processors: [new FakeProcessor()] } });
    runtime.subscribe((event) => void events.push(event));
    await runtime.ready();
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'processor:absent', name: 'odd', reason: 'there is no odd device' }),
    );
    const odd = operation('odd', { odd: () => 1 } as never);
    const error = await rejection(runtime.spawn(odd as never));
    expect(error.message).toContain('\n  odd: there is no odd device');
    const both = operation('both', { host: () => 1, odd: () => 1 } as never);
    const report = runtime.explain(runtime.spawn(both as never));
    expect(report.absent).toEqual([{ kind: 'odd', reason: 'there is no odd device' }]);
    expect(`${report}`).toContain('\n  odd: there is no odd device');
    expect(runtime.explain(runtime.spawn(add, 1, 2)).absent).toEqual([]);
  });

  it('P5. explain() says of a task that has ended whether its rows are of now', async () => {
    const processor = new FakeProcessor({ id: 'a' });
    const plain = createTestRuntime({ fakes: { processors: [processor] } });
    await plain.ready();
    const task = plain.spawn(add, 1, 2);
    expect(`${plain.explain(task)}`).not.toMatch(/would cost now/);
    await settle();
    processor.finish();
    await task;
    expect(plain.explain(task)).toMatchObject({ asOf: 'now', processor: 'a' });
    expect(plain.explain(task).rows.at(-1)?.cost).toBeDefined();
    expect(`${plain.explain(task)}`).toMatch(/as such a call would cost now/);
    const told = createTestRuntime({ debug: true });
    const recorded = told.spawn(add, 1, 2);
    await recorded;
    expect(told.explain(recorded).asOf).toBe('placement');
    expect(`${told.explain(recorded)}`).not.toMatch(/would cost now/);
  });

  it('P5. explain() of a task that has ended and had data tells no costs that are not true', async () => {
    const cpu = new FakeProcessor({ id: 'a' });
    const wantsSingle = { reason: 'it computes in float32' };
    const isDouble = (call: Call) => (call.argument(0) as { value: unknown }).value instanceof Float64Array;
    const gpu = new FakeProcessor({
      id: 'b',
      kind: 'gpu',
      accepts: (call) => !isDouble(call) || wantsSingle,
    });
    const tiny = new FakeProcessor({ id: 'c', kind: 'tiny', freeMemory: () => 1000 });
    const runtime = createTestRuntime({ fakes: { processors: [cpu, gpu, tiny] } });
    await runtime.ready();
    const task = runtime.spawn((x: Float64Array) => x.length, new Float64Array(1000));
    const refusals = () => runtime.explain(task).rows.map(({ refusal }) => refusal);
    const outside = expect.stringContaining('it runs only what names it');
    expect(refusals()).toEqual([
      outside,
      undefined,
      'it computes in float32',
      expect.stringMatching(/1000 bytes free and the task takes 8\d{3}/),
    ]);
    await settle();
    cpu.finish(undefined, 100, 1000);
    await task;
    const { rows } = runtime.explain(task);
    expect(rows.map(({ cost }) => cost)).toEqual([undefined, undefined, undefined, undefined]);
    expect(refusals()).toEqual([outside, undefined, undefined, undefined]);
    expect(`${runtime.explain(task)}`).toMatch(
      /→ a\n {2}\(its inputs are gone, and with them what it cost on a, b, c: a runtime made with debug tells/,
    );
  });

  it.each(['task:ready', 'task:assigned', 'task:start'])(
    'O5. a subscriber may cancel and spawn tasks in the middle of %s',
    async (type) => {
      const runtime = createTestRuntime();
      let more: Promise<number> | undefined;
      const stop = runtime.subscribe((event) => {
        if (event.type !== type) return;
        stop();
        runtime.halt('enough');
        more = runtime.spawn(add, 1, 2).fetch();
      });
      const tasks = [runtime.spawn(add, 1, 1), runtime.spawn(add, 1, 1)];
      expect((await rejection(tasks[0] as never)).cause).toMatchObject({ cause: 'enough' });
      await Promise.allSettled(tasks);
      expect(await more).toBe(3);
    },
  );

  it('P5. explain() tells under debug what it was when the task was placed, also when its inputs are gone', async () => {
    for (const debug of [true, false]) {
      const space = new FakeMemory('far', false);
      const processor = new FakeProcessor({ space });
      const runtime = createTestRuntime({ debug, fakes: { processors: [processor] } });
      await runtime.ready();
      const task = runtime.spawn((x: Float32Array) => x.length, new Float32Array(1e6));
      await settle();
      processor.finish(undefined, 100, 5);
      expect(await task).toBe(5);
      const cost = runtime.explain(task).rows.at(-1)?.cost;
      expect(cost && Math.round(cost.transfer)).toBe(debug ? 2050 : undefined);
    }
  });

  it('P5. the event stream and stats() tell each move with its bytes', async () => {
    const events: PoniardEvent[] = [];
    const space = new FakeMemory('far');
    const processor = new FakeProcessor({ space, keeps: () => true, bytes: 500 });
    let host: ProcessorHost | undefined;
    const plugin = provider((given) => {
      host = given;
    });
    const runtime = createTestRuntime({ plugins: [plugin], fakes: { processors: [processor] } });
    runtime.subscribe((event) => void events.push(event));
    await runtime.ready();
    const task = runtime.spawn(add, 1, 2);
    await settle();
    const [call] = processor.calls;
    host?.moved({ from: 'host', to: 'far', bytes: 3000, micros: 7, call });
    host?.moved({ from: 'host', to: 'far', bytes: 100, micros: 5 });
    processor.finish();
    await task.wait();
    expect(space.moved).toEqual([]);
    await task;
    expect(events.filter(({ type }) => type === 'chunk:moved')).toMatchObject([
      { name: 'add', processor: 'fake:0', from: 'host', to: 'far', bytes: 3000, micros: 7 },
      { name: 'add', processor: 'fake:0', from: 'far', to: 'host', bytes: 500 },
    ]);
    expect(runtime.stats().transfers).toMatchObject([
      { from: 'host', to: 'far', moves: 1, bytes: 3000, latency: 5 },
      { from: 'far', to: 'host', moves: 1, bytes: 500 },
    ]);
  });

  it('stats() counts tasks, processors and bytes', async () => {
    const space = new FakeMemory('far');
    const processor = new FakeProcessor({ space, keeps: () => true, bytes: 500 });
    const runtime = createTestRuntime({ fakes: { processors: [processor] } });
    await runtime.ready();
    const tasks = [
      runtime.spawn(add, 1, 2),
      runtime.spawn(add, 1, 2),
      runtime.spawn(add, runtime.spawn(boom), 2),
    ];
    await settle();
    processor.finish();
    await settle();
    expect(runtime.stats()).toMatchObject({
      tasks: { waiting: 1, ready: 1, running: 1, finished: 1, failed: 0, cancelled: 0 },
      processors: [
        { id: 'inline:0', finished: 0 },
        { id: 'fake:0', kind: 'fake', up: true, queued: 1, sent: 1, finished: 1 },
      ],
      bytes: { far: 500 },
    });
    processor.finish();
    await settle();
    processor.finish();
    expect(await tasks[1]).toBe(3);
    await rejection(tasks[2] as never);
    expect(runtime.stats().tasks).toMatchObject({ finished: 2, failed: 2 });
    await runtime.close();
    processor.lose();
  });

  it('subscribe() tells every event from then on, until it is ended', async () => {
    const runtime = createTestRuntime();
    await runtime.spawn(add, 1, 2);
    const heard: PoniardEvent[] = [];
    const stop = runtime.subscribe((event) => heard.push(event));
    const task = runtime.spawn.with({ name: 'sum' }, add, 1, 2);
    await task;
    stop();
    await runtime.spawn(add, 1, 2);
    expect(heard.map(({ type }) => type)).toEqual([
      'task:spawn',
      'task:ready',
      'task:assigned',
      'task:start',
      'task:answer',
      'task:finish',
    ]);
    expect(heard.every(({ task: id, name }) => id === task.id && name === 'sum')).toBe(true);
  });

  it('S11. a failure that nobody looked at is reported once, when the runtime closes', async () => {
    const host = new FakeHost();
    const runtime = createTestRuntime({ fakes: { host } });
    const unseen = runtime.spawn.with({ name: 'unseen' }, boom);
    const downstream = runtime.spawn(add, unseen, 1);
    const seen = runtime.spawn(boom);
    await rejection(seen);
    await runtime.close();
    expect(host.warnings).toHaveLength(1);
    expect(host.warnings[0]?.message).toMatch(
      /^task unseen \(#1\) failed and nobody looked at it: Error: boom\n/,
    );
    expect(downstream.state).toBe('failed');
  });

  it('S11. waiting for a failed task is looking at it', async () => {
    const host = new FakeHost();
    const runtime = createTestRuntime({ fakes: { host } });
    await runtime.wait(runtime.spawn(boom));
    await runtime.close();
    expect(host.warnings).toEqual([]);
  });
});
