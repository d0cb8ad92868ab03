/** @file A fake processor that works by itself, in the time of a fake clock. */
import type { Call, Report } from '@poniard/core';
import type { FakeClock } from './clock.js';
import { FakeProcessor } from './processor.js';
import type { FakeTraits } from './traits.js';

/** Begins calls in their order, up to `capacity` at a time, and ends each after `micros` of the clock. */
export class ClockedProcessor extends FakeProcessor {
  private readonly running = new Map<Call, () => void>();
  /** Calls in the order in which they began. */
  readonly begun: number[] = [];

  constructor(
    private readonly clock: Pick<FakeClock, 'after' | 'now'>,
    private readonly micros: number | ((call: Call) => number) = 100,
    traits: Partial<FakeTraits> = {},
  ) {
    super(traits);
  }

  override run(batch: readonly Call[], report: Report): void {
    super.run(batch, report);
    this.begin();
  }

  override revoke(calls: readonly Call[]): void {
    super.revoke(calls);
    for (const call of calls) if (!this.hasStarted(call) && this.calls.includes(call)) this.giveBack(call);
  }

  override lose(started: readonly Call[] = [...this.running.keys()], restarts = false): void {
    for (const stop of this.running.values()) stop();
    this.running.clear();
    super.lose(started, restarts);
  }

  hasStarted(call: Call): boolean {
    return this.running.has(call);
  }

  private begin(): void {
    for (const call of this.calls) {
      if (this.running.size >= this.capacity) return;
      if (this.running.has(call) || this.missing(call).length > 0) continue;
      const micros = typeof this.micros === 'number' ? this.micros : this.micros(call);
      const began = this.clock.now();
      this.begun.push(call.id);
      this.running.set(
        call,
        this.clock.after(micros, () => this.end(call, this.clock.now() - began)),
      );
    }
  }

  private end(call: Call, micros: number): void {
    this.running.delete(call);
    this.finish(call, micros);
    this.begin();
  }
}
