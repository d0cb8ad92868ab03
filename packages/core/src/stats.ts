/** @file What a runtime tells about itself in numbers. */
import type { Store } from './ports.js';
import type { TransferLink } from './scheduler/costs.js';
import type { CacheStats, Kept } from './scheduler/kept.js';
import { Phase } from './scheduler/record.js';
import type { SchedulerState } from './scheduler/state.js';
import type { TaskState } from './task.js';

export interface RuntimeStats {
  /** Tasks (and given values) by state, finished ones included. */
  readonly tasks: Readonly<Record<TaskState, number>>;
  readonly processors: readonly ProcessorStats[];
  /**
   * Bytes of values by memory space: what the store keeps on the host (shared memory of results once, however many show
   * it), and results that live with a processor.
   */
  readonly bytes: Readonly<Record<string, number>>;
  readonly cache: CacheStats;
  /** What has moved between memory spaces, and what moving was found to cost. */
  readonly transfers: readonly TransferLink[];
}

export interface ProcessorStats {
  readonly id: string;
  readonly kind: string;
  readonly up: boolean;
  /** Tasks that wait for it on the host's side. */
  readonly queued: number;
  /** Tasks that it has, running or about to. */
  readonly sent: number;
  /** Expected µs of work, queued and sent. */
  readonly micros: number;
  /** Tasks that it has finished. */
  readonly finished: number;
}

export function collectStats(state: SchedulerState, store: Store, kept: Kept): RuntimeStats {
  const { counts, places } = state;
  const live = places.filter(({ gone }) => !gone);
  return {
    tasks: {
      waiting: counts[Phase.Waiting] as number,
      ready: counts[Phase.Queued] as number,
      running: counts[Phase.Sent] as number,
      finished: counts[Phase.Finished] as number,
      failed: counts[Phase.Failed] as number,
      cancelled: counts[Phase.Cancelled] as number,
    },
    processors: live.map((place) => ({
      id: place.processor.id,
      kind: place.processor.kind,
      up: place.up,
      queued: place.backlogCount,
      sent: place.sentCount,
      micros: place.backlogMicros + place.sentMicros,
      finished: place.finished,
    })),
    cache: kept.stats,
    bytes: {
      ...Object.fromEntries(live.map((place) => [place.processor.space.id, place.residentBytes])),
      host: store.bytes,
    },
    transfers: state.costs.transfers.all(),
  };
}
