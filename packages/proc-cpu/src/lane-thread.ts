/**
 * @file One worker thread, owned by a piscina pool of one: piscina starts it, limits it and ends it. A short piscina
 * task attaches the lane's port and returns; from then on the port carries the work. (A piscina task that never ends
 * would keep the process alive, whatever one unrefs.)
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort, type Worker } from 'node:worker_threads';
import type { LaneSetup } from '@poniard/core/lane';
import { startPool } from '@poniard/proc-cpu/warm';
import type { Piscina } from 'piscina';
import type { ThreadOptions } from './start-pool.js';
import { WARNING, warnOnceHere } from './warn-once.js';

export interface ThreadListener {
  message(message: readonly unknown[]): void;
  attached(): void;
  /** Whether a call has begun there. */
  hasBegun(): boolean;
  /** Once, when the thread has ended. `reason` completes "cpu:0 …"; `byForce`: it was the one given to `terminate`. */
  died(reason: string, wasAttached: boolean, byForce: boolean): void;
}

export class LaneThread {
  private readonly warn = warnOnceHere();
  private pool: Piscina | undefined = undefined;
  private readonly port: MessagePort;
  private readonly farPort: MessagePort;
  private delivering = false;
  private closing: Promise<void> | undefined = undefined;
  private attached = false;
  private ended = false;
  private error: unknown = undefined;
  private stopReason: string | undefined = undefined;
  private deadline: NodeJS.Timeout | undefined = undefined;

  constructor(
    private readonly options: ThreadOptions,
    private readonly setup: LaneSetup,
    private readonly listener: ThreadListener,
  ) {
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    this.farPort = port2;
    port1.on('message', (message: readonly unknown[]) => {
      this.deliver(message);
      // All that has come is looked at before anything is answered.
      this.poll();
    });
    port1.unref();
  }

  /** Starts the thread. What was posted before waits in the port. */
  start(pool = startPool(this.options)): void {
    if (this.ended || this.pool !== undefined) return;
    const { listener, farPort, setup } = this;
    this.pool = pool;
    pool.on('error', (error: unknown) => this.failed(error));
    for (const worker of pool.threads) this.watch(worker);
    this.deadline = setTimeout(() => {
      this.error = new Error(`it did not start within ${this.options.startTimeout} ms`);
      this.terminate();
    }, this.options.startTimeout);
    this.deadline.unref();
    pool.run({ port: farPort, setup }, { transferList: [farPort] }).then(
      () => {
        clearTimeout(this.deadline);
        this.attached = true;
        listener.attached();
      },
      (error: unknown) => {
        this.failed(error);
        this.terminate();
      },
    );
  }

  post(message: unknown): void {
    this.port.postMessage(message);
  }

  /** Delivers what has arrived, in the middle of a long synchronous stretch; but one message after another. */
  poll(): void {
    if (this.delivering) return;
    for (
      let got = receiveMessageOnPort(this.port);
      got !== undefined;
      got = receiveMessageOnPort(this.port)
    ) {
      this.deliver(got.message as readonly unknown[]);
    }
  }

  private deliver(message: readonly unknown[]): void {
    this.delivering = true;
    this.attached = true;
    try {
      if (message[0] === WARNING) this.warn(...(message.slice(1) as [string, string]));
      else this.listener.message(message);
    } finally {
      this.delivering = false;
    }
  }

  /** `reason`: why, where it is not an error of the thread's own. */
  terminate(reason?: string): void {
    this.stopReason ??= reason;
    for (const worker of this.pool?.threads ?? []) void worker.terminate();
  }

  /** Ends the thread; resolves when it is gone. */
  close(): Promise<void> {
    this.ended = true;
    clearTimeout(this.deadline);
    this.port.close();
    this.farPort.close();
    this.closing ??= this.pool?.destroy().catch(() => {}) ?? Promise.resolve();
    return this.closing;
  }

  private failed(error: unknown): void {
    this.error ??= error;
  }

  private watch(worker: Worker): void {
    worker.on('error', (error) => this.failed(error));
    worker.on('exit', (code) => this.exited(code));
  }

  private exited(code: number): void {
    if (this.ended) return;
    // What it had answered before it died still counts.
    this.poll();
    // What began there shows that it had started: the news may have died with it.
    this.attached ||= this.listener.hasBegun();
    // Piscina would start another thread in its place; the processor decides whether there is to be one.
    void this.close();
    this.listener.died(this.stopReason ?? this.reason(code), this.attached, this.stopReason !== undefined);
  }

  private reason(code: number): string {
    const error = this.error as { code?: string; name?: string; message?: string } | undefined;
    const start = this.attached ? '' : 'could not start: it ';
    if (error?.code === 'ERR_WORKER_OUT_OF_MEMORY') return `${start}ran out of memory`;
    if (error?.message !== undefined && !this.attached) return `could not start: ${error.message}`;
    if (error?.message !== undefined) return `died of an uncaught ${error.name}: ${error.message}`;
    return `${start}exited with code ${code}`;
  }
}
