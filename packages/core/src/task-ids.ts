/**
 * @file Numbers of tasks. Each worker numbers the tasks that tasks there spawn by itself, so that their ids are known at once:
 * it has a range of its own, and is given another before that is used up.
 *
 * The numbers that all but huge programs use are below 2³¹: greater ones make each record larger.
 */

/** How many numbers a range has. */
const RANGE = 1_000_000;
/** The runtime's own numbers go on here when they have come to the first range. */
const OWN_BEYOND = 1_000_000_000;
/** Ranges from the one that would begin there begin here. */
const FAR = 2 ** 33;
/** Where a worker goes on that has used its range up before it could be given another: a task spawned so many in one stretch. */
const BURST = 2 ** 48;
/** What lies between the numbers that two workers use then, as a multiple of what lies between their ranges. */
const BURST_FACTOR = 4096;

/** Of a runtime. */
export class TaskIds {
  private last = 0;
  private ranges = 0;

  next(): number {
    if (++this.last === RANGE) this.last = OWN_BEYOND;
    return this.last;
  }

  /** The first number of a range that nobody else uses. */
  range(): number {
    const first = ++this.ranges * RANGE;
    return first < OWN_BEYOND ? first : FAR + first;
  }
}

/** Of a worker. */
export class WorkerIds {
  private next: number;
  private end: number;
  private readonly more: number[] = [];

  constructor(private readonly first: number) {
    this.next = first;
    this.end = first + RANGE;
  }

  /** Another range that is its own. */
  grant(first: number): void {
    this.more.push(first);
  }

  take(): number {
    if (this.next === this.end) {
      const first = this.more.shift();
      this.next = first ?? BURST + this.first * BURST_FACTOR;
      this.end = first === undefined ? Number.POSITIVE_INFINITY : first + RANGE;
    }
    return this.next++;
  }
}

/** Whether a worker that has come to this number is to be given another range. */
export function needsRange(id: number): boolean {
  return id % RANGE === RANGE / 2;
}
