/** @file Placement as a whole: threads and a GPU, with times and a memory of their own, on a clock that the test moves. */
import { ClockedProcessor, FakeClock, FakeMemory } from '@poniard/testing';
import { describe, expect, it } from 'vitest';
import type { Call } from '../processor.js';
import { SnapshotArgument } from './arguments.js';
import { sizeClass } from './costs.js';
import { TaskRecord } from './record.js';
import { Driver } from './testing/driver.js';

const KIB = 1024;
const MIB = 1024 * KIB;

interface Traits {
  /** µs of a call on inputs of so many bytes. */
  readonly cpu: (bytes: number) => number;
  readonly gpu: (bytes: number) => number;
  readonly memory?: number;
}

/** In µs, and in bytes for each µs: what moving costs, either way. */
const LATENCY = 100;
const BANDWIDTH = 5000;

const multiply = (): string => 'never called';

/** Two threads and a GPU with a memory of its own, which keeps what it makes and what it was given. */
class World {
  readonly clock = new FakeClock();
  readonly moves: string[] = [];
  readonly order: string[] = [];
  readonly driver: Driver;
  private readonly there = new Set<unknown>();

  constructor({ cpu, gpu, memory = Number.POSITIVE_INFINITY }: Traits) {
    const bytes = (call: Call): number => this.driver.state.costs.inputBytes(call as TaskRecord);
    const host = new ClockedProcessor(this.clock, (call) => this.begin(call, cpu(bytes(call))), {
      id: 'cpu',
      kind: 'cpu',
      capacity: 2,
    });
    const space = Object.assign(new FakeMemory('gpu', false), {
      holds: (call: Call, index: number) => {
        const arg = (call as TaskRecord).args[index];
        return this.there.has(arg) || (arg instanceof TaskRecord && arg.residence?.processor.id === 'gpu');
      },
    });
    const device = new ClockedProcessor(
      this.clock,
      (call) => this.begin(call, this.upload(call) + gpu(bytes(call))),
      {
        id: 'gpu',
        kind: 'gpu',
        implementations: ['gpu'],
        space,
        keeps: () => true,
        bytes: MIB,
        freeMemory: () => memory,
      },
    );
    this.driver = new Driver([host, device], { checked: false });
    const { transfers } = this.driver.state.costs;
    for (const [from, to] of [
      ['host', 'gpu'],
      ['gpu', 'host'],
    ] as const) {
      transfers.observe(from, to, 1, LATENCY, true);
      transfers.observe(from, to, MIB, LATENCY + MIB / BANDWIDTH, true);
    }
    this.driver.fn(multiply, { implementations: { host: () => 1, gpu: () => 1 } });
  }

  spawn(args: readonly (TaskRecord | SnapshotArgument)[], options = {}): TaskRecord {
    return this.driver.spawn(multiply, args, options);
  }

  /** Until nothing moves, or a task has ended. */
  run(until?: TaskRecord): void {
    for (;;) {
      for (const { record } of this.driver.moving.splice(0)) {
        this.moves.push(`${record.bytes} home`);
        const micros = LATENCY + record.bytes / BANDWIDTH;
        this.clock.after(micros, () => {
          const from = record.residence;
          if (from === undefined) return;
          this.driver.moving.push({ record, from });
          this.driver.arrive(this.driver.moving.length - 1);
        });
      }
      if (until?.terminal || !this.clock.next()) return;
    }
  }

  /** Each task when the one before has ended; where they ran. */
  inTurn(count: number, args: () => readonly (TaskRecord | SnapshotArgument)[]): string {
    const places = Array.from({ length: count }, () => {
      const task = this.spawn(args());
      this.run(task);
      return ranOn(task);
    });
    return [...new Set(places)].join(' and ');
  }

  private begin(call: Call, micros: number): number {
    this.order.push(call.name);
    return micros;
  }

  private upload(call: Call): number {
    let micros = 0;
    for (const arg of (call as TaskRecord).args) {
      if (typeof arg !== 'object' || arg === null || this.there.has(arg)) continue;
      if (arg instanceof TaskRecord && arg.residence !== undefined) continue;
      this.there.add(arg);
      this.moves.push(`${arg.bytes} there`);
      micros += LATENCY + arg.bytes / BANDWIDTH;
    }
    return micros;
  }
}

function ranOn(task: TaskRecord): string | undefined {
  return (task.twin?.hosted ? task.twin : task).place?.processor.id;
}

const array = (bytes: number): SnapshotArgument => new SnapshotArgument('data', undefined, undefined, bytes);

