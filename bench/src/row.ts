/** @file Rows, and the arithmetic from measurements to a row: pure functions. */

/** Whether a smaller or a larger figure is the better one. */
export type Better = 'lower' | 'higher';

/** One line of the result. A ratio above 1 says that Poniard is better than that peer. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly better: Better;
  /** The median; `null` where Poniard could not be measured. */
  readonly poniard: number | null;
  /** The medians of the others; a fixed yardstick (a limit, the ideal) also stands here. */
  readonly peers: Readonly<Record<string, number>>;
  readonly ratios: Readonly<Record<string, number>>;
  /** The least ratio that is promised, by peer. */
  readonly target?: Readonly<Record<string, number>>;
  /** Whether every promised ratio that could be measured was reached. */
  readonly met?: boolean;
  /** What was measured otherwise than the name says (fewer tasks, say), and who is missing. */
  readonly notes: readonly string[];
  /** Every measurement behind the medians, in the order of the rounds. */
  readonly rounds: Readonly<Record<string, readonly number[]>>;
}

/** The middle of `values`; of an even number, the mean of the two in the middle. Throws on an empty list. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the median of no values');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

/** How many times better `ours` is than `theirs`. */
export function ratio(ours: number, theirs: number, better: Better): number {
  return better === 'lower' ? theirs / ours : ours / theirs;
}

/** Six significant digits: more is noise, and spoils the JSON for readers. */
export const rounded = (value: number): number => Number(value.toPrecision(6));

/** What {@link makeRow} makes a row of. */
export interface Measured {
  readonly name: string;
  readonly unit: string;
  readonly better: Better;
  /** Measurements by contestant, Poniard's under `poniard`. */
  readonly rounds: Readonly<Record<string, readonly number[]>>;
  readonly target?: Readonly<Record<string, number>> | undefined;
  readonly notes: readonly string[];
}

/**
 * Medians, ratios of the medians, and whether the targets are met: `false` when one that was measured is missed or
 * Poniard itself has no figure, left out when nothing that has a target was measured.
 */
export function makeRow({ name, unit, better, rounds, target, notes }: Measured): Row {
  const ours = rounds['poniard'] ?? [];
  const poniard = ours.length > 0 ? median(ours) : null;
  const peers: Record<string, number> = {};
  const ratios: Record<string, number> = {};
  for (const [peer, values] of Object.entries(rounds)) {
    if (peer === 'poniard' || values.length === 0) continue;
    const theirs = median(values);
    peers[peer] = rounded(theirs);
    if (poniard !== null) ratios[peer] = rounded(ratio(poniard, theirs, better));
  }
  const verdicts = Object.entries(target ?? {}).flatMap(([peer, least]) => {
    const reached = ratios[peer];
    return reached === undefined ? [] : [reached >= least];
  });
  const met = target !== undefined && poniard === null ? false : verdicts.every(Boolean);
  return {
    name,
    unit,
    better,
    poniard: poniard === null ? null : rounded(poniard),
    peers,
    ratios,
    ...(target === undefined ? {} : { target }),
    ...(target === undefined || (verdicts.length === 0 && poniard !== null) ? {} : { met }),
    notes,
    rounds: Object.fromEntries(Object.entries(rounds).map(([peer, values]) => [peer, values.map(rounded)])),
  };
}

/** The order of round `round`: everybody goes first in turn, so that nobody always follows the same one. */
export function rotated<T>(entries: readonly T[], round: number): T[] {
  if (entries.length === 0) return [];
  const first = round % entries.length;
  return [...entries.slice(first), ...entries.slice(0, first)];
}
