/**
 * @file How long calls of a sort keep a device busy. Calls go to the device many at a time, and its clock tells how long all
 * took together; a cheap one would seem as long as a dear one that went along. So some are timed by themselves: the first
 * few of each function and size, and one now and again. It costs a pass of its own each time.
 */

/** So many are timed at first, and from then on one in so many. */
const FIRST = 4;
const THEN = 16;
/** The weight of the newest. */
const NEWEST = 0.25;

/** A part of a submission that is timed by itself. */
export interface Section {
  /** In µs, once the submission has been carried out. */
  micros: number | undefined;
}

/** A call that has been carried out. */
export interface TimedCall {
  readonly sort: string;
  readonly section: Section | undefined;
}

interface Known {
  runs: number;
  micros: number | undefined;
}

export class CallTimes {
  private readonly sorts = new Map<string, Known>();

  /** Whether a call that is about to be recorded should be timed by itself. */
  wants(sort: string): boolean {
    let known = this.sorts.get(sort);
    if (known === undefined) {
      known = { runs: 0, micros: undefined };
      this.sorts.set(sort, known);
    }
    const { runs } = known;
    known.runs++;
    return runs < FIRST || runs % THEN === 0;
  }

  /** What each of the calls took of the time that all took together, in µs: its own time, its sort's, or what is left. */
  share(calls: readonly TimedCall[], micros: number): number[] {
    let left = micros;
    let open = 0;
    const times = calls.map(({ sort, section }) => {
      const time = this.learn(sort, section?.micros);
      if (time === undefined) open++;
      else left -= time;
      return time;
    });
    const each = Math.max(0, left) / Math.max(1, open);
    return times.map((time) => time ?? each);
  }

  private learn(sort: string, micros: number | undefined): number | undefined {
    const known = this.sorts.get(sort);
    if (known === undefined || micros === undefined) return known?.micros;
    known.micros = known.micros === undefined ? micros : known.micros + (micros - known.micros) * NEWEST;
    return micros;
  }
}