/** A GPU that multiplies 20 times as fast, and is slow to start. */
const usual: Traits = { cpu: (bytes) => bytes / 100, gpu: (bytes) => 30 + bytes / 2000 };

describe('placement on threads and a GPU', () => {
  it('P3. small products stay on the CPU and move nothing', () => {
    const world = new World(usual);
    // The first, of which nothing is known, runs on both.
    world.inTurn(1, () => [array(4 * KIB), array(4 * KIB)]);
    world.run();
    world.moves.length = 0;
    expect(world.inTurn(30, () => [array(4 * KIB), array(4 * KIB)])).toBe('cpu');
    expect(world.moves).toEqual([]);
  });

  it('P3. large products go to the GPU, after one that tells', () => {
    const world = new World(usual);
    const large = () => [array(8 * MIB), array(8 * MIB)];
    world.inTurn(1, large);
    world.run();
    expect(world.inTurn(30, large)).toBe('gpu');
  });

  it('P2. each size is tried for itself: what holds for small ones does not hold for large ones', () => {
    const world = new World(usual);
    expect(world.inTurn(30, () => [array(4 * KIB), array(4 * KIB)])).toBe('cpu');
    world.inTurn(1, () => [array(8 * MIB)]);
    world.run();
    expect(world.inTurn(10, () => [array(8 * MIB)])).toBe('gpu');
    expect(world.inTurn(10, () => [array(4 * KIB), array(4 * KIB)])).toBe('cpu');
  });

  it('P2. a slow GPU is left alone after its trials', () => {
    const world = new World({ cpu: usual.cpu, gpu: (bytes) => bytes });
    world.inTurn(2, () => [array(8 * MIB)]);
    world.run();
    const before = world.moves.length;
    expect(world.inTurn(50, () => [array(8 * MIB)])).toBe('cpu');
    expect(world.moves.length).toBe(before);
    expect(before).toBeLessThanOrEqual(2);
  });

  it('P3. a chain is kept together: what is moved is its inputs and its last result', () => {
    const world = new World(usual);
    world.inTurn(2, () => [array(4 * MIB), array(4 * MIB)]);
    world.run();
    world.inTurn(2, () => [array(MIB), array(MIB)]);
    world.run();
    world.moves.length = 0;
    const factor = array(4 * MIB);
    let product = world.spawn([array(4 * MIB), factor]);
    for (let i = 0; i < 9; i++) product = world.spawn([product, factor]);
    world.run();
    world.driver.fetch(product);
    world.run();
    expect(ranOn(product)).toBe('gpu');
    expect(world.moves).toEqual([`${4 * MIB} there`, `${4 * MIB} there`, `${MIB} home`]);
  });

  it('C2. a value that both sides use moves once', () => {
    const world = new World(usual);
    const shared = array(8 * MIB);
    const { times } = world.driver.fn(multiply);
    for (const [kind, micros] of [
      ['cpu', 80_000],
      ['gpu', 80_000],
    ] as const)
      times.observe(kind, sizeClass(8 * MIB), micros);
    const tasks = Array.from({ length: 12 }, () => world.spawn([shared]));
    world.run();
    const used = new Set(tasks.map(ranOn));
    expect([...used].sort()).toEqual(['cpu', 'gpu']);
    expect(world.moves).toEqual([`${8 * MIB} there`]);
  });

  it('P1. what does not fit into a memory limit goes to the CPU, and the reason is told', () => {
    const world = new World({ ...usual, memory: 4 * MIB });
    expect(world.inTurn(10, () => [array(8 * MIB)])).toBe('cpu');
    const { state } = world.driver;
    const reasons = state.candidates.reasons(world.spawn([array(8 * MIB)]), state.costs);
    expect(reasons.find(({ place }) => place.processor.id === 'gpu')?.reason).toContain(
      `${4 * MIB} bytes free and the task takes ${8 * MIB}`,
    );
  });

  it('O5. priorities hold on both sides', () => {
    const world = new World(usual);
    const { times } = world.driver.fn(multiply);
    for (const kind of ['cpu', 'gpu']) times.observe(kind, 0, 1000);
    for (let i = 0; i < 6; i++) world.spawn([array(KIB)], { name: 'low' });
    for (let i = 0; i < 6; i++) world.spawn([array(KIB)], { name: 'high', priority: 1 });
    world.run();
    const [first, last] = [world.order.lastIndexOf('high'), world.order.slice(3).indexOf('low')];
    // Three were running before the first of high priority came.
    expect(world.order.slice(0, 3)).toEqual(['low', 'low', 'low']);
    expect(first).toBeLessThan(last + 3);
  });
});
