/** @file What came out, as figures and as text. */
import type { Run } from './classify.js';
import { drawConfusion, drawDigits } from './pictures.js';
import type { Row } from './timeline.js';

/** What `--json` prints. */
export interface Figures {
  readonly accuracy: number;
  readonly correct: number;
  readonly total: number;
  readonly k: number;
  readonly threads: number;
  readonly seconds: number;
  readonly secondsOnOneThread: number;
  readonly speedup: number;
  readonly blas: { readonly provider: string; readonly library: string };
  /** What each processor ran, on all threads. */
  readonly tasks: readonly Row[];
  /** `[digit][guess]`: how often. */
  readonly confusion: readonly (readonly number[])[];
}

/** `all` ran on `threads` threads, `one` on one. */
export function figuresOf(all: Run, one: Run, threads: number, k: number): Figures {
  const correct = all.confusion.reduce((sum, line, digit) => sum + line[digit]!, 0);
  const total = all.guesses.length;
  return {
    accuracy: correct / total,
    correct,
    total,
    k,
    threads,
    seconds: round(all.seconds),
    secondsOnOneThread: round(one.seconds),
    speedup: round(one.seconds / all.seconds),
    blas: { provider: all.blas.provider, library: all.blas.library },
    tasks: all.timeline.rows(),
    confusion: all.confusion,
  };
}

export function reportOf(figures: Figures, run: Run, columns: number): string {
  const { accuracy, correct, total, k, threads, seconds, secondsOnOneThread, speedup } = figures;
  const neighbours = k === 1 ? 'nearest neighbour' : `${k} nearest neighbours`;
  const times =
    threads === 1 ? '1 thread' : `${threads} threads, ${secondsOnOneThread} s on one: × ${speedup}`;
  return `
${total} digits by their ${neighbours}

accuracy   ${accuracy} (${correct} are right)
time       ${seconds} s on ${times}
products   ${run.blas.library}

${run.timeline.draw(columns - 8)}

${drawConfusion(figures.confusion)}

${drawMisses(run, columns)}`;
}

/** Some of the digits that were taken for others, from all over the set. */
function drawMisses({ guesses, labels, images }: Run, columns: number): string {
  const missed = guesses.flatMap((guess, row) => {
    const digit = labels.get(row);
    return guess === digit ? [] : [{ row, text: `${digit}, taken for ${guess}` }];
  });
  const some = missed.filter((_, at) => at % Math.ceil(missed.length / 5) === 0);
  return missed.length === 0 ? 'none was missed' : drawDigits(images, some, columns);
}

const round = (value: number) => Number(value.toPrecision(3));
