/** @file The inline processor: the calling thread. It makes the core useful alone, and in tests. */
import { decodeFunction } from './functions/decode.js';
import type { AnyFunction } from './functions/encoded.js';
import type { TaskScope, TaskScopes } from './lane/task-scopes.js';
import type { TaskOptions } from './options.js';
import type { Clock } from './ports.js';
import type { Call, MemorySpace, Processor, Report } from './processor.js';
import { isTask } from './task.js';

/** In µs. After so long the event loop gets its turn. */
const STRETCH = 10_000;

/** Kind `'inline'`, id `'inline:0'`. Functions run as they are, closures too. */
export class InlineProcessor implements Processor {
  readonly id = 'inline:0';
  readonly kind = 'inline';
  readonly space: MemorySpace = { id: 'host', sharesHost: true };
  readonly capacity = 1;
  readonly cores = 1;
  readonly implementations = ['inline', 'host'];
  readonly local = true;
  /** Handed over, not begun. */
  private readonly coming = new Map<Call, Report>();
  private readonly running = new Map<
    Call,
    { readonly controller: AbortController; readonly scope: TaskScope }
  >();

  constructor(
    readonly defaultEnabled: boolean,
    private readonly clock: Clock,
    private readonly scopes: TaskScopes,
    private readonly runtime: object,
    private readonly handle: (call: Call) => unknown,
  ) {}

  accepts(): boolean {
    return true;
  }

  run(batch: readonly Call[], report: Report): void {
    for (const call of batch) {
      this.coming.set(call, report);
      void this.runOne(call, report);
    }
  }

  revoke(calls: readonly Call[]): void {
    for (const call of calls) {
      const report = this.coming.get(call);
      if (report === undefined) continue;
      this.coming.delete(call);
      report.revoked(call);
    }
  }

  abort(calls: readonly Call[], reason: unknown): void {
    for (const call of calls) {
      const run = this.running.get(call);
      if (run === undefined || run.controller.signal.aborted) continue;
      // Nobody waits for it: it goes on, or not, without a place.
      run.scope.suspend();
      run.controller.abort(reason);
    }
  }

  onLost(): void {}

  async close(): Promise<void> {}

  private stretchBegan = 0;

  private async runOne(call: Call, report: Report): Promise<void> {
    await this.turn();
    if (!this.coming.delete(call)) return;
    const controller = new AbortController();
    this.scopes.follow();
    const scope = new InlineScope(this, call, report, controller.signal, this.runtime);
    this.running.set(call, { controller, scope });
    const began = this.clock.now();
    try {
      const fn = (call.fn.local(call.implementation) ?? (await this.decode(call))) as AnyFunction;
      const value = await this.scopes.run(scope, () => {
        const result: unknown = Reflect.apply(fn, undefined, call.values(this.handle));
        // Inside the scope: a task that gives another one waits for it, and gives its place up meanwhile.
        return isTask(result) ? result.fetch() : result;
      });
      report.finished(call, value, this.clock.now() - began);
    } catch (error) {
      scope.failed = true;
      report.failed(call, error, this.clock.now() - began);
    } finally {
      this.running.delete(call);
      this.scopes.ended(scope);
      scope.end();
    }
  }

  /** Leaves the caller's turn, and lets the event loop go on when tasks have run for a while. */
  private async turn(): Promise<void> {
    const now = this.clock.now();
    if (now - this.stretchBegan < STRETCH) {
      await undefined;
      return;
    }
    await new Promise<void>((resolve) => void setTimeout(resolve, 0));
    this.stretchBegan = this.clock.now();
  }

  private decode(call: Call): Promise<AnyFunction> {
    return decodeFunction(call.fn.encoded(call.implementation), (specifier) => import(specifier));
  }
}

/**
 * A task on this thread. What its code leaves behind, such as a promise in a cache, keeps its async context and so this
 * object: once the task has ended, the call with its arguments and its result is not among what that holds.
 */
class InlineScope implements TaskScope {
  readonly id: number;
  readonly name: string;
  readonly attempt: number;
  readonly around: TaskOptions | undefined;
  call: Call | undefined;
  failed = false;
  /** How many tasks of its own it waits for. */
  private waits = 0;

  constructor(
    readonly processor: { readonly id: string; readonly kind: string },
    call: Call,
    private readonly report: Report,
    readonly signal: AbortSignal,
    readonly runtime: object,
  ) {
    this.id = call.id;
    this.name = call.name;
    this.attempt = call.attempt;
    this.around = call.around;
    this.call = call;
  }

  suspend(): void {
    if (this.waits++ === 0 && this.call !== undefined) this.report.suspended(this.call);
  }

  resume(): void {
    if (--this.waits === 0 && this.call !== undefined) this.report.resumed(this.call);
  }

  end(): void {
    this.call = undefined;
  }
}
