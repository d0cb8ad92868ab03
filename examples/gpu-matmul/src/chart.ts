/** @file The figures as text, a line for each size, and what they say. */
import type { Row } from './measure.js';

/** The axis of the times is logarithmic and fixed, so that each line can be printed once it is measured. */
const [FIRST_MS, DECADES, DECADE_WIDTH] = [0.1, 4, 9];
const TICKS = ['0.1 ms', '1 ms', '10 ms', '100 ms', '1 s'];

/** The lines above those of {@link lineOf}. */
export function heading(): string {
  const ticks = TICKS.map((tick) => tick.padEnd(DECADE_WIDTH)).join('');
  return `${' '.repeat(7)}${ticks} threads        GPU  placed freely`;
}

/** `T` and `G` stand at the times of the threads and of the GPU, `X` where they are the same. */
export function lineOf({ size, threads, gpu, placed }: Row): string {
  const cells = [...'·'.padEnd(DECADE_WIDTH).repeat(DECADES), '·'];
  const [t, g] = [columnOf(threads), columnOf(gpu)];
  cells[t] = 'T';
  cells[g] = t === g ? 'X' : 'G';
  const ms = (time: number): string => `${time.toFixed(2)} ms`.padStart(11);
  return `${`${size}²`.padEnd(7)}${cells.join('')}${ms(threads)}${ms(gpu)}  ${placed}`;
}

export const LEGEND =
  'T: threads, G: GPU, X: both the same; *: tried on both at once, the first result counts';

/** The size from which on the GPU is faster, at all sizes that were measured. */
export function crossover(rows: readonly Row[]): number | undefined {
  const slower = rows.findLastIndex(({ threads, gpu }) => gpu >= threads);
  return rows[slower + 1]?.size;
}

/** What came out, in sentences. */
export function conclusion(rows: readonly Row[]): string {
  const from = crossover(rows);
  const placed = rows.map((row) => row.placed).join('');
  const count = (letter: string): number => placed.split(letter).length - 1;
  const right = rows.filter(({ threads, gpu, placed }) => placed.endsWith(gpu < threads ? 'G' : 'T')).length;
  return [
    from === undefined
      ? `There is no size from which on the GPU is faster, up to ${rows.at(-1)?.size}².`
      : `From ${from}² on the GPU is faster.`,
    `Of ${placed.length} products placed freely ${count('*')} were tried on both sides, ${count('T')} ran on the threads and ${count('G')} on the GPU;`,
    `the last one ran on the faster side at ${right} of ${rows.length} sizes.`,
  ].join('\n');
}

function columnOf(ms: number): number {
  const column = Math.round(DECADE_WIDTH * Math.log10(ms / FIRST_MS));
  return Math.min(DECADES * DECADE_WIDTH, Math.max(0, column));
}
