/** @file P5: why a task runs where it does. */
import type { Absence } from './scheduler/absences.js';
import { isWide } from './scheduler/cores.js';
import type { Place } from './scheduler/place.js';
import type { CostTerms } from './scheduler/placement.js';
import { Phase, type TaskRecord } from './scheduler/record.js';
import type { SchedulerState } from './scheduler/state.js';

/** One processor's part of a {@link PlacementReport}. */
export interface PlacementRow {
  readonly processor: string;
  readonly kind: string;
  /** In µs; `undefined` where the task is refused, and where it is not known any more: see {@link PlacementReport}. */
  readonly cost: CostTerms | undefined;
  readonly refusal: string | undefined;
  /** What else its costs come from: that it computes on the cores that threads work on. */
  readonly note: string | undefined;
}

/**
 * What a task would cost on each processor, as the scheduler sees it now; of a runtime that was made with `debug`, as it was
 * when the task was placed. When a task has ended, its inputs are gone: of one that was not recorded there are costs only if it
 * had no data and for the kind of processor that ran it, and refusals only where they do not depend on its inputs. Printed, it is a
 * table, which says which of these it is.
 */
export interface PlacementReport {
  readonly task: number;
  readonly name: string;
  /** The processor that ran it or is to run it. */
  readonly processor: string | undefined;
  /** What the rows tell: how it was when the task was placed, or how it is now. */
  readonly asOf: 'placement' | 'now';
  readonly rows: readonly PlacementRow[];
  /** Kinds of processor that the task has an implementation for, and of which there is none; plug-ins that could not start. */
  readonly absent: readonly Absence[];
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
    placed?.rows ?? (record.terminal ? rowsAfterwards(state, record) : rowsNow(state, record)),
    state.absent.of(record.fn),
    story,
  );
}

function rowsNow(state: SchedulerState, record: TaskRecord): PlacementRow[] {
  if (record.given) return [];
  return state.candidates
    .reasons(record, state.costs)
    .map(({ place, reason }) =>
      row(place, reason, reason === undefined ? state.costs.terms(record, place) : undefined),
    );
}

/** Without the inputs: what depends on them, such as `accepts` and free memory, cannot be asked any more. */
function rowsAfterwards(state: SchedulerState, record: TaskRecord): PlacementRow[] {
  if (record.given) return [];
  const kind = record.phase === Phase.Finished && !record.hadData ? ranOn(record)?.processor.kind : undefined;
  return state.candidates
    .lastingReasons(record)
    .map(({ place, reason }) =>
      row(
        place,
        reason,
        reason === undefined && place.processor.kind === kind ? state.costs.terms(record, place) : undefined,
      ),
    );
}

function row(place: Place, refusal: string | undefined, cost: CostTerms | undefined): PlacementRow {
  const { id: processor, kind } = place.processor;
  const note = refusal === undefined && isWide(place) ? "computes on the CPU's cores" : undefined;
  return { processor, kind, cost, refusal, note };
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
      ...(this.ended && this.asOf === 'now' ? afterwards(rows) : []),
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

/** What is not true of the task when it was placed, or not known any more. */
function afterwards(rows: readonly PlacementRow[]): string[] {
  const told = 'a runtime made with debug tells how it was when the task was placed';
  if (rows.some(({ cost }) => cost !== undefined)) return [`  (as such a call would cost now: ${told})`];
  const unknown = rows.filter(({ refusal }) => refusal === undefined).map(({ processor }) => processor);
  if (unknown.length === 0) return [];
  return [`  (its inputs are gone, and with them what it cost on ${unknown.join(', ')}: ${told})`];
}

/** A run time that was not measured is marked `~`. */
function costCells(name: string, { total, queued, transfer, run, measured }: CostTerms): string[] {
  const whole = (micros: number): string => `${Math.round(micros)}`;
  return [name, whole(total), whole(queued), whole(transfer), `${measured ? '' : '~'}${whole(run)}`];
}
