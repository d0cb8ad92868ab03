/** @file A machine with threads and a device, each as fast as a test says, on a clock that the test moves. */
import { ClockedProcessor, FakeClock, FakeCores, type FakeTraits } from '@poniard/testing';
import type { Call } from '../../processor.js';
import { SnapshotArgument } from '../arguments.js';
import type { TaskRecord } from '../record.js';
import { Driver } from './driver.js';

export interface MachineTraits {
  readonly cores: number;
  readonly threads: number;
  /** µs of a call, alone on the machine, on inputs of so many bytes. */
  readonly thread: (bytes: number) => number;
  readonly device: (bytes: number) => number;
  /** Whether the device computes on the cores, all of them. */
  readonly software: boolean;
  /** Whether threads run a call as blocks, one each. */
  readonly planned?: boolean;
}

export type Side = 'thread' | 'device';

const multiply = (): string => 'never called';
const block = (): number => 1;
const data = (bytes: number): SnapshotArgument => new SnapshotArgument('data', undefined, undefined, bytes);

export class Machine {
  readonly clock = new FakeClock();
  readonly driver: Driver;
  readonly device: ClockedProcessor;

  constructor({ cores, threads, thread, device, software, planned }: MachineTraits) {
    const shared = new FakeCores(this.clock, cores);
    const bytes = (call: Call): number => this.driver.state.costs.inputBytes(call as TaskRecord);
    const on = (side: Side): Partial<FakeTraits> => ({
      kind: side,
      queues: true,
      accepts: ({ name }) => name === 'block' || name.endsWith('free') || name.endsWith(side),
    });
    const workers = Array.from({ length: threads }, (_, at) => {
      const traits = { ...on('thread'), id: `cpu:${at}`, cores: 1 };
      return new ClockedProcessor(shared.clockFor(1), (call) => thread(bytes(call)), traits);
    });
    const clock = software ? shared.clockFor(cores) : this.clock;
    this.device = new ClockedProcessor(clock, (call) => device(bytes(call)), {
      ...on('device'),
      id: 'gpu:0',
      implementations: ['device'],
      cores: software ? Number.POSITIVE_INFINITY : undefined,
    });
    this.driver = new Driver([...workers, this.device], { checked: false, cores });
    const plan = ([, bytes]: unknown[], count: number) => ({
      blocks: Array.from({ length: count }, () => ({ fn: block, args: [data((bytes as number) / count)] })),
      finish: () => 1,
    });
    const implementations = { host: () => 1, device: () => 1 };
    this.driver.fn(multiply, { implementations, ...(planned === true && { plan }) });
  }

  /** µs from the first of so many calls, all at once, to the end of the last; `side`: where they have to run. */
  run(sizes: readonly number[], side?: Side): number {
    const began = this.clock.now();
    const name = side ?? 'free';
    const tasks = sizes.map((bytes) => this.driver.spawn(multiply, [data(bytes), bytes], { name }));
    while (tasks.some(({ terminal }) => !terminal))
      if (!this.clock.next()) throw new Error(`nothing moves\n${this.driver.story()}`);
    return this.clock.now() - began;
  }

  /** Until nothing moves. */
  rest(): void {
    while (this.clock.next());
  }
}
