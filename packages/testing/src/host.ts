/** @file A host whose warnings a test can read, and whose process ends when the test says so. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { AsyncContext, Host, Interruption } from '@poniard/core';

export interface Warning {
  readonly message: string;
  readonly code: string;
}

/** Port `Host`. */
export class FakeHost implements Host {
  cores = 2;
  readonly warnings: Warning[] = [];
  private readonly exitListeners = new Set<() => void>();
  private interrupted: (() => Interruption) | undefined = undefined;

  warn(message: string, code: string): void {
    this.warnings.push({ message, code });
  }

  beforeExit(listener: () => void): () => void {
    this.exitListeners.add(listener);
    return () => this.exitListeners.delete(listener);
  }

  onInterrupt(listener: () => Interruption): () => void {
    this.interrupted = listener;
    return () => {
      this.interrupted = undefined;
    };
  }

  asyncContext<T>(): AsyncContext<T> {
    const storage = new AsyncLocalStorage<T>();
    return { get: () => storage.getStore(), run: (value, body) => storage.run(value, body) };
  }

  /** Whether anyone waits for the process to end. */
  get watched(): boolean {
    return this.exitListeners.size > 0;
  }

  /** As if the user had interrupted the program; `undefined` where nobody listens. */
  interrupt(): Interruption | undefined {
    return this.interrupted?.();
  }

  /** As if the process were about to end by itself. */
  exit(): void {
    for (const listener of [...this.exitListeners]) listener();
  }
}
