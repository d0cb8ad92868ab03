/**
 * @file What belongs to the thread and not to a runtime: the default runtime, made on first use, and which task the
 * running code is in. It is the one module-level state of the framework; a worker's lane installs its own.
 */

import { SystemHost } from './host.js';
import { type TaskScope, TaskScopes } from './lane/task-scopes.js';
import type { RuntimeBase } from './runtime-base.js';

class Ambient {
  private makeDefault: (() => RuntimeBase) | undefined = undefined;
  private defaultRuntime: RuntimeBase | undefined = undefined;
  /** Whether this thread is a worker's, so that its runtime is the lane's and no other is ever made by default. */
  inLane = false;
  scopes = new TaskScopes(() => new SystemHost().asyncContext<TaskScope>(), false);

  /** How the default runtime is made, should it be needed. */
  prepare(make: () => RuntimeBase): void {
    this.makeDefault = make;
  }

  /** Whether this thread has loaded the free functions, without which nobody spawns here. */
  get prepared(): boolean {
    return this.makeDefault !== undefined;
  }

  get made(): boolean {
    return this.defaultRuntime !== undefined;
  }

  /** Inside a task: the runtime that runs it; else the default one. */
  current(): RuntimeBase {
    const scope = this.scopes.get();
    if (scope !== undefined) return scope.runtime as RuntimeBase;
    if (this.defaultRuntime === undefined) {
      if (this.makeDefault === undefined) throw new TypeError('no runtime');
      this.defaultRuntime = this.makeDefault();
    }
    return this.defaultRuntime;
  }

  /** A worker's lane: everything on this thread belongs to it. */
  install(runtime: RuntimeBase, scopes: TaskScopes): void {
    this.defaultRuntime = runtime;
    this.scopes = scopes;
    this.inLane = true;
  }
}

export const ambient = new Ambient();
