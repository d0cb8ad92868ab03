import { processorTypeScope } from '@poniard/scopes';
import { FakeMemory, FakePlacement, FakeProcessor } from '@poniard/testing';
import { describe, expect, it } from 'vitest';
import { SchedulingError } from '../errors.js';
import { SnapshotArgument } from './arguments.js';
import type { TaskRecord } from './record.js';
import { Driver, processors } from './testing/driver.js';
import { failureOf, increment, names, one, phases, runAll } from './testing/tasks.js';

type P = FakeProcessor;
const bytes = (size: number): SnapshotArgument => new SnapshotArgument('data', undefined, undefined, size);
const gpu = (traits: Partial<P> = {}): P =>
  new FakeProcessor({
    id: 'gpu:0',
    kind: 'gpu',
    space: new FakeMemory('gpu:0', false),
    keeps: () => true,
    ...traits,
  });

describe('the cost of a processor', () => {
  it('P1. queued: the expected work before a task, shared among as many as run at a time', () => {
    for (const capacity of [1, 4]) {
      const [p] = processors(1, { capacity }) as [P];
      const driver = new Driver([p]);
      for (let i = 0; i < 6; i++) driver.spawn(one, [], { timeUtil: 2 });
      expect(driver.place(p).queuedMicros).toBe(12_000 / capacity);
      p.finish();
      expect(driver.place(p).queuedMicros).toBe(10_000 / capacity);
    }
  });

  it('P1. transfer: nothing for values on memory that the processor shares', () => {
    const [p] = processors(1) as [P];
    const driver = new Driver([p]);
    const task = driver.spawn(one, [bytes(1e6), 'text', 5]);
    expect(driver.state.costs.transfer(task, driver.place(p))).toBe(0);
  });

  it('P1. transfer: to the processor what the host has, and through the host what another has', () => {
    const [p, q] = [gpu(), gpu({ id: 'gpu:1', space: new FakeMemory('gpu:1', false), bytes: 2e6 })];
    const [host] = processors(1) as [P];
    const driver = new Driver([p, q, host], {
      policy: { choose: (task, places) => places[task.name === 'made' ? 1 : 0] as never },
    });
    const made = driver.spawn(one, [], { name: 'made' });
    q.finish();
    const task = driver.spawn(one, [bytes(1e6), made]);
    const cost = (processor: P): number => driver.state.costs.transfer(task, driver.place(processor));
    // 50 µs a message, 2,000 bytes a µs.
    expect(cost(q)).toBe(550);
    expect(cost(p)).toBe(550 + 1050 + 1050);
    expect(cost(host)).toBe(1050);
  });

  it('P1. C2. transfer: nothing for what a processor has a copy of', () => {
    const holds = new Set<number>();
    const space = Object.assign(new FakeMemory('gpu:0', false), {
      holds: (_call: unknown, index: number) => holds.has(index),
    });
    const asked = gpu({ space });
    const plain = gpu({ id: 'gpu:1', space: new FakeMemory('gpu:1', false), bytes: 2e6 });
    const driver = new Driver([asked, plain], {
      policy: { choose: (task, places) => places[task.name === 'made' ? 1 : 0] as never },
    });
    const made = driver.spawn(one, [], { name: 'made' });
    plain.finish();
    driver.fetch(made);
    driver.arrive();
    const task = driver.spawn(one, [bytes(1e6), made]);
    const cost = (processor: P): number => driver.state.costs.transfer(task, driver.place(processor));
    expect(cost(plain)).toBe(550);
    expect(cost(asked)).toBe(550 + 1050);
    holds.add(0);
    expect(cost(asked)).toBe(1050);
    holds.add(1);
    expect(cost(asked)).toBe(0);
  });

  it('P1. run: what was learnt, what the user says, or a guess', () => {
    const [p] = processors(1) as [P];
    const driver = new Driver([p]);
    const { costs } = driver.state;
    const place = driver.place(p);
    expect(costs.terms(driver.spawn(one), place)).toMatchObject({ run: 1000, measured: false });
    p.finish(undefined, 300);
    expect(costs.terms(driver.spawn(one), place)).toMatchObject({ run: 300, measured: true });
    expect(costs.terms(driver.spawn(one, [], { timeUtil: 7 }), place)).toMatchObject({
      run: 7000,
      measured: true,
    });
  });

  it('P1. the total is the sum of the terms, and the lowest wins', () => {
    const [slow, fast] = [gpu({ id: 'slow', kind: 'slow' }), new FakeProcessor({ id: 'fast', kind: 'fast' })];
    const driver = new Driver([slow, fast]);
    driver.fn(one).times.observe('slow', 0, 900);
    driver.fn(one).times.observe('fast', 0, 100);
    const tasks = Array.from({ length: 11 }, () => driver.spawn(one));
    const { queued, transfer, run, total } = driver.state.costs.terms(tasks[0] as never, driver.place(fast));
    expect(total).toBe(queued + transfer + run);
    // Nine fit on the fast one in the time of one on the slow one.
    expect(tasks.filter(({ place }) => place?.processor === slow)).toHaveLength(1);
  });

  it('P3. a small input stays where it is, and a large one pays for its transfer', () => {
    const [cpu] = processors(1, { kind: 'cpu' }) as [P];
    const device = gpu();
    const driver = new Driver([cpu, device]);
    const multiply = driver.fn(increment);
    for (const size of [0, 10]) {
      multiply.times.observe('cpu', size, size === 0 ? 10 : 100_000);
      multiply.times.observe('gpu', size, size === 0 ? 10 : 1000);
    }
    const small = driver.spawn(increment, [bytes(100)]);
    const large = driver.spawn(increment, [bytes(2 ** 21)]);
    expect([small, large].map(({ place }) => place?.processor.kind)).toEqual(['cpu', 'gpu']);
  });

  it('P3. a chain stays on the processor that has its data, and nothing moves', () => {
    const [cpu] = processors(1, { kind: 'cpu' }) as [P];
    const device = gpu({ bytes: 1e7 });
    const driver = new Driver([cpu, device]);
    for (const kind of ['cpu', 'gpu']) driver.fn(increment).times.observe(kind, 0, 100);
    let last = driver.spawn(increment, [1], { scope: processorTypeScope('gpu') });
    for (let i = 0; i < 3; i++) {
      runAll(cpu, device);
      last = driver.spawn(increment, [last]);
    }
    runAll(cpu, device);
    expect(last.residence?.processor).toBe(device);
    expect(driver.moving).toEqual([]);
  });
});

