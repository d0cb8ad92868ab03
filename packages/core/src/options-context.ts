/** @file `withOptions`: options that hold for all that is spawned inside a body, asynchronous code included (O1, O2). */
import type { TaskScope, TaskScopes } from './lane/task-scopes.js';
import type { TaskOptions } from './options.js';
import { checkOptions } from './options-check.js';
import type { AsyncContext } from './ports.js';
import type { TaskSettings } from './settings.js';

/** Options, and the task whose code asked for them. */
export interface Held {
  readonly options: TaskOptions;
  readonly owner: TaskScope | undefined;
  /** What they come to for a task of which nothing else is said: found out once, by the runtime. */
  settings: TaskSettings | undefined;
}

export class OptionsContext {
  private context: AsyncContext<Held> | undefined = undefined;

  /** `runtime`: whose options these are. */
  constructor(
    private readonly makeContext: () => AsyncContext<Held>,
    private readonly scopes: () => TaskScopes,
    private readonly runtime: object,
  ) {}

  /**
   * What the innermost `withOptions` around the running code says; its own options win over those around it. A task
   * has those that held where it was spawned, whatever the code that happened to start it was in.
   */
  get(): TaskOptions | undefined {
    const scope = this.scopes().get();
    const held = this.context?.get();
    if (held !== undefined && held.owner === scope) return held.options;
    return scope?.runtime === this.runtime ? scope.around : undefined;
  }

  /** Of the innermost `withOptions` around the running code, whether or not `get` gives its options. */
  held(): Held | undefined {
    return this.context?.get();
  }

  run<R>(options: TaskOptions, body: () => R): R {
    checkOptions(options, 'withOptions');
    this.context ??= this.makeContext();
    const scopes = this.scopes();
    // Where a task uses it, its own code is to be told from that of others after an await.
    scopes.follow();
    return this.context.run(
      { options: { ...this.get(), ...options }, owner: scopes.get(), settings: undefined },
      body,
    );
  }
}
