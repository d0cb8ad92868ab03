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
  private readonly kinds = new Map<string, (Learnt | undefined)[]>();
  private lastKind = '';
  private lastClasses: (Learnt | undefined)[] | undefined = undefined;

  observe(kind: string, sizeClass: number, micros: number): void {
    let classes = this.classes(kind);
    if (classes === undefined) {
      classes = [];
      this.kinds.set(kind, classes);
    }
    const learnt = classes[sizeClass];
    if (learnt === undefined) {
      classes[sizeClass] = { micros, runs: 1 };
    } else {
      learnt.micros += (micros - learnt.micros) * NEWEST;
      learnt.runs++;
    }
  }

  /** Whole µs, at least 1; `undefined` where the kind has never run it. */
  expected(kind: string, sizeClass: number): number | undefined {
    const classes = this.classes(kind);
    if (classes === undefined) return undefined;
    const exact = classes[sizeClass];
    if (exact !== undefined) return whole(exact.micros);
    return nearest(classes, sizeClass);
  }

  /** The least of what the kinds are known to need. */
  best(sizeClass: number): number | undefined {
    let best: number | undefined;
    for (const kind of this.kinds.keys()) {
      const micros = this.expected(kind, sizeClass);
      if (micros !== undefined && (best === undefined || micros < best)) best = micros;
    }
    return best;
  }

  private classes(kind: string): (Learnt | undefined)[] | undefined {
    if (kind === this.lastKind) return this.lastClasses;
    const classes = this.kinds.get(kind);
    if (classes !== undefined) {
      this.lastKind = kind;
      this.lastClasses = classes;
    }
    return classes;
  }
}

/** The closest class that has run, scaled in proportion to the size. */
function nearest(classes: readonly (Learnt | undefined)[], sizeClass: number): number | undefined {
  for (let distance = 1; distance < 64; distance++) {
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

interface Link {
  /** µs for a transfer of almost nothing. */
  latency: number;
  /** Bytes for each µs. */
  bandwidth: number;
}

const SMALL = 16 * 1024;

/** Latency and bandwidth per pair of memory spaces, from the transfers that really happened. */
export class TransferTimes {
  private readonly links = new Map<string, Link>();
  /** Before anything was measured: a message between threads, and a copy at 2 GB/s. */
  private readonly initial: Link = { latency: 50, bandwidth: 2000 };

  observe(from: string, to: string, bytes: number, micros: number): void {
    const key = `${from}→${to}`;
    const link = this.links.get(key) ?? { ...this.initial };
    if (bytes <= SMALL) link.latency += (micros - link.latency) * NEWEST;
    else {
      const moving = Math.max(1, micros - link.latency);
      link.bandwidth += (bytes / moving - link.bandwidth) * NEWEST;
    }
    this.links.set(key, link);
  }

  expected(from: string, to: string, bytes: number): number {
    if (from === to) return 0;
    const link = this.links.get(`${from}→${to}`) ?? this.initial;
    return link.latency + bytes / link.bandwidth;
  }
}
