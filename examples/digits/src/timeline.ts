/** @file Which processor ran what and when, from a runtime's events. */
import { defaultScope, type PoniardEvent, type Runtime } from 'poniard';

/** One run of a task; times in µs on the runtime's clock. */
interface Span {
  readonly name: string;
  readonly processor: string;
  start: number;
  end: number;
}

/** All runs of one function. */
export interface Row {
  readonly name: string;
  readonly runs: number;
  readonly ms: number;
  /** How many of them each processor ran. */
  readonly byProcessor: Readonly<Record<string, number>>;
}

export class Timeline {
  private readonly spans: Span[] = [];
  /** When the first event came. */
  private began: number | undefined;
  private readonly stop: () => void;

  /** Those that run tasks unless a scope says otherwise, in the order of their ids. */
  readonly processors: readonly string[];

  /** Listens until `end`. */
  constructor(runtime: Runtime) {
    this.processors = runtime
      .processors(defaultScope)
      .map(({ id }) => id)
      .sort();
    this.stop = runtime.subscribe((event) => this.hear(event));
  }

  end(): void {
    this.stop();
    // Processors tell in batches, so an answer may be a little older than its event: none began after the next.
    const next = new Map<string, number>();
    for (const span of this.spans.toReversed()) {
      const late = Math.max(0, span.end - (next.get(span.processor) ?? span.end));
      // Of calls that a GPU got together only some are timed, so all may seem longer than there was time.
      span.start = Math.max(span.start - late, this.began ?? 0);
      span.end = Math.max(span.end - late, this.began ?? 0);
      next.set(span.processor, span.start);
    }
  }

  rows(): Row[] {
    return [...new Set(this.spans.map(({ name }) => name))].map((name) => {
      const own = this.spans.filter((span) => span.name === name);
      const byProcessor: Record<string, number> = {};
      for (const { processor } of own) byProcessor[processor] = (byProcessor[processor] ?? 0) + 1;
      const micros = own.reduce((sum, { start, end }) => sum + end - start, 0);
      return { name, runs: own.length, ms: Math.round(micros / 1000), byProcessor };
    });
  }

  /** A line for each processor, and below it what the letters stand for. */
  draw(width: number): string {
    const { processors } = this;
    const [from, to] = [
      Math.min(...this.spans.map((s) => s.start)),
      Math.max(...this.spans.map((s) => s.end)),
    ];
    const column = (to - from) / width;
    const letters = lettersOf(this.rows().map(({ name }) => name));
    const lanes = processors.map((processor) => {
      const own = this.spans.filter((span) => span.processor === processor);
      const cells = Array.from({ length: width }, (_, at) => {
        const name = longest(own, from + at * column, from + (at + 1) * column);
        return name === undefined ? '·' : letters.get(name);
      });
      return `${processor.padEnd(7)}${cells.join('')}`;
    });
    const scale = `${''.padEnd(7)}0${`${Math.round((to - from) / 1000)} ms`.padStart(width - 1)}`;
    const titles = ['', 'task'.padEnd(13), 'runs', '    ms', ...processors.map((id) => id.padStart(6))];
    const rows = this.rows().map(({ name, runs, ms, byProcessor }) => [
      letters.get(name),
      name.padEnd(13),
      String(runs).padStart(4),
      String(ms).padStart(6),
      ...processors.map((id) => String(byProcessor[id] ?? 0).padStart(6)),
    ]);
    const table = [titles, ...rows].map(
      ([letter, ...cells]) => `  ${(letter ?? '').padEnd(5)}${cells.join(' ')}`,
    );
    return [...lanes, scale, '', ...table].join('\n');
  }

  private hear({ type, time, name, processor, micros }: PoniardEvent): void {
    this.began ??= time;
    if (type !== 'task:answer' || name === undefined || processor === undefined || micros === undefined)
      return;
    this.spans.push({ name, processor, start: time - micros, end: time });
  }
}

/** What takes most of a stretch of time, unless most of it is idle. */
function longest(spans: readonly Span[], from: number, to: number): string | undefined {
  const shares = new Map<string | undefined, number>([[undefined, to - from]]);
  for (const { name, start, end } of spans) {
    const share = Math.min(end, to) - Math.max(start, from);
    if (share <= 0) continue;
    shares.set(name, (shares.get(name) ?? 0) + share);
    shares.set(undefined, shares.get(undefined)! - share);
  }
  return [...shares].reduce((most, one) => (one[1] > most[1] ? one : most))[0];
}

/** For each name its first letter that no other has. */
function lettersOf(names: readonly string[]): Map<string, string> {
  const letters = new Map<string, string>();
  for (const name of names) {
    const taken = [...letters.values()];
    letters.set(name, [...name.toLowerCase()].find((letter) => !taken.includes(letter)) ?? '#');
  }
  return letters;
}
