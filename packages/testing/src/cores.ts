/** @file The cores of a machine that does not exist: what runs on them gets slower when there is more of it. */
import type { FakeClock } from './clock.js';

interface Job {
  /** µs that it would still take alone. */
  left: number;
  readonly width: number;
  readonly callback: () => void;
}

/** Cores that all that runs shares evenly, in the time of a fake clock. */
export class FakeCores {
  private readonly jobs = new Set<Job>();
  private since = 0;
  private stop = (): void => {};

  constructor(
    private readonly clock: FakeClock,
    private readonly total: number,
  ) {}

  /** A clock for a `ClockedProcessor` whose calls keep so many cores busy. */
  clockFor(width: number): Pick<FakeClock, 'after' | 'now'> {
    return {
      now: () => this.clock.now(),
      after: (micros, callback) => this.begin({ left: micros, width, callback }),
    };
  }

  private begin(job: Job): () => void {
    this.change(() => this.jobs.add(job));
    return () => this.change(() => this.jobs.delete(job));
  }

  private change(change: () => void): void {
    const now = this.clock.now();
    const passed = (now - this.since) * this.rate;
    for (const job of this.jobs) job.left = Math.max(0, job.left - passed);
    this.since = now;
    change();
    this.stop();
    let first: Job | undefined;
    for (const job of this.jobs) if (first === undefined || job.left < first.left) first = job;
    if (first === undefined) return;
    const { left } = first;
    this.stop = this.clock.after(left / this.rate, () => this.end(first));
  }

  private end(job: Job): void {
    job.left = 0;
    this.change(() => this.jobs.delete(job));
    job.callback();
  }

  /** How fast everything is, compared with alone. */
  private get rate(): number {
    let wanted = 0;
    for (const { width } of this.jobs) wanted += width;
    return Math.min(1, this.total / wanted);
  }
}
