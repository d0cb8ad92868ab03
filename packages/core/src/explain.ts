/** @file P5: why a task runs where it does. */
import type { EventStream } from './events.js';
import type { CostTerms } from './scheduler/placement.js';
import type { TaskRecord } from './scheduler/record.js';
import type { SchedulerState } from './scheduler/state.js';

/** One processor's part of a {@link PlacementReport}. */
export interface PlacementRow {
  readonly processor: string;
  readonly kind: string;
  /** In µs; `undefined` where the task is refused. */
  readonly cost: CostTerms | undefined;
  readonly refusal: string | undefined;
}

/** What a task would cost on each processor, as the scheduler sees it now. */
export interface PlacementReport {
  readonly task: number;
  readonly name: string;
  /** The processor that ran it or is to run it. */
  readonly processor: string | undefined;
  readonly rows: readonly PlacementRow[];
  /** What happened to the task so far; empty unless the runtime was made with `debug`. */
  readonly story: string;
  /** The rows as a table. */
  toString(): string;
}

export function explainTask(state: SchedulerState, record: TaskRecord, events: EventStream): PlacementReport {
  const rows = record.given
    ? []
    : state.candidates.reasons(record, state.costs).map(({ place, reason }) => ({
        processor: place.processor.id,
        kind: place.processor.kind,
        cost: reason === undefined ? state.costs.terms(record, place) : undefined,
        refusal: reason,
      }));
  return {
    task: record.id,
    name: record.name,
    processor: record.place?.processor.id,
    rows,
    story: events.story(record.id),
    toString() {
      return [
        `${this.name} (#${this.task}) → ${this.processor ?? 'not placed yet'}`,
        ...rows.map(rowText),
      ].join('\n');
    },
  };
}

function rowText({ processor, cost, refusal }: PlacementRow): string {
  const name = processor.padEnd(10);
  if (cost === undefined) return `  ${name} refused: ${refusal}`;
  const us = (micros: number): string => `${Math.round(micros)} µs`;
  const guess = cost.measured ? '' : ' (a guess)';
  return `  ${name} ${us(cost.total)} = queued ${us(cost.queued)} + transfer ${us(cost.transfer)} + run ${us(cost.run)}${guess}`;
}
