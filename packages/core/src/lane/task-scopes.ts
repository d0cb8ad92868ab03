/**
 * @file Which task the running code belongs to. While a function runs synchronously that is a variable; what follows
 * an `await` is known by the platform's async context, which is begun only when it is needed: in Node 20 it makes
 * every `await` three times slower.
 */
import type { TaskOptions } from '../options.js';
import type { AsyncContext } from '../ports.js';

/** A task that is running on this thread. */
export interface TaskScope {
  readonly id: number;
  readonly name: string;
  readonly processor: { readonly id: string; readonly kind: string };
  readonly attempt: number;
  readonly signal: AbortSignal;
  /** The runtime whose task it is: what `currentRuntime()` gives inside. */
  readonly runtime: object;
  /** What `withOptions` says where the task was spawned. */
  readonly around: TaskOptions | undefined;
  /** The task as its scheduler knows it, where that is on this thread and the task has not ended. */
  readonly call: object | undefined;
  /** The task has failed or was cancelled: what code that it left running spawns is for nobody. */
  readonly failed: boolean;
  /** The task waits for one of its own, and gives its place up. */
  suspend(): void;
  resume(): void;
}

export class TaskScopes {
  private current: TaskScope | undefined = undefined;
  private context: AsyncContext<TaskScope> | undefined = undefined;
  /** A task that went on asynchronously before the context was begun: there is at most one. */
  private early: TaskScope | undefined = undefined;
  /** Whether the function that ran last was run inside the context. */
  private inContext = false;
  /** Where nothing follows asynchronous code: the tasks that run. Code of no known task may be any one's of them. */
  readonly untracked = new Set<TaskScope>();

  /** `guess`: code that is in no known task belongs to the only task that runs here, as in a worker's lane. */
  constructor(
    private readonly makeContext: () => AsyncContext<TaskScope>,
    private readonly guess: boolean,
  ) {}

  get(): TaskScope | undefined {
    return this.current ?? this.context?.get() ?? this.early;
  }

  /** From now on tasks are followed through asynchronous code. */
  follow(): void {
    this.context ??= this.makeContext();
  }

  /** Runs a task's function. Its asynchronous rest, if it has one, is followed by `continues`. */
  run<R>(scope: TaskScope, body: () => R): R {
    const before = this.current;
    const { context } = this;
    if (context?.synchronous) this.untracked.add(scope);
    this.current = scope;
    try {
      return context === undefined ? body() : context.run(scope, body);
    } finally {
      this.current = before;
      this.inContext = context !== undefined;
    }
  }

  /** The task is over. */
  ended(scope: TaskScope): void {
    this.untracked.delete(scope);
  }

  /** The function that ran last goes on asynchronously; returns what to call when it has ended. */
  continues(scope: TaskScope): () => void {
    if (this.inContext || !this.guess) return () => {};
    this.early = scope;
    return () => {
      if (this.early === scope) this.early = undefined;
    };
  }
}