describe('which processors admit a task', () => {
  it('P1. those that accept it', () => {
    const [p, q] = processors(2) as [P, P];
    Object.assign(p, { accepts: () => ({ reason: 'it is shy' }) });
    const driver = new Driver([p, q], { policy: new FakePlacement() });
    const tasks = [driver.spawn(one), driver.spawn(one)];
    expect(tasks.map(({ place }) => place?.processor.id)).toEqual(['fake:1', 'fake:1']);
  });

  it('P1. those with enough free memory for its inputs', () => {
    const [p, q] = processors(2) as [P, P];
    Object.assign(p, { freeMemory: () => 1000 });
    const driver = new Driver([p, q], { policy: { choose: (_, places) => places[0] as never } });
    const [small, large] = [driver.spawn(one, [bytes(1000)]), driver.spawn(one, [bytes(1001)])];
    expect([small, large].map(({ place }) => place?.processor.id)).toEqual(['fake:0', 'fake:1']);
  });

  it('F4. those that have an implementation, the best of each', () => {
    const [p, q] = [
      new FakeProcessor({ id: 'host', implementations: ['host'] }),
      new FakeProcessor({ id: 'gpu', kind: 'gpu', implementations: ['webgpu', 'host'] }),
    ] as [P, P];
    const driver = new Driver([p, q], { policy: new FakePlacement(({ name }) => name) });
    driver.fn(one, { implementations: { webgpu: () => 'on the gpu', host: () => 'on the host' } });
    const tasks = ['host', 'gpu'].map((name) => driver.spawn(one, [], { name, retries: 0 }));
    runAll(p, q);
    expect(tasks.map((task) => task.read())).toEqual(['on the host', 'on the gpu']);
  });

  it('K3. one that is not enabled by default runs only what names it', () => {
    const [p, q] = [
      new FakeProcessor({ id: 'a' }),
      new FakeProcessor({ id: 'b', defaultEnabled: false, kind: 'odd' }),
    ];
    const driver = new Driver([p, q], { policy: { choose: (_, places) => places.at(-1) as never } });
    expect(driver.spawn(one).place?.processor.id).toBe('a');
    expect(driver.spawn(one, [], { scope: processorTypeScope('odd') }).place?.processor.id).toBe('b');
  });

  it('E5. none: the error lists the processors and why each was refused', () => {
    const [p, q, r] = [
      new FakeProcessor({ id: 'shy', accepts: () => ({ reason: 'it is shy' }) }),
      new FakeProcessor({ id: 'full', freeMemory: () => 10 }),
      new FakeProcessor({ id: 'other', implementations: ['webgpu'] }),
    ];
    const driver = new Driver([p, q, r]);
    const { error } = failureOf(driver.spawn(one, [bytes(100)], { name: 'task' }));
    expect(error).toBeInstanceOf(SchedulingError);
    expect((error as Error).message.split('\n')).toEqual([
      expect.stringContaining('no processor can run task (#1)'),
      '  shy: it is shy',
      '  full: it has 10 bytes free and the task takes 100',
      '  other: it runs webgpu, and one has host',
    ]);
  });

  it('E5. no processors at all', () => {
    expect(failureOf(new Driver().spawn(one)).error).toBeInstanceOf(SchedulingError);
  });
});

