/**
 * @file What becomes of a task that was told to end and does not. It is given a moment, so that one that listens to its
 * signal ends by itself; then its processor is stopped, and what else ran there runs again.
 */
import type { Clock } from '../ports.js';
import type { TaskRecord } from './record.js';

/** In µs. How long a task may take to end once it has been told. */
export const GRACE = 100_000;

export class Insistence {
  private readonly timers = new Map<TaskRecord, () => void>();

  /** `stop` ends the processor that has the task. */
  constructor(
    private readonly clock: Clock,
    private readonly stop: (record: TaskRecord, reason: unknown) => void,
  ) {}

  /** The task has to end, whatever it does. */
  always(record: TaskRecord, reason: unknown): void {
    this.later(record, () => this.stop(record, reason));
  }

  /** It has to end if it blocks its processor. One that waits has given its place up, and disturbs nobody. */
  ifBlocking(record: TaskRecord, reason: unknown): void {
    this.later(record, () => {
      if (!record.suspended) this.stop(record, reason);
    });
  }

  stopAll(): void {
    for (const stop of this.timers.values()) stop();
    this.timers.clear();
  }

  private later(record: TaskRecord, insist: () => void): void {
    this.timers.get(record)?.();
    const { place } = record;
    const stopTimer = this.clock.after(GRACE, () => {
      this.timers.delete(record);
      if (record.cancelling && record.place === place) insist();
    });
    this.timers.set(record, stopTimer);
  }
}
