/** @file Digits and matrices as text. */
import { type Images, SIDE } from './images.js';

/** The outermost pixels are always empty. */
const MARGIN = 2;
const WIDTH = SIDE - 2 * MARGIN;
const GAP = 2;

/** Two rows of pixels in one of text. */
const HALVES = [' ', '▄', '▀', '█'];

export interface Caption {
  readonly row: number;
  readonly text: string;
}

/** Some images side by side, as many as `columns` has room for, with captions. */
export function drawDigits(images: Images, captions: readonly Caption[], columns: number): string {
  const shown = captions.slice(0, Math.max(1, Math.floor((columns + GAP) / (WIDTH + GAP))));
  const lines = [shown.map(({ text }) => text.padEnd(WIDTH))];
  for (let y = MARGIN; y < SIDE - MARGIN; y += 2)
    lines.push(shown.map(({ row }) => drawLine(images, row, y)));
  return lines.map((parts) => parts.join(' '.repeat(GAP)).trimEnd()).join('\n');
}

function drawLine(images: Images, row: number, y: number): string {
  const ink = (x: number, y: number) => (images.get(row, y * SIDE + x) >= 0 ? 1 : 0);
  return Array.from(
    { length: WIDTH },
    (_, at) => HALVES[2 * ink(at + MARGIN, y) + ink(at + MARGIN, y + 1)],
  ).join('');
}

/** A table with a line for each digit and a column for each guess. */
export function drawConfusion(confusion: readonly (readonly number[])[]): string {
  const cells = (line: readonly (number | string)[]) => line.map((cell) => String(cell).padStart(5)).join('');
  const lines = confusion.map((line, digit) => `${digit}    |${cells(line.map((count) => count || '·'))}`);
  return ['taken for', `     |${cells(confusion.map((_, digit) => digit))}`, ...lines].join('\n');
}
