/**
 * @file One worker thread, owned by a piscina pool of one: piscina starts it, limits it and ends it. A short piscina
 * task attaches the lane's port and returns; from then on the port carries the work. (A piscina task that never ends
 * would keep the process alive, whatever one unrefs.)
 */
import { MessageChannel, type MessagePort, type ResourceLimits, receiveMessageOnPort, type Worker } from 'node:worker_threads';
import type { LaneSetup } from '@poniard/core/lane';
import { Piscina } from 'piscina';

export interface ThreadOptions {
  readonly resourceLimits: ResourceLimits;
  readonly execArgv: readonly string[];
  readonly startTimeout: number;
}

export interface ThreadListener {
  message(message: readonly unknown[]): void;
  attached(): void;
  /** Once, when the thread has ended by itself. `reason` completes "cpu:0 …". */
  died(reason: string, wasAttached: boolean): void;
}

const WORKER = new URL('./worker.js', import.meta.url).href;

export class LaneThread {
  private readonly pool: Piscina;
  private readonly port: MessagePort;
  private attached = false;
  private ended = false;
  private error: unknown = undefined;
  private deadline: NodeJS.Timeout | undefined = undefined;

  constructor(
    options: ThreadOptions,
    setup: LaneSetup,
    private readonly listener: ThreadListener,
  ) {
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    port1.on('message', (message: readonly unknown[]) => listener.message(message));
    port1.unref();
    this.pool = new Piscina({
      filename: WORKER,
      minThreads: 1,
      maxThreads: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      atomics: 'disabled',
      ...(Object.keys(options.resourceLimits).length > 0 && { resourceLimits: options.resourceLimits }),
      ...(options.execArgv.length > 0 && { execArgv: [...inheritable(process.execArgv), ...options.execArgv] }),
    });
    // Without a listener an out-of-memory error of the thread would end this process.
    this.pool.on('error', (error: unknown) => this.failed(error));
    for (const worker of this.pool.threads) this.watch(worker);
    this.deadline = setTimeout(() => {
      this.error = new Error(`did not start within ${options.startTimeout} ms`);
      this.terminate();
    }, options.startTimeout);
    this.deadline.unref();
    this.pool.run({ port: port2, setup }, { transferList: [port2] }).then(
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

  /** Delivers what has arrived, in the middle of a long synchronous stretch. */
  poll(): void {
    for (let got = receiveMessageOnPort(this.port); got !== undefined; got = receiveMessageOnPort(this.port)) {
      this.listener.message(got.message as readonly unknown[]);
    }
  }

  terminate(): void {
    for (const worker of this.pool.threads) void worker.terminate();
  }

  async close(): Promise<void> {
    this.ended = true;
    clearTimeout(this.deadline);
    this.port.close();
    await this.pool.destroy();
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
    this.ended = true;
    clearTimeout(this.deadline);
    // What it had answered before it died still counts.
    this.poll();
    this.port.close();
    void this.pool.destroy().catch(() => {});
    this.listener.died(this.reason(code), this.attached);
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

const WITH_VALUE = ['--import', '--require', '-r', '--loader', '--experimental-loader', '--conditions', '-C'];
const ALONE = ['--enable-source-maps', '--no-warnings', '--trace-warnings', '--experimental-strip-types', '--no-deprecation'];

/** The options of this process that a thread may be given too; V8's hold for the process and are refused there. */
export function inheritable(execArgv: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < execArgv.length; i++) {
    const option = execArgv[i] as string;
    const [name] = option.split('=') as [string];
    if (WITH_VALUE.includes(name)) {
      kept.push(option);
      if (!option.includes('=')) kept.push(execArgv[++i] as string);
    } else if (ALONE.includes(name)) kept.push(option);
  }
  return kept;
}
