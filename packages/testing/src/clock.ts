/** @file A clock that stands still until the test moves it. */
import type { Clock } from '@poniard/core';

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** Port `Clock`: time passes only in `advance`, and timers fire inside it, in the order of their times. */
export class FakeClock implements Clock {
  private micros = 0;
  private readonly timers: Timer[] = [];

  now(): number {
    return this.micros;
  }

  after(micros: number, callback: () => void): () => void {
    const timer = { at: this.micros + Math.max(0, micros), callback };
    // After those of the same time, so that equal timers fire in the order in which they were set.
    const index = this.timers.findIndex(({ at }) => at > timer.at);
    this.timers.splice(index < 0 ? this.timers.length : index, 0, timer);
    return () => {
      const found = this.timers.indexOf(timer);
      if (found >= 0) this.timers.splice(found, 1);
    };
  }

  /** How many timers are set. */
  get pending(): number {
    return this.timers.length;
  }

  /** Lets so many µs pass; timers that are set meanwhile and fall due fire too. */
  advance(micros: number): void {
    const end = this.micros + micros;
    for (let next = this.timers[0]; next !== undefined && next.at <= end; next = this.timers[0]) {
      this.timers.shift();
      this.micros = next.at;
      next.callback();
    }
    this.micros = end;
  }

  /** Goes straight to the next timer. Whether there was one. */
  next(): boolean {
    const [timer] = this.timers;
    if (timer !== undefined) this.advance(timer.at - this.micros);
    return timer !== undefined;
  }
}
