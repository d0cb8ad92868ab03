/** @file Brings up the processors that plug-ins provide: with the runtime, or when something first needs them. */
import { PoniardError } from './errors.js';
import type { Processor, ProcessorHost, ProcessorProvider } from './processor.js';
import type { Shell } from './scheduler/shell.js';

export class BringUp {
  /** Those that nothing has needed yet. */
  private readonly waiting: Set<ProcessorProvider>;
  private readonly coming = new Set<Promise<void>>();
  private failure: PoniardError | undefined = undefined;
  private closed = false;

  constructor(
    providers: readonly ProcessorProvider[],
    private readonly shell: Shell,
    private readonly host: ProcessorHost,
  ) {
    this.waiting = new Set(providers);
  }

  /** Starts those that come with the runtime. */
  start(): void {
    this.bring(({ startsFor }) => startsFor === undefined);
    // Where all have come at once, tasks that fit none are told so at once too.
    if (this.coming.size === 0) this.shell.complete(true);
  }

  /** A function is spawned that has these implementations: starts those that wait for one of them. */
  needed(implementations: readonly string[]): void {
    if (this.waiting.size > 0)
      this.bring(({ startsFor }) => startsFor !== undefined && implementations.includes(startsFor));
  }

  /** Starts all. Rejects with a `PoniardError` that names one that failed. */
  async ready(): Promise<void> {
    this.bring(() => true);
    await Promise.all(this.coming);
    if (this.failure !== undefined) throw this.failure;
  }

  /** What is still to come is closed as it comes. */
  close(): void {
    this.closed = true;
    this.waiting.clear();
  }

  private bring(which: (provider: ProcessorProvider) => boolean): void {
    for (const provider of this.waiting) {
      if (!which(provider)) continue;
      this.waiting.delete(provider);
      try {
        const given = provider.start(this.host);
        if (given instanceof Promise) this.follow(provider, given);
        else this.add(given);
      } catch (error) {
        this.failed(provider, error);
      }
    }
  }

  private follow(provider: ProcessorProvider, given: Promise<readonly Processor[]>): void {
    // Tasks that fit no processor wait meanwhile.
    this.shell.complete(false);
    const arrived = given
      .then(
        (processors) => this.add(processors),
        (error: unknown) => this.failed(provider, error),
      )
      .then(() => {
        this.coming.delete(arrived);
        if (this.coming.size === 0) this.shell.complete(true);
      });
    this.coming.add(arrived);
  }

  private add(processors: readonly Processor[]): void | Promise<void> {
    if (!this.closed) this.host.add(...processors);
    else return Promise.all(processors.map((processor) => processor.close())).then(() => {});
  }

  private failed({ name, startsFor }: ProcessorProvider, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.shell.absent(name, `the plugin could not start: ${reason}`, startsFor);
    this.failure ??= new PoniardError(`the plugin ${name} could not start: ${reason}`, { cause: error });
  }
}
