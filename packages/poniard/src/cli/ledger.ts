/** @file What a runtime's tasks cost where, gathered from its events, and the table that shows it. */
import type { CostTerms, EventSink, PlacementReport, PoniardEvent } from '@poniard/core';

/** Of one function, so many tasks are asked for their costs: asking takes a microsecond for each processor. */
const ASKED = 1000;

/** What a processor was to a function's tasks. */
interface Column {
  /** Tasks that it ran. */
  ran: number;
  /** For how many of them it measured the run time, and the sum in µs. */
  timed: number;
  took: number;
  /** Tasks for which its costs are known, and their sums. */
  costs: number;
  readonly sums: { queued: number; transfer: number; run: number; total: number };
  /** How often the run time was a guess. */
  guesses: number;
  readonly refusals: Map<string, number>;
  note: string | undefined;
}

/** The tasks of one name. */
interface Line {
  tasks: number;
  asked: number;
  readonly byProcessor: Map<string, Column>;
  readonly absent: Map<string, string>;
}

/** A port `EventSink` that keeps the accounts of one runtime. */
export class Ledger implements EventSink {
  readonly active = true;
  private readonly lines = new Map<string, Line>();
  /** Bytes by the way that they went. */
  private readonly moved = new Map<string, number>();

  emit({ type, name, processor, explain, from, to, micros, bytes = 0 }: PoniardEvent): void {
    if (type === 'chunk:moved') {
      const way = `${from} → ${to}`;
      this.moved.set(way, (this.moved.get(way) ?? 0) + bytes);
    } else if (name !== undefined && processor !== undefined) {
      if (type === 'task:ready' && explain !== undefined) this.ask(this.line(name), explain);
      else if (type === 'task:answer') {
        const line = this.line(name);
        line.tasks++;
        ran(columnOf(line, processor), micros);
      }
    }
  }

  /** Whether nothing has run. */
  get empty(): boolean {
    return this.lines.size === 0;
  }

  toString(): string {
    const tables = [...this.lines].map(([name, line]) => table(name, line));
    const ways = [...this.moved].map(
      ([way, bytes]) => `  ${way.padEnd(18)} ${bytes.toLocaleString('en-US')} bytes`,
    );
    return [...tables, ...(ways.length === 0 ? [] : [['moved', ...ways].join('\n')])].join('\n\n');
  }

  private line(name: string): Line {
    let line = this.lines.get(name);
    if (line === undefined) {
      line = { tasks: 0, asked: 0, byProcessor: new Map(), absent: new Map() };
      this.lines.set(name, line);
    }
    return line;
  }

  private ask(line: Line, explain: () => PlacementReport): void {
    if (line.asked >= ASKED) return;
    line.asked++;
    const { rows, absent } = explain();
    for (const { kind, reason } of absent) line.absent.set(kind, reason);
    for (const { processor, cost, refusal, note } of rows) {
      const column = columnOf(line, processor);
      column.note ??= note;
      if (cost !== undefined) count(column, cost);
      else if (refusal !== undefined) column.refusals.set(refusal, (column.refusals.get(refusal) ?? 0) + 1);
    }
  }
}

function columnOf({ byProcessor }: Line, processor: string): Column {
  let column = byProcessor.get(processor);
  if (column === undefined) {
    const sums = { queued: 0, transfer: 0, run: 0, total: 0 };
    column = { ran: 0, timed: 0, took: 0, costs: 0, sums, guesses: 0, refusals: new Map(), note: undefined };
    byProcessor.set(processor, column);
  }
  return column;
}

function ran(column: Column, micros: number | undefined): void {
  column.ran++;
  if (micros === undefined) return;
  column.timed++;
  column.took += micros;
}

function count(column: Column, cost: CostTerms): void {
  column.costs++;
  for (const term of ['queued', 'transfer', 'run', 'total'] as const) column.sums[term] += cost[term];
  if (!cost.measured) column.guesses++;
}

/**
 * A function's tasks: for each processor how many it ran, what one took there, and what one was expected to cost there
 * when it was placed; on average, in µs.
 */
function table(name: string, { tasks, byProcessor, absent }: Line): string {
  const cells = [['', 'tasks', 'took', 'expected', 'queued', 'transfer', 'run']];
  const notes: string[] = [];
  for (const [processor, column] of byProcessor) {
    for (const [reason, times] of column.refusals)
      notes.push(`  ${processor}: ${reason}${times < tasks ? ` (${times} of them)` : ''}`);
    if (column.note !== undefined) notes.push(`  ${processor}: ${column.note}`);
    if (column.costs > 0 || column.ran > 0) cells.push(row(processor, column));
  }
  for (const [kind, reason] of absent) notes.push(`  ${kind}: ${reason}`);
  const widths = cells[0]!.map((_, at) => Math.max(...cells.map((line) => line[at]!.length)));
  const lines = cells.map((line) =>
    line.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join('  '),
  );
  return [`${name}, ${tasks} task${tasks === 1 ? '' : 's'}, µs each`, ...lines, ...notes].join('\n');
}

/** A run time that was mostly a guess is marked `~`. */
function row(processor: string, { ran, timed, took, costs, sums, guesses }: Column): string[] {
  const mean = (sum: number, among = costs): string => (among === 0 ? '' : `${Math.round(sum / among)}`);
  const guess = 2 * guesses > costs ? '~' : '';
  return [
    `${ran > 0 ? '→' : ' '} ${processor}`,
    `${ran}`,
    mean(took, timed),
    mean(sums.total),
    mean(sums.queued),
    mean(sums.transfer),
    `${guess}${mean(sums.run)}`,
  ];
}
