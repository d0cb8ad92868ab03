/** @file P5: why a task runs where it does. */
import { isWide } from './scheduler/cores.js';
import type { CostTerms } from './scheduler/placement.js';
import { Phase, type TaskRecord } from './scheduler/record.js';
import type { SchedulerState } from './scheduler/state.js';

/** One processor's part of a {@link PlacementReport}. */
export interface PlacementRow {
  readonly processor: string;
  readonly kind: string;
  /** In µs; `undefined` where the task is refused. */
  readonly cost: CostTerms | undefined;
  readonly refusal: string | undefined;
  /** What else its costs come from: that it computes on the cores that threads work on. */
  readonly note: string | undefined;
}

/**
 * What a task would cost on each processor, as the scheduler sees it now; of a runtime that was made with `debug`, as it was
 * when the task was placed. Of a task that has ended and was not recorded so, the rows are what such a call without inputs
 * would cost now. Printed, it is a table, which says which of these it is.
 */
export interface PlacementReport {
  readonly task: number;
  readonly name: string;
  /** The processor that ran it or is to run it. */
  readonly processor: string | undefined;
  /** What the rows tell: how it was when the task was placed, or how it is now. */
  readonly asOf: 'placement' | 'now';
  readonly rows: readonly PlacementRow[];
  /** Kinds of processor that the task has an implementation for, and of which there is none. */
  readonly absent: readonly { readonly kind: string; readonly reason: string }[];
  /** What happened to the task so far; empty unless the runtime was made with `debug`. */
  readonly story: string;
  /** The rows as a table, in µs. */
  toString(): string;
}

/** `placed`: what it was when the task was placed, where that is known; later its inputs are gone. */
export function explainTask(
  state: SchedulerState,
  record: TaskRecord,
  story: string,
  placed?: PlacementReport,
): PlacementReport {
  return new Report(
    record.id,
    record.name,
    ranOn(record)?.processor.id,
    placed === undefined ? 'now' : 'placement',
    record.terminal,
    placed?.rows ?? rowsNow(state, record),
    state.absent.filter(({ kind }) => record.fn.has(kind)),
    story,
  );
}

function rowsNow(state: SchedulerState, record: TaskRecord): PlacementRow[] {
  return record.given
    ? []
    : state.candidates.reasons(record, state.costs).map(({ place, reason }) => ({
        processor: place.processor.id,
        kind: place.processor.kind,
        cost: reason === undefined ? state.costs.terms(record, place) : undefined,
        refusal: reason,
        note: reason === undefined && isWide(place) ? "computes on the CPU's cores" : undefined,
      }));
}

/** Of two runs the one whose result counted. */
function ranOn({ twin, phase, place }: TaskRecord): TaskRecord['place'] {
  return twin?.phase === Phase.Finished && phase === Phase.Finished ? twin.place : place;
}

class Report implements PlacementReport {
  constructor(
    readonly task: number,
    readonly name: string,
    readonly processor: string | undefined,
    readonly asOf: PlacementReport['asOf'],
    private readonly ended: boolean,
    readonly rows: readonly PlacementRow[],
    readonly absent: PlacementReport['absent'],
    readonly story: string,
  ) {}

  toString(): string {
    const { rows, processor, absent } = this;
    const costs = rows.filter(({ cost }) => cost !== undefined);
    const table = [
      ['', 'µs', 'queued', 'transfer', 'run'],
      ...costs.map(({ processor: id, cost }) =>
        costCells(`${id === processor ? '→' : ' '} ${id}`, cost as CostTerms),
      ),
    ];
    const widths =
      table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
    const lines = table.map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number)))
        .join('  '),
    );
    return [
      `${this.name} (#${this.task}) → ${processor ?? 'not placed yet'}`,
      ...(costs.length === 0 ? [] : lines.map((line) => line.trimEnd())),
      ...(this.ended && rows.length > 0 && this.asOf === 'now' ? [AFTERWARDS] : []),
      ...rows.flatMap(({ processor: id, refusal, note = refusal }) =>
        note === undefined ? [] : [`  ${id}: ${note}`],
      ),
      ...absent.map(({ kind, reason }) => `  ${kind}: ${reason}`),
    ].join('\n');
  }

  /** What `console.log` shows in Node. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** The inputs of a task that has ended are gone, and what it ran beside too. */
const AFTERWARDS =
  '  (as such a call would cost now, without its inputs: a runtime made with debug tells how it was when the task was placed)';

/** A run time that was not measured is marked `~`. */
function costCells(name: string, { total, queued, transfer, run, measured }: CostTerms): string[] {
  const whole = (micros: number): string => `${Math.round(micros)}`;
  return [name, whole(total), whole(queued), whole(transfer), `${measured ? '' : '~'}${whole(run)}`];
}
