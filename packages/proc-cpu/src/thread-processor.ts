/** @file A worker thread as a processor: a lane on it, and what happens when it dies. */
import {
  type Call,
  type CodecBook,
  LaneClient,
  type Loss,
  type MemorySpace,
  type Mover,
  type NestedHost,
  type Processor,
  type Report,
} from '@poniard/core';
import type { Piscina } from 'piscina';
import { LaneThread } from './lane-thread.js';
import type { ThreadOptions } from './start-pool.js';

/** A thread that has died so often without having been attached in between is given up. */
const START_ATTEMPTS = 2;

export interface ThreadProcessorOptions extends ThreadOptions {
  readonly index: number;
  readonly machine: string;
  readonly codecs: CodecBook;
  readonly memoryLimit: number;
  readonly nested: NestedHost;
}

/** One list for all, so that a function need not look for its best again where threads take turns. */
const IMPLEMENTATIONS = ['thread', 'host'] as const;

export class ThreadProcessor implements Processor {
  readonly id: string;
  readonly kind = 'thread';
  readonly space: MemorySpace;
  readonly capacity = 1;
  readonly cores = 1;
  readonly defaultEnabled = true;
  readonly node: string;
  readonly process = `${process.pid}`;
  readonly implementations = IMPLEMENTATIONS;
  readonly queues = true;
  readonly window: number;
  readonly mover: Mover;
  private readonly lane: LaneClient;
  private thread: LaneThread;
  private failedStarts = 0;
  /** Threads that have died, until nothing is left of them. */
  private readonly ending: Promise<void>[] = [];
  private closed = false;
  private whenUp: () => void = () => {};
  private lostListener: ((loss: Loss) => void) | undefined = undefined;

  constructor(private readonly options: ThreadProcessorOptions) {
    this.id = `cpu:${options.index}`;
    this.node = options.machine;
    this.lane = new LaneClient(
      this.id,
      this.kind,
      { post: (message) => this.thread.post(message) },
      options.nested,
      options.codecs,
    );
    this.window = this.lane.window;
    this.space = { id: this.id, sharesHost: true, free: (keys) => this.lane.freeKept(keys) };
    this.mover = { from: this.id, to: 'host', move: (call) => this.lane.move(call) };
    this.thread = this.makeThread();
  }

  /** Starts the thread; `then` is called when it runs, or when it cannot. */
  start(pool: Piscina | undefined, then: () => void): void {
    this.whenUp = then;
    this.thread.start(pool);
  }

  /** What tasks on other threads have left of it is known to the scheduler. */
  freeMemory(): number {
    return this.options.memoryLimit;
  }

  accepts(): boolean {
    return true;
  }

  run(batch: readonly Call[], report: Report): void {
    this.lane.run(batch, report);
  }

  revoke(calls: readonly Call[]): void {
    this.lane.revoke(calls);
  }

  abort(calls: readonly Call[], reason: unknown, force: boolean): void {
    if (!force) this.lane.abort(calls, reason);
    else if (calls.some((call) => this.lane.hasStarted(call))) this.thread.terminate('was stopped by force');
  }

  hasStarted(call: Call): boolean {
    return this.lane.hasStarted(call);
  }

  poll(): void {
    this.thread.poll();
  }

  onLost(listener: (loss: Loss) => void): void {
    this.lostListener = listener;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.lane.close();
    await Promise.all([this.thread.close(), ...this.ending]);
  }

  private makeThread(): LaneThread {
    return new LaneThread(this.options, this.lane.setup(), {
      message: (message) => this.lane.receive(message),
      attached: () => {
        this.failedStarts = 0;
        this.whenUp();
      },
      hasBegun: () => this.lane.hasBegun(),
      died: (reason, wasAttached, byForce) => this.died(reason, wasAttached, byForce),
    });
  }

  private died(reason: string, wasAttached: boolean, byForce: boolean): void {
    if (this.closed) return;
    this.failedStarts = wasAttached ? 0 : this.failedStarts + 1;
    const restarts = this.failedStarts < START_ATTEMPTS;
    this.ending.push(this.thread.close());
    const { started, running } = this.lane.lost();
    if (restarts) {
      this.thread = this.makeThread();
      this.thread.start();
    } else this.whenUp();
    this.lostListener?.({ reason, started, running: byForce ? [] : running, restarts });
  }
}
