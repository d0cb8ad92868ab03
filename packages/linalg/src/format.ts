/** @file How an NDArray prints: all of a small one, the corners of a large one. */
import { formatShape, sizeOf } from './shapes.js';

interface Printable {
  readonly dtype: string;
  readonly shape: readonly number[];
  get(...index: number[]): number;
}

/** Arrays of more elements than this are shortened to `EDGE` entries at both ends of each axis. */
const FULL = 64;
const EDGE = 3;
const DIGITS = 5;

/** `NDArray float64 [2, 2] [[1, 2], [3, 4]]`. */
export function formatArray(array: Printable): string {
  const rest = formatAxis(array, [], sizeOf(array.shape) > FULL);
  return `NDArray ${array.dtype} ${formatShape(array.shape)} ${rest}`;
}

function formatAxis(array: Printable, index: number[], shorten: boolean): string {
  const extent = array.shape[index.length];
  if (extent === undefined) return formatNumber(array.get(...index));
  const shown = shorten && extent > 2 * EDGE;
  const entries: string[] = [];
  for (let at = 0; at < extent; at++) {
    if (shown && at === EDGE) {
      entries.push('…');
      at = extent - EDGE;
    }
    entries.push(formatAxis(array, [...index, at], shorten));
  }
  return `[${entries.join(', ')}]`;
}

function formatNumber(value: number): string {
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(DIGITS)));
}
