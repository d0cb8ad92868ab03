/**
 * @file What belongs to the thread and not to a runtime: the default runtime, made on first use, and which task the
 * running code is in. It is the one module-level state of the framework; a worker's lane installs its own.
 */

import type { Chunk } from './chunk.js';
import type { AnyFunction } from './functions/encoded.js';
import { SystemHost } from './host.js';
import { type TaskScope, TaskScopes } from './lane/task-scopes.js';
import type { TaskOptions } from './options.js';
import type { Task } from './task.js';

/** What a runtime is to the free functions: the host's runtimes and the lanes' are equals here. */
export interface AmbientRuntime {
  spawnTask(fn: AnyFunction, args: unknown[], options: TaskOptions | undefined): Task<unknown>;
  tochunk<T>(value: T, options?: object): Chunk<T>;
  withOptions<R>(options: TaskOptions, body: () => R): R;
  getOptions(): TaskOptions;
}

class Ambient {
  private makeDefault: (() => AmbientRuntime) | undefined = undefined;
  private defaultRuntime: AmbientRuntime | undefined = undefined;
  /** Whether this thread is a worker's, so that its runtime is the lane's and no other is ever made by default. */
  inLane = false;
  scopes = new TaskScopes(() => new SystemHost().asyncContext<TaskScope>(), false);

  /** How the default runtime is made, should it be needed. */
  prepare(make: () => AmbientRuntime): void {
    this.makeDefault = make;
  }

  get made(): boolean {
    return this.defaultRuntime !== undefined;
  }

  /** Inside a task: the runtime that runs it; else the default one. */
  current(): AmbientRuntime {
    const scope = this.scopes.get();
    if (scope !== undefined) return scope.runtime as AmbientRuntime;
    if (this.defaultRuntime === undefined) {
      if (this.makeDefault === undefined) throw new TypeError('no runtime');
      this.defaultRuntime = this.makeDefault();
    }
    return this.defaultRuntime;
  }

  /** A worker's lane: everything on this thread belongs to it. */
  install(runtime: AmbientRuntime, scopes: TaskScopes): void {
    this.defaultRuntime = runtime;
    this.scopes = scopes;
    this.inLane = true;
  }
}

export const ambient = new Ambient();
