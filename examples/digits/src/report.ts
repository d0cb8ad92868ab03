/** @file What came out, as figures and as text. */
import type { GpuInfo, PlacementReport } from 'poniard';
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
  /** The GPU beside all threads, and ms that a product was expected to take on each kind of processor, moves included. */
  readonly gpu?: { readonly name: string; readonly product: Readonly<Record<string, number>> } | undefined;
  /** Why there is no GPU. */
  readonly noGpu?: string | undefined;
  /** What each processor ran, on all threads. */
  readonly tasks: readonly Row[];
  /** `[digit][guess]`: how often. */
  readonly confusion: readonly (readonly number[])[];
}

/** `all` ran on `threads` threads and on the GPU, if one was found; `one` on one thread. */
export function figuresOf(all: Run, one: Run, gpu: GpuInfo, threads: number, k: number): Figures {
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
    gpu: all.productCosts && { name: gpu.name ?? gpu.adapter, product: costsOf(all.productCosts) },
    noGpu: gpu.reason,
    tasks: all.timeline.rows(),
    confusion: all.confusion,
  };
}

export function reportOf(figures: Figures, run: Run, columns: number): string {
  const { accuracy, correct, total, k, threads, gpu, seconds, secondsOnOneThread, speedup } = figures;
  const neighbours = k === 1 ? 'nearest neighbour' : `${k} nearest neighbours`;
  const used = `${threads} thread${threads === 1 ? '' : 's'}${gpu === undefined ? '' : ' and the GPU'}`;
  const times = used === '1 thread' ? used : `${used}, ${secondsOnOneThread} s on one thread: × ${speedup}`;
  return `
${total} digits by their ${neighbours}

accuracy   ${accuracy} (${correct} are right)
time       ${seconds} s on ${times}
products   ${run.blas.library}
GPU        ${drawGpu(figures)}

${run.timeline.draw(columns - 8)}

${drawConfusion(figures.confusion)}

${drawMisses(run, columns)}`;
}

/** What a product costs on each processor, as the scheduler expects it: why it runs where it does. */
function drawGpu({ gpu, noGpu }: Figures): string {
  if (gpu === undefined) return `none: ${noGpu}`;
  const { thread, webgpu } = gpu.product;
  return `${gpu.name}
           a product is expected to take ${thread} ms on the threads, ${webgpu} ms there`;
}

/** In ms, for each kind of processor. */
function costsOf({ rows }: PlacementReport): Record<string, number> {
  return Object.fromEntries(
    rows.flatMap(({ kind, cost }) => (cost ? [[kind, round(cost.total / 1000)]] : [])),
  );
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