describe('processors that come late', () => {
  it('get what fitted none before', () => {
    const driver = new Driver([], { incomplete: true });
    const a = driver.spawn(one);
    const b = driver.spawn(increment, [a]);
    expect(phases(a, b)).toEqual(['Waiting', 'Waiting']);
    const p = driver.add(new FakeProcessor());
    runAll(p);
    expect(b.read()).toBe(2);
  });

  it('E5. what fits none fails when all have come, and not before', () => {
    const shy = new FakeProcessor({ accepts: () => false });
    const driver = new Driver([shy], { incomplete: true });
    const task = driver.spawn(one);
    expect(phases(task)).toEqual(['Waiting']);
    driver.handle({ type: 'complete' });
    expect(phases(task)).toEqual(['Failed']);
  });

  it('are handed only functions that are known to travel there', () => {
    const asked: string[] = [];
    const [p] = processors(1) as [P];
    const driver = new Driver([p], {
      prepare: (fn, implementation) => void asked.push(`${fn.name} ${implementation}`),
    });
    const a = driver.spawn(one, [], { name: 'a' });
    const b = driver.spawn(increment, [a], { name: 'b' });
    expect(asked).toEqual([]);
    driver.add(new FakeProcessor({ id: 'far', local: false }));
    p.finish();
    expect(asked).toEqual(['increment host']);
    expect(phases(b)).toEqual(['Waiting']);
    driver.fn(increment).setTravel('host', { state: 'impossible', error: new Error('it cannot') });
    driver.handle({ type: 'prepared', fn: driver.fn(increment) });
    expect(b.place?.processor.id).toBe('fake:0');
  });

  it('take waiting work from those that were there', () => {
    const [p] = processors(1) as [P];
    const driver = new Driver([p]);
    for (let i = 0; i < 4; i++) driver.spawn(one);
    const q = driver.add(new FakeProcessor({ id: 'late' }));
    expect(q.calls).toHaveLength(1);
  });

  it('a function that travels nowhere fails its tasks with the reason', () => {
    const driver = new Driver([new FakeProcessor({ local: false })], {
      prepare: (fn, implementation) =>
        fn.setTravel(implementation, { state: 'impossible', error: new Error('it cannot') }),
    });
    const task = driver.spawn(one);
    driver.handle({ type: 'prepared', fn: driver.fn(one) });
    expect(failureOf(task).error).toEqual(new Error('it cannot'));
  });
});

