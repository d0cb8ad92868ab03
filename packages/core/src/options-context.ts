/** @file `withOptions`: options that hold for all that is spawned inside a body, asynchronous code included (O1, O2). */
import { checkOptions, type TaskOptions } from './options.js';
import type { AsyncContext } from './ports.js';

export class OptionsContext {
  private context: AsyncContext<TaskOptions> | undefined = undefined;

  constructor(private readonly makeContext: () => AsyncContext<TaskOptions>) {}

  /** What the innermost `withOptions` around the running code says; its own options win over those around it. */
  get(): TaskOptions | undefined {
    return this.context?.get();
  }

  run<R>(options: TaskOptions, body: () => R): R {
    checkOptions(options, 'withOptions');
    this.context ??= this.makeContext();
    return this.context.run({ ...this.context.get(), ...options }, body);
  }
}
