/** @file "Did you mean …?": the known name that a mistyped one is nearest to. */

/** The nearest of `known`, where it is near enough that it was probably meant. */
export function nearestName(given: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(given.length / 2)) + 1;
  for (const name of known) {
    const typed = given.toLowerCase();
    const meant = name.toLowerCase();
    const away = Math.min(ending(typed, meant), distance(typed, meant));
    if (away >= least) continue;
    best = name;
    least = away;
  }
  return best;
}

/** A name that was cut short, as `prio`, or that ends otherwise, as `retry` for `retries`, is as near as so many wrong letters. */
function ending(typed: string, meant: string): number {
  if (typed.length > 2 && meant.startsWith(typed)) return 1;
  return typed.length > 4 && meant.startsWith(typed.slice(0, -1)) ? 2 : Number.POSITIVE_INFINITY;
}

/** How many letters must be put in, left out, changed, or swapped with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (last[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(changed, (last[j] as number) + 1, (row[j - 1] as number) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (beforeLast[j - 2] as number) + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] as number;
}

/** What an error about an unknown option says of it. */
export function unknownOption(given: string, known: readonly string[]): string {
  const nearest = nearestName(given, known);
  const guess = nearest === undefined ? '.' : `; did you mean ${JSON.stringify(nearest)}?`;
  return `unknown option ${JSON.stringify(given)}${guess} Known are ${known.join(', ')}`;
}
