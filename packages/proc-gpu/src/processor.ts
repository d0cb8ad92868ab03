/** @file A GPU as a processor: its device, and another one when that is lost. */
import type { Call, Loss, MemorySpace, Mover, Processor, Refusal, Report, Transfer } from '@poniard/core';
import { Arguments } from './arguments.js';
import type { GpuDevice } from './device.js';
import { DeviceQueue, type QueueOwner } from './device-queue.js';
import type { HomeArrays } from './host-arrays.js';
import { Links, measureLinks } from './links.js';
import type { GpuImplementation } from './port.js';

/** The most calls that it holds. */
const WINDOW = 4096;
/** A device that is lost so often, with nothing new done in between, is given up. */
const LOSSES = 3;

/** What a processor needs from outside. */
export interface GpuProcessorOptions {
  readonly id: string;
  readonly home: HomeArrays;
  /** Opens a device like the one that was lost. */
  reopen(): Promise<GpuDevice>;
  /** Hears of what goes to the device and back without having been asked for. */
  moved(transfer: Transfer): void;
}

export class GpuProcessor implements Processor, QueueOwner {
  readonly id: string;
  readonly kind = 'webgpu';
  readonly capacity = 1;
  readonly cores: number | undefined;
  readonly defaultEnabled = true;
  readonly implementations = ['webgpu'];
  readonly local = true;
  readonly queues = true;
  readonly window = WINDOW;
  readonly space: MemorySpace;
  readonly mover: Mover;
  readonly args: Arguments;
  readonly home: HomeArrays;
  latest = 0;
  /** The calls of the device, or of the one that was lost, until there is another. */
  queue: DeviceQueue;
  /** The ways to that device. */
  links: Links;
  /** Calls that came while there was no device. */
  private held: { readonly call: Call; readonly report: Report }[] = [];
  private readonly refusals = new WeakMap<Call, Refusal>();
  private losses = 0;
  /** Calls that have ended well here. */
  private readonly done = new WeakSet<Call>();
  private opening: Promise<void> | undefined = undefined;
  private closed = false;
  private lostListener: (loss: Loss) => void = () => {};

  constructor(
    gpu: GpuDevice,
    private readonly options: GpuProcessorOptions,
  ) {
    this.id = options.id;
    this.home = options.home;
    // The threads of a GPU in software are as many as there are cores.
    this.cores = gpu.info.software ? Number.POSITIVE_INFINITY : undefined;
    this.args = new Arguments(options.home);
    this.space = {
      id: this.id,
      free: (keys) => this.free(keys),
      holds: (call, index) => this.queue.holds(call, index),
    };
    this.mover = { from: this.id, to: 'host', move: (call) => this.queue.move(call) };
    this.queue = this.adopt(gpu);
    this.links = this.linksOf(gpu);
  }

  /** What the host has, and what can be moved there, makes room: all of the limit can be had, if not at once. */
  freeMemory(): number {
    return this.queue.gpu.memory.limit;
  }

  accepts(call: Call): boolean | Refusal {
    // Asked when it is spawned, where its inputs are there.
    if (call.id > this.latest) this.latest = call.id;
    const refusal = this.refusals.get(call);
    if (refusal !== undefined) return refusal;
    // Placement asks before it has chosen the implementation.
    const fn = call.fn.local(this.kind) as GpuImplementation | undefined;
    if (fn === undefined)
      return { reason: 'it was spawned on a worker, which cannot hand over what runs on a GPU' };
    const { traits, gpu } = this.queue;
    if (this.queue.isIdle && this.opening === undefined) this.links.measureIfDue();
    const described = this.args.describe(call, traits, gpu.memory.limit, fn);
    if (!Array.isArray(described)) return described as Refusal;
    return fn.accepts?.(described, traits) ?? true;
  }

  run(batch: readonly Call[], report: Report): void {
    for (const { id } of batch) if (id > this.latest) this.latest = id;
    if (this.opening === undefined) this.queue.push(batch, report);
    else for (const call of batch) this.held.push({ call, report });
  }

  revoke(calls: readonly Call[]): void {
    this.queue.revoke(calls);
    if (this.held.length === 0) return;
    const wanted = new Set(calls);
    const held = this.held;
    this.held = held.filter(({ call }) => !wanted.has(call));
    for (const { call, report } of held) if (wanted.has(call)) report.revoked(call);
  }

  /** What a device has begun cannot be stopped. */
  abort(calls: readonly Call[]): void {
    this.revoke(calls);
    this.queue.abandon(calls);
  }

  hasStarted(call: Call): boolean {
    return this.queue.running(call.id)?.begun ?? false;
  }

  onLost(listener: (loss: Loss) => void): void {
    this.lostListener = listener;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.held = [];
    await this.opening;
    this.queue.stop();
  }

  refuse(call: Call, reason: string): boolean {
    if (this.refusals.has(call)) return false;
    this.refusals.set(call, { reason });
    return true;
  }

  moved(call: Call, direction: 'in' | 'out', bytes: number, micros: number): void {
    const [from, to] = direction === 'in' ? ['host', this.id] : [this.id, 'host'];
    this.options.moved({ from, to, bytes, micros, call });
  }

  /** What is made again after a loss is no progress: it may be what the device is lost by, each time. */
  progress(call: Call): void {
    if (this.done.has(call)) return;
    this.done.add(call);
    this.losses = 0;
  }

  private adopt(gpu: GpuDevice): DeviceQueue {
    const queue = new DeviceQueue(gpu, this);
    gpu.device.lost.then(({ message }) => this.deviceLost(queue, message));
    return queue;
  }

  private linksOf(gpu: GpuDevice): Links {
    const { id, moved } = this.options;
    return new Links(() => measureLinks(gpu, id, moved));
  }

  private free(keys: readonly number[]): void {
    if (this.queue.gpu.gone) return;
    for (const key of keys) this.queue.results.free(key);
  }

  private deviceLost(queue: DeviceQueue, message: string): void {
    if (this.closed || queue !== this.queue) return;
    const { started, running } = queue.stop();
    const restarts = ++this.losses < LOSSES;
    if (restarts) this.opening = this.reopen();
    this.lostListener({
      reason: `lost its device: ${message || 'no reason given'}`,
      started,
      running,
      restarts,
    });
  }

  private async reopen(): Promise<void> {
    try {
      const gpu = await this.options.reopen();
      if (this.closed) {
        gpu.close();
        return;
      }
      this.queue = this.adopt(gpu);
      this.links = this.linksOf(gpu);
      this.opening = undefined;
      for (const { call, report } of this.held.splice(0)) this.queue.push([call], report);
    } catch (error) {
      this.held = [];
      const reason = `could not be opened again: ${error instanceof Error ? error.message : error}`;
      this.lostListener({ reason, started: [], running: [], restarts: false });
    }
  }
}
