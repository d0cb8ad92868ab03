/** @file What can end a task from outside while it runs: its timeout and its signal. Kept apart, since few tasks have any. */
import { CancelledError, TimeoutError } from '../errors.js';
import type { Clock } from '../ports.js';
import type { TaskRecord } from './record.js';

interface Watch {
  stopTimer?: () => void;
  stopSignal?: () => void;
}

export class Watches {
  private readonly watches = new Map<TaskRecord, Watch>();

  constructor(
    private readonly clock: Clock,
    private readonly end: (record: TaskRecord, error: unknown) => void,
  ) {}

  /** The task has begun: its timeout counts from now. */
  started(record: TaskRecord): void {
    const { timeout } = record.settings;
    if (timeout === undefined || record.terminal) return;
    const watch = this.of(record);
    watch.stopTimer?.();
    watch.stopTimer = this.clock.after(timeout * 1000, () => {
      this.end(
        record,
        new TimeoutError(`task ${record.name} (#${record.id}) took longer than ${timeout} ms`),
      );
    });
  }

  listen(signal: AbortSignal, record: TaskRecord): void {
    const abort = (): void => this.end(record, cancelled(record, signal.reason));
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener('abort', abort, { once: true });
    this.of(record).stopSignal = () => signal.removeEventListener('abort', abort);
  }

  stop(record: TaskRecord): void {
    const watch = this.watches.get(record);
    watch?.stopTimer?.();
    watch?.stopSignal?.();
    this.watches.delete(record);
  }

  stopAll(): void {
    for (const record of [...this.watches.keys()]) this.stop(record);
  }

  private of(record: TaskRecord): Watch {
    let watch = this.watches.get(record);
    if (watch === undefined) {
      watch = {};
      this.watches.set(record, watch);
    }
    return watch;
  }
}

export function cancelled(record: TaskRecord, reason: unknown): CancelledError {
  return new CancelledError(`task ${record.name} (#${record.id}) was cancelled`, { cause: reason });
}
