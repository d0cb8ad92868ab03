/** @file The event stream: what happened to tasks, chunks and processors, for whoever subscribes. */
import type { PlacementReport } from './explain.js';
import type { EventSink } from './ports.js';

export type EventType =
  | 'task:spawn'
  | 'task:ready'
  | 'task:assigned'
  | 'task:start'
  | 'task:answer'
  | 'task:steal'
  | 'task:race'
  | 'task:recompute'
  | 'task:finish'
  | 'task:error'
  | 'chunk:move'
  | 'chunk:moved'
  | 'chunk:free'
  | 'processor:up'
  | 'processor:lost'
  | 'processor:absent';

/** One event. Dagger's counterpart: TimespanLogging's events. */
export interface PoniardEvent {
  readonly type: EventType;
  /** µs on the runtime's clock. */
  readonly time: number;
  readonly task?: number | undefined;
  readonly name?: string | undefined;
  readonly processor?: string | undefined;
  readonly bytes?: number | undefined;
  /** The ids of the memory spaces between which something moved. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** In µs: the run time, where the processor measured it; how long a move took. */
  readonly micros?: number | undefined;
  readonly error?: unknown;
  /** Why a processor is not there. */
  readonly reason?: string | undefined;
  /**
   * With `task:ready`: what the task costs on each processor at this moment, before it joins the queue of `processor`. To
   * be called by the listener while it is told, and not later.
   */
  readonly explain?: (() => PlacementReport) | undefined;
}

export type EventListener = (event: PoniardEvent) => void;

/** For so many events that are kept, what a task cost where it was placed is kept once. */
const PLACEMENTS = 10;

/** Passes events on to listeners, and keeps the last ones under `debug`. */
export class EventStream implements EventSink {
  private readonly listeners = new Set<EventListener>();
  private readonly recorded: PoniardEvent[] = [];
  private readonly placements = new Map<number, PlacementReport>();

  /** `keep`: how many events are kept for `story`; 0 for none. */
  constructor(private readonly keep = 0) {}

  get active(): boolean {
    return this.listeners.size > 0 || this.keep > 0;
  }

  /** Whether it records: the runtime was made with `debug`. */
  get recording(): boolean {
    return this.keep > 0;
  }

  subscribe(listener: EventListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  emit(event: PoniardEvent): void {
    if (this.keep > 0) {
      this.recorded.push(event);
      if (this.recorded.length > 2 * this.keep) this.recorded.splice(0, this.keep);
      if (event.explain !== undefined) this.place(event.task as number, event.explain());
    }
    for (const listener of this.listeners) listener(event);
  }

  /** What a task cost on each processor when it was placed last, where that is kept. */
  placement(task: number): PlacementReport | undefined {
    return this.placements.get(task);
  }

  private place(task: number, report: PlacementReport): void {
    const { placements } = this;
    placements.delete(task);
    placements.set(task, report);
    if (placements.size > this.keep / PLACEMENTS)
      for (const [oldest] of placements) {
        placements.delete(oldest);
        break;
      }
  }

  /** What happened to one task, in words; the last events of all where no task is given. */
  story(task?: number): string {
    const events = task === undefined ? this.recorded : this.recorded.filter((event) => event.task === task);
    const start = events[0]?.time ?? 0;
    return events.map((event) => line(event, start)).join('\n');
  }
}

/** Both the runtime's own stream and the sink that a user has registered hear everything. */
export class SinkPair implements EventSink {
  constructor(
    private readonly first: EventSink,
    private readonly second: EventSink,
  ) {}
  get active(): boolean {
    return this.first.active || this.second.active;
  }
  emit(event: PoniardEvent): void {
    if (this.first.active) this.first.emit(event);
    if (this.second.active) this.second.emit(event);
  }
}

function line(event: PoniardEvent, start: number): string {
  const at = `${((event.time - start) / 1000).toFixed(3)} ms`.padStart(12);
  const task = event.task === undefined ? '' : ` ${event.name} (#${event.task})`;
  const where = event.processor === undefined ? '' : ` on ${event.processor}`;
  const bytes = event.bytes === undefined ? '' : `, ${event.bytes} bytes`;
  const way = event.to === undefined ? '' : ` from ${event.from} to ${event.to}`;
  const error = event.error === undefined ? '' : `: ${String(event.error)}`;
  const reason = event.reason === undefined ? '' : `: ${event.reason}`;
  return `${at}  ${event.type}${task}${where}${way}${bytes}${error}${reason}`;
}
