/**
 * @file Large calls that wait until they are cut into blocks. What is ready at once would all be cut, and be the threads' for
 * good, before it is known what one takes there and on a device that runs it whole. So where there are both, only as many are
 * cut as keep the threads busy; the others go where they end first, as soon as something has ended (P2).
 */
import { whole } from './costs.js';
import { type Place, QUEUE_DEPTH } from './place.js';
import type { Costs } from './placement.js';
import { Phase, type TaskRecord } from './record.js';

/** So many are cut at a time, however long they take: while the blocks of one come to their end, others go on. */
const FEW = 2;

export class Uncut {
  /** By priority, then by age. */
  private readonly waiting: TaskRecord[] = [];
  /** Those whose blocks run, and the sum of what they should take, in µs. */
  private readonly cut = new Set<TaskRecord>();
  private micros = 0;
  /** The one that looks whether its turn has come. */
  private looking: TaskRecord | undefined = undefined;

  /** Whether a call that would be cut for `place`, one of the candidates, waits; then it is kept here. */
  holds(record: TaskRecord, place: Place, candidates: readonly Place[], costs: Costs): boolean {
    if (!candidates.some((other) => mayGain(record, other, costs))) return false;
    const isFirst = record === this.looking || this.waiting.length === 0;
    if (isFirst && !this.isEnough(place)) return false;
    if (record === this.looking) this.waiting.unshift(record);
    else {
      const { priority } = record.settings;
      const at = this.waiting.findLastIndex(({ settings }) => settings.priority >= priority);
      this.waiting.splice(at + 1, 0, record);
    }
    return true;
  }

  /** The first of those that wait, to be placed; none where the one before still has to wait. */
  next(): TaskRecord | undefined {
    const { waiting } = this;
    while (waiting.length > 0 && waiting[0]?.phase !== Phase.Waiting) waiting.shift();
    if (waiting.length === 0 || waiting[0] === this.looking) {
      this.looking = undefined;
      return undefined;
    }
    this.looking = waiting.shift();
    return this.looking;
  }

  /** Its planner is asked. */
  begin(record: TaskRecord, { processor: { kind } }: Place, costs: Costs): void {
    // One that is not known may take long.
    record.estimate = whole(costs.known(record, kind) ?? QUEUE_DEPTH);
    this.micros += record.estimate;
    this.cut.add(record);
    const { trials } = record.fn;
    if (!costs.measured(record, kind) && !trials.has(kind)) trials.set(kind, record);
  }

  /** It has ended, or is not cut after all. Whether it was the one that tried the kind. */
  end(record: TaskRecord): boolean {
    if (this.cut.size === 0 || !this.cut.delete(record)) return false;
    this.micros -= record.estimate;
    const { trials } = record.fn;
    for (const [kind, trial] of trials) if (trial === record) return trials.delete(kind);
    return false;
  }

  [Symbol.iterator](): IterableIterator<TaskRecord> {
    return this.waiting[Symbol.iterator]();
  }

  /** Whether what is cut keeps the threads busy: at least half of what they have to do, so that other tasks do not keep it from them. */
  private isEnough(place: Place): boolean {
    return this.cut.size >= FEW && this.micros >= Math.max(QUEUE_DEPTH, place.queuedMicros / 2);
  }
}

/**
 * Whether a call may end sooner there for having waited. On a processor that takes its cores from the threads, what it takes
 * decides, and not who has more to do.
 */
function mayGain(record: TaskRecord, place: Place, costs: Costs): boolean {
  if (place.runsBlocks) return false;
  return !place.fillsCores || !costs.measured(record, place.processor.kind);
}
