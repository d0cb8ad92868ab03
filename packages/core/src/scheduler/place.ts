/** @file A processor as the scheduler sees it: its queue, what was handed to it, and how long that should take. */
import type { Processor } from '../processor.js';
import type { Cores } from './cores.js';
import { ReadyQueue } from './queue.js';
import { Phase, type TaskRecord } from './record.js';

/**
 * Expected work, in µs, that a queueing processor is given beyond what it runs. Enough that it stays busy while
 * the host thread does something else for a few milliseconds, little enough that others find work to take.
 */
export const QUEUE_DEPTH = 4000;

/** Memory that several processors may share, as the host's. */
export class MemoryPool {
  /** In bytes: what the tasks that they have, running or not, take besides their inputs (`allocUtil`). */
  reserved = 0;
  readonly places: Place[] = [];

  /** Whether tasks run there, or are about to, that may leave memory behind. */
  get busy(): boolean {
    return this.places.some(({ sentCount, backlogCount }) => sentCount + backlogCount > 0);
  }
}

export class Place {
  readonly backlog = new ReadyQueue();
  /** Expected µs of work, waiting here and handed over. */
  backlogMicros = 0;
  sentMicros = 0;
  backlogCount = 0;
  sentCount = 0;
  /** The share of the processor that the running and handed-over tasks take. */
  sentOccupancy = 0;
  /** Handed over in this turn, not yet given to the processor. */
  outbox: TaskRecord[] = [];
  /** Tasks that it has finished. */
  finished = 0;
  /** Results that live only here. */
  readonly residents = new Set<TaskRecord>();
  residentBytes = 0;
  up = true;
  /** Gone for good. */
  gone = false;
  lossReason = '';
  /** Waits for the scheduler to look whether it has room. */
  hungry = false;
  /** Among those that had nothing to do. */
  idle = false;
  /** The cores that it computes on, where others take them from it or it from them. */
  cores: Cores | undefined = undefined;
  private first: TaskRecord | undefined = undefined;
  private last: TaskRecord | undefined = undefined;

  constructor(
    readonly processor: Processor,
    readonly index: number,
    readonly memory: MemoryPool,
  ) {
    memory.places.push(this);
  }

  /** Whether the blocks of a plan, which are plain functions, run here. */
  get runsBlocks(): boolean {
    return this.processor.implementations.includes('host');
  }

  get sharesHostMemory(): boolean {
    return sharesHostMemory(this.processor);
  }

  /** Expected µs until a task that is queued now would begin. */
  get queuedMicros(): number {
    return this.cores === undefined ? this.ownMicros : this.ownMicros + this.cores.delay(this);
  }

  /** The same, as if it were alone on its cores. */
  get ownMicros(): number {
    return (this.backlogMicros + this.sentMicros) / this.processor.capacity;
  }

  /**
   * How many times as long as alone a task would take, since others compute on its cores: one that comes, or one of so many µs
   * that is there.
   */
  stretch(own = 0): number {
    return this.cores === undefined ? 1 : this.cores.stretch(this, this.ownMicros - own);
  }

  /** The share of the cores that a call takes; 0 where nobody else is on them. */
  get share(): number {
    return this.cores === undefined ? 0 : this.cores.share(this);
  }

  /** Whether what it does slows others down, as soon as all have work. */
  get fillsCores(): boolean {
    return this.cores?.fills(this) ?? false;
  }

  /** Whether it should be handed `record` now, or may go on waiting on the host's side. */
  hasRoom(record: TaskRecord | undefined): boolean {
    const { processor } = this;
    const occupancy = record === undefined ? 1 : record.settings.occupancy;
    if (!this.up) return false;
    if (!processor.queues) {
      return this.sentCount === 0 || this.sentOccupancy + occupancy <= processor.capacity;
    }
    if (this.sentCount >= (processor.window ?? Number.POSITIVE_INFINITY)) return false;
    if (this.sentOccupancy + occupancy <= 2 * processor.capacity) return true;
    return this.sentMicros + (record === undefined ? 0 : record.estimate) <= QUEUE_DEPTH * processor.capacity;
  }

  enqueue(record: TaskRecord, isRoot: boolean): void {
    record.phase = Phase.Queued;
    record.place = this;
    this.backlog.push(record, isRoot);
    this.backlogMicros += record.estimate;
    this.backlogCount++;
    this.memory.reserved += record.settings.allocUtil;
  }

  reestimate(record: TaskRecord, micros: number): void {
    this.backlogMicros += micros - record.estimate;
    record.estimate = micros;
  }

  /** The same for one that was handed over. */
  reestimateSent(record: TaskRecord, micros: number): void {
    if (!record.suspended) this.sentMicros += micros - record.estimate;
    record.estimate = micros;
  }

  /** Counts a queued task out; it leaves the queue itself when it comes to its head. */
  forget(record: TaskRecord): void {
    this.backlogMicros -= record.estimate;
    this.backlogCount--;
    this.memory.reserved -= record.settings.allocUtil;
  }

  send(record: TaskRecord): void {
    record.phase = Phase.Sent;
    record.place = this;
    this.sentMicros += record.estimate;
    this.sentOccupancy += record.settings.occupancy;
    this.sentCount++;
    this.memory.reserved += record.settings.allocUtil;
    record.previous = this.last;
    if (this.last === undefined) this.first = record;
    else this.last.next = record;
    this.last = record;
  }

  /** The processor has answered for `record`. */
  unsend(record: TaskRecord): void {
    if (record.suspended) record.suspended = false;
    else this.discount(record);
    this.memory.reserved -= record.settings.allocUtil;
    const { previous, next } = record;
    if (previous === undefined) this.first = next;
    else previous.next = next;
    if (next === undefined) this.last = previous;
    else next.previous = previous;
    record.previous = undefined;
    record.next = undefined;
  }

  /** A task that waits for one of its own takes no place meanwhile. */
  suspend(record: TaskRecord): void {
    if (record.suspended) return;
    record.suspended = true;
    this.discount(record);
  }

  resume(record: TaskRecord): void {
    if (!record.suspended) return;
    record.suspended = false;
    this.sentMicros += record.estimate;
    this.sentOccupancy += record.settings.occupancy;
    this.sentCount++;
  }

  private discount(record: TaskRecord): void {
    this.sentMicros -= record.estimate;
    this.sentOccupancy -= record.settings.occupancy;
    this.sentCount--;
    if (this.sentCount === 0) this.sentOccupancy = 0;
  }

  /** What was handed over, oldest first. */
  *sent(): IterableIterator<TaskRecord> {
    for (let record = this.first; record !== undefined; record = record.next) yield record;
  }

  get oldest(): TaskRecord | undefined {
    return this.first;
  }
  /** The one handed over last; `previous` leads on. */
  get newest(): TaskRecord | undefined {
    return this.last;
  }
}

export function sharesHostMemory({ space }: Processor): boolean {
  return space.sharesHost === true || space.id === 'host';
}
