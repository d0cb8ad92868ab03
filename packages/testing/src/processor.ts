/**
 * @file A processor that runs nothing by itself: a test says when its calls end and how. What it runs it runs from
 * the arguments that the scheduler promised, so that a value in the wrong place shows.
 */
import type { AnyFunction, Call, Loss, Processor, Report } from '@poniard/core';
import { FakeTraits } from './traits.js';

/** Port `Processor`, by hand. */
export class FakeProcessor extends FakeTraits implements Processor {
  /** Calls that it has, oldest first. */
  readonly calls: Call[] = [];
  /** Calls that it was asked to give back, and to end. */
  readonly asked: Call[] = [];
  readonly aborted: { readonly call: Call; readonly reason: unknown; readonly force: boolean }[] = [];
  closed = false;
  /** What it answers through, once it has had a call. */
  report: Report | undefined = undefined;
  private readonly results = new Map<number, unknown>();
  private lost: (loss: Loss) => void = () => {};

  run(batch: readonly Call[], report: Report): void {
    this.report = report;
    for (const call of batch) {
      for (const { id } of locals(call)) {
        const known = this.space.values.has(id) || this.calls.some((earlier) => earlier.id === id);
        if (!known)
          throw new Error(`${this.id} was handed #${call.id} and neither has nor makes its input #${id}`);
      }
      this.calls.push(call);
    }
  }
  revoke(calls: readonly Call[]): void {
    this.asked.push(...calls);
  }
  abort(calls: readonly Call[], reason: unknown, force: boolean): void {
    for (const call of calls) this.aborted.push({ call, reason, force });
  }
  onLost(listener: (loss: Loss) => void): void {
    this.lost = listener;
  }
  async close(): Promise<void> {
    this.closed = true;
  }

  /** Inputs that earlier calls here were to make, and have not. */
  missing(call: Call): Call[] {
    return locals(call).filter(({ id }) => !this.results.has(id) && !this.space.values.has(id));
  }

  /** Runs the call, or ends it with `value`. */
  finish(call = this.calls[0] as Call, micros = 100, value?: unknown): void {
    const report = this.drop(call);
    try {
      const result =
        value ??
        Reflect.apply(call.fn.local(call.implementation) as AnyFunction, undefined, this.inputs(call));
      this.results.set(call.id, result);
      if (this.keeps(call, result)) {
        this.space.values.set(call.id, result);
        report.kept(call, { bytes: this.bytes, kind: typeof result }, micros);
      } else report.delivered(call, { value: result }, 0, micros);
    } catch (error) {
      report.failed(call, error, micros);
    }
  }

  fail(call = this.calls[0] as Call, error: unknown = new Error('by the test')): void {
    this.drop(call).failed(call, error, 100);
  }
  giveBack(call = this.calls[0] as Call): void {
    this.drop(call).revoked(call);
  }
  /** Dies, with all that it has. `started`: the calls that had begun. */
  lose(started: readonly Call[] = [], restarts = false): void {
    this.calls.length = 0;
    this.results.clear();
    this.space.values.clear();
    this.lost({ reason: 'was lost by the test', started, restarts });
  }

  private drop(call: Call): Report {
    const at = this.calls.indexOf(call);
    if (at < 0) throw new Error(`${this.id} does not have call #${call?.id}`);
    this.calls.splice(at, 1);
    return this.report as Report;
  }

  private inputs(call: Call): unknown[] {
    return Array.from({ length: call.arity }, (_, index) => {
      const argument = call.argument(index);
      if (argument.kind === 'value') return argument.value;
      if (argument.kind === 'handle') return argument.call;
      const { id } = argument.call;
      return this.results.has(id) ? this.results.get(id) : this.space.take(id);
    });
  }
}

/** The earlier calls whose results a call finds on its own processor. */
function locals(call: Call): Call[] {
  return Array.from({ length: call.arity }, (_, i) => call.argument(i)).flatMap((a) =>
    a.kind === 'local' ? [a.call] : [],
  );
}