describe('learning on two kinds', () => {
  const two = (): [P, P] => [
    new FakeProcessor({ id: 'cpu', kind: 'cpu', capacity: 2 }),
    new FakeProcessor({ id: 'gpu', kind: 'gpu', capacity: 1 }),
  ];

  it('P2. a kind that is unknown is tried with one task at a time', () => {
    const [cpu, device] = two();
    const driver = new Driver([cpu, device]);
    for (let i = 0; i < 20; i++) driver.spawn(one, [], { name: `${i}` });
    expect(device.calls.length + driver.place(device).backlogCount).toBe(1);
  });

  it('P2. both are tried, and the faster one gets the work', () => {
    const [cpu, device] = two();
    const driver = new Driver([cpu, device]);
    for (let i = 0; i < 10; i++) driver.spawn(one);
    for (let i = 0; i < 50; i++) {
      if (cpu.calls.length > 0) cpu.finish(undefined, 10_000);
      while (device.calls.length > 0) device.finish(undefined, 10);
    }
    const later = Array.from({ length: 10 }, () => driver.spawn(one));
    expect(new Set(later.map(({ place }) => place?.processor.id))).toEqual(new Set(['gpu']));
  });

  it('P2. a slow kind costs one run', () => {
    const [cpu, device] = two();
    const driver = new Driver([cpu, device]);
    for (let i = 0; i < 100; i++) driver.spawn(one);
    const slow = device.calls[0];
    while (cpu.calls.length > 0) cpu.finish(undefined, 10);
    expect(device.calls).toEqual([slow]);
    device.finish(undefined, 1e6);
    for (let i = 0; i < 100; i++) driver.spawn(one);
    expect(device.calls).toEqual([]);
  });

  /** A trial that waits on the GPU, which is busy with something else. */
  const trial = () => {
    const [cpu, device] = two();
    const driver = new Driver([cpu, device], { policy: new FakePlacement(({ name }) => name) });
    const running = driver.spawn(increment, [1], { name: 'gpu', timeUtil: 1 });
    const [other] = [1, 2].map(() => driver.spawn(increment, [1], { name: 'cpu', timeUtil: 1 })) as [
      TaskRecord,
    ];
    driver.fn(increment).trials.clear();
    const task = driver.spawn(one, [], { name: 'gpu' });
    return { cpu, device, driver, running, other, task, trials: driver.fn(one).trials };
  };

  it('P2. a trial that is cancelled leaves the kind open', () => {
    const { driver, task, trials } = trial();
    expect([...trials.keys()]).toEqual(['gpu']);
    driver.cancel(task);
    expect([...trials.keys()]).toEqual([]);
  });

  it('P2. a trial that another kind took leaves the kind open', () => {
    const { cpu, other, task, trials } = trial();
    cpu.finish(other);
    expect(task.place?.processor).toBe(cpu);
    expect([...trials.keys()]).toEqual(['cpu']);
    cpu.finish(task);
    expect([...trials.keys()]).toEqual([]);
  });

  it('P2. a trial whose processor died leaves the kind open', () => {
    const { device, driver, running, task, trials } = trial();
    device.finish(running);
    expect(task.place?.processor).toBe(device);
    device.lose([], true);
    driver.cancel(task);
    expect([...trials.keys()]).toEqual([]);
  });
});

describe('the default policy', () => {
  it('gives tasks that cost the same everywhere in runs, so that messages carry many', () => {
    const [p, q] = processors(2, { queues: true }) as [P, P];
    const driver = new Driver([p, q]);
    driver.fn(one).times.observe('fake', 0, 1);
    for (let i = 0; i < 100; i++) driver.spawn(one, [], { name: `${i}` });
    const changes = Array.from({ length: 100 }, (_, i) => names(p).includes(`${i}`)).filter(
      (on, i, all) => i > 0 && on !== all[i - 1],
    );
    expect(changes.length).toBeLessThan(10);
    expect(Math.min(p.calls.length, q.calls.length)).toBeGreaterThan(20);
  });

  it('a policy of the user decides instead', () => {
    const policy = new FakePlacement(({ id }) => `fake:${id % 3}`);
    const three = processors(3) as P[];
    const driver = new Driver(three, { policy });
    for (let i = 0; i < 6; i++) driver.spawn(one, [], { name: `t${i + 1}` });
    expect(three.map(names)).toEqual([['t3'], ['t1'], ['t2']]);
    expect(policy.choices).toHaveLength(6);
  });
});
