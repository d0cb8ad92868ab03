/** @file Holds tasks to the table of moves. */
import { Phase, type TaskRecord } from '../record.js';
import { mayMove, phaseName } from '../transitions.js';

/** Sees every write of `phase`, wherever it comes from. */
export class PhaseWatch {
  /** Tasks that have just become waiting, by where they came from: some pass through on their way. */
  private readonly passing = new Map<TaskRecord, Phase>();

  watch(record: TaskRecord): void {
    let now = record.phase;
    Object.defineProperty(record, 'phase', {
      get: () => now,
      set: (next: Phase) => {
        this.moved(record, now, next);
        now = next;
      },
    });
  }

  /** An event has been handled: what became waiting has stayed so. */
  settle(): void {
    for (const [record, from] of this.passing) check(record, from, Phase.Waiting);
    this.passing.clear();
  }

  private moved(record: TaskRecord, from: Phase, to: Phase): void {
    const before = this.passing.get(record);
    this.passing.delete(record);
    if (before !== undefined && mayMove(before, to)) return;
    if (before !== undefined) check(record, before, Phase.Waiting);
    if (to === Phase.Waiting && from !== Phase.Waiting) this.passing.set(record, from);
    else if (from !== to || to === Phase.Queued) check(record, from, to);
  }
}

function check(record: TaskRecord, from: Phase, to: Phase): void {
  if (!mayMove(from, to)) {
    throw new Error(
      `no move in the table leads from ${phaseName(from)} to ${phaseName(to)}: ${record.name} (#${record.id})`,
    );
  }
}
