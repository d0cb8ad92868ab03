/**
 * @file What things cost, in µs: run times learnt per function, processor kind and size of input; transfers
 * learnt per pair of memory spaces. (P1, P2. Dagger keeps one time per signature for all processors and mixes
 * nanoseconds with seconds; see its `Sch/util.jl`.)
 */

/** What a function that has never run is taken to need. */
export const UNKNOWN_MICROS = 1000;
/** The weight of the newest run in the average: a change of behaviour is believed after about five runs. */
const NEWEST = 0.25;
const LONGEST = 2 ** 30;

interface Learnt {
  micros: number;
  runs: number;
}

/** Run times of one function (and implementation), by processor kind and size class. */
export class RunTimes {
  private readonly kinds = new Map<string, KindTimes>();
  /** What all calls took, by the share of the machine's cores, and trials in vain more than need be; see `trials.ts`. */
  worked = 0;
  wasted = 0;
  private lastKind = '';
  private last: KindTimes | undefined = undefined;

  observe(kind: string, sizeClass: number, micros: number): void {
    let times = this.of(kind);
    if (times === undefined) {
      times = { classes: [], latest: micros };
      this.kinds.set(kind, times);
    }
    times.latest = micros;
    const { classes } = times;
    const learnt = classes[sizeClass];
    if (learnt === undefined) {
      classes[sizeClass] = { micros, runs: 1 };
    } else {
      learnt.micros += (micros - learnt.micros) * NEWEST;
      learnt.runs++;
    }
  }

  /** Whole µs, at least 1; `undefined` where the kind has never run it at about this size. */
  expected(kind: string, sizeClass: number): number | undefined {
    const times = this.of(kind);
    if (times === undefined) return undefined;
    // Asked first: an index below 0 is slow.
    if (sizeClass === ANY_SIZE) return whole(times.latest);
    const exact = times.classes[sizeClass];
    if (exact !== undefined) return whole(exact.micros);
    return nearest(times.classes, sizeClass, 1);
  }

  /** The least of what the kinds are known to need. */
  best(sizeClass: number): number | undefined {
    return this.least((kind) => this.expected(kind, sizeClass));
  }

  /** The same, or for one kind, from sizes that may be far away. */
  guess(sizeClass: number, kind?: string): number | undefined {
    if (kind === undefined) return this.least((each) => this.guess(sizeClass, each));
    const classes = this.of(kind)?.classes;
    return classes && (classes[sizeClass]?.micros ?? nearest(classes, sizeClass, FARTHEST));
  }

  private least(of: (kind: string) => number | undefined): number | undefined {
    let least: number | undefined;
    for (const kind of this.kinds.keys()) {
      const micros = of(kind);
      if (micros !== undefined && (least === undefined || micros < least)) least = micros;
    }
    return least;
  }

  private of(kind: string): KindTimes | undefined {
    if (kind === this.lastKind) return this.last;
    const times = this.kinds.get(kind);
    if (times !== undefined) {
      this.lastKind = kind;
      this.last = times;
    }
    return times;
  }
}

interface KindTimes {
  readonly classes: (Learnt | undefined)[];
  /** What the last run took, of whatever size. */
  latest: number;
}

/** In place of a size class: some input is not there yet. */
export const ANY_SIZE = -1;
const FARTHEST = 64;

/** The closest class that has run, scaled in proportion to the size. */
function nearest(
  classes: readonly (Learnt | undefined)[],
  sizeClass: number,
  farthest: number,
): number | undefined {
  for (let distance = 1; distance <= farthest; distance++) {
    const below = classes[sizeClass - distance];
    if (below !== undefined) return whole(below.micros * 2 ** distance);
    const above = classes[sizeClass + distance];
    if (above !== undefined) return whole(above.micros / 2 ** distance);
  }
  return undefined;
}

export function whole(micros: number): number {
  return Math.min(LONGEST, Math.max(1, Math.ceil(micros)));
}

/** Inputs of about the same size share what was learnt: one class for each power of two from 4 KiB. */
export function sizeClass(bytes: number): number {
  return bytes < 4096 ? 0 : Math.floor(Math.log2(bytes)) - 11;
}

/** What is known of the way from one memory space to another. */
export interface TransferLink {
  readonly from: string;
  readonly to: string;
  /** Values that have gone this way, and their bytes. */
  readonly moves: number;
  readonly bytes: number;
  /** µs for a transfer of almost nothing. */
  readonly latency: number;
  /** Bytes for each µs. */
  readonly bandwidth: number;
}

/** Before anything was measured: a message between threads, and a copy at 2 GB/s. */
const LATENCY = 50;
const BANDWIDTH = 2000;
/** In bytes. Up to this size a transfer tells of the latency, above of the bandwidth. */
const SMALL = 16 * 1024;

/** One way, as it is being learnt. */
class Link implements TransferLink {
  moves = 0;
  bytes = 0;
  private micros: number | undefined = undefined;
  private rate: number | undefined = undefined;

  constructor(
    readonly from: string,
    readonly to: string,
  ) {}

  get latency(): number {
    return this.micros ?? LATENCY;
  }
  get bandwidth(): number {
    return this.rate ?? BANDWIDTH;
  }

  /** A trial tells what the way is capable of: what it took longer is owed to other work of the program. */
  observe(bytes: number, micros: number, isTrial: boolean): void {
    if (bytes <= SMALL) {
      this.micros = isTrial ? Math.min(micros, this.micros ?? micros) : average(this.micros, micros);
      return;
    }
    // At least half of the time: a latency that is only assumed may be longer than the whole transfer.
    const moving = Math.max(0.5, micros / 2, micros - this.latency);
    const rate = bytes / moving;
    this.rate = isTrial ? Math.max(rate, this.rate ?? rate) : average(this.rate, rate);
  }
}

/** The first measurement takes the place of what was assumed; later ones move it. */
function average(known: number | undefined, measured: number): number {
  return known === undefined ? measured : known + (measured - known) * NEWEST;
}

/** Latency and bandwidth per pair of memory spaces, from the transfers that really happened. */
export class TransferTimes {
  private readonly links = new Map<string, Link>();

  /** `isTrial`: it was done to learn what moving costs, and does not count as a move. */
  observe(from: string, to: string, bytes: number, micros: number, isTrial = false): void {
    const key = `${from}→${to}`;
    let link = this.links.get(key);
    if (link === undefined) {
      link = new Link(from, to);
      this.links.set(key, link);
    }
    link.observe(bytes, micros, isTrial);
    if (isTrial) return;
    link.moves++;
    link.bytes += bytes;
  }

  expected(from: string, to: string, bytes: number): number {
    if (from === to) return 0;
    const { latency = LATENCY, bandwidth = BANDWIDTH } = this.links.get(`${from}→${to}`) ?? {};
    return latency + bytes / bandwidth;
  }

  /** All ways on which something has been measured. */
  all(): TransferLink[] {
    return [...this.links.values()].map(({ from, to, moves, bytes, latency, bandwidth }) => {
      return { from, to, moves, bytes, latency, bandwidth };
    });
  }
}
