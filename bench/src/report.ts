/** @file What is printed and written: the table, the machine, the versions. */
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import type { Row } from './row.js';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly os: string;
  readonly node: string;
}

/** The JSON that `--json` writes. */
export interface Report {
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, string>>;
  readonly skipped: readonly string[];
  readonly rows: readonly Row[];
}

export function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    os: `${type()} ${release()}`,
    node: process.version,
  };
}

/** Three significant digits, in plain notation: `0.0123`, `4.57`, `45.7`, `1,234`. */
export function formatFigure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return value === 0 ? '0' : Number(value.toPrecision(3)).toString();
}

const HEADINGS = ['', 'poniard', 'peer', 'its figure', 'ratio', 'at least', ''] as const;

/** The rows as an aligned table, a line for each peer, their notes below. */
export function formatTable(rows: readonly Row[]): string {
  const lines: string[][] = [[...HEADINGS]];
  const notes: string[] = [];
  for (const row of rows) {
    const title = `${row.name} (${row.unit})`;
    const ours = row.poniard === null ? '—' : formatFigure(row.poniard);
    const peers = Object.keys(row.peers);
    if (peers.length === 0) lines.push([title, ours, '', '', '', '', '']);
    for (const [index, peer] of peers.entries()) {
      const reached = row.ratios[peer];
      const least = row.target?.[peer];
      lines.push([
        index === 0 ? title : '',
        index === 0 ? ours : '',
        peer,
        formatFigure(row.peers[peer] as number),
        reached === undefined ? '—' : `${formatFigure(reached)} ×`,
        least === undefined ? '' : `${formatFigure(least)} ×`,
        least === undefined || reached === undefined ? '' : reached >= least ? 'met' : 'missed',
      ]);
    }
    if (row.notes.length > 0) notes.push(`${row.name}:`, ...row.notes.map((note) => `  ${note}`));
  }
  const table = alignColumns(lines, new Set([1, 3, 4, 5]));
  return notes.length === 0 ? table : `${table}\n\n${notes.join('\n')}`;
}

/** Pads the cells of each column to one width; the columns in `right` are flush right. */
export function alignColumns(lines: readonly (readonly string[])[], right: ReadonlySet<number>): string {
  const widths: number[] = [];
  for (const line of lines) {
    for (const [column, cell] of line.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    }
  }
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          right.has(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** All that goes to stdout. */
export function formatReport({ machine, versions, settings, skipped, rows }: Report): string {
  const { cpu, cores, memoryGiB, os, node } = machine;
  const parties = Object.entries(versions).map(([name, version]) => [
    `  ${name}`,
    version,
    settings[name] ?? '',
  ]);
  return [
    `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${os}, Node ${node}`,
    alignColumns(parties, new Set()),
    ...skipped,
    '',
    formatTable(rows),
    '',
    'Medians. A ratio above 1 says that Poniard is better.',
  ].join('\n');
}
