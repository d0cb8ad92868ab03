/** @file Runtimes for tests: closed after the test or the file that made them, and looked at for leaks. */
import { createRuntime, type Runtime, type RuntimeOptions } from '@poniard/core';
import { afterAll, onTestFinished, test } from 'vitest';
import { FakeKeepAlive } from './keep-alive.js';
import { LeakWatch } from './leaks.js';
import { type Fakes, fakes } from './plugin.js';

export interface TestRuntimeOptions extends RuntimeOptions {
  /** Ports to be replaced by fakes, and fake processors. */
  readonly fakes?: Fakes;
}

/** Makes runtimes whose hold on the process is watched. */
export class TestRuntimes {
  private readonly watch: LeakWatch;
  private readonly made: { runtime: Runtime; keepAlive: FakeKeepAlive }[] = [];

  /** `timers`: see {@link LeakWatch}. */
  constructor(timers = true) {
    this.watch = new LeakWatch(timers);
  }

  create({ fakes: replaced = {}, plugins = [], ...options }: TestRuntimeOptions = {}): Runtime {
    const keepAlive = replaced.keepAlive instanceof FakeKeepAlive ? replaced.keepAlive : new FakeKeepAlive();
    // The last registration counts: what the test gives comes after.
    const runtime = createRuntime({ ...options, plugins: [fakes({ keepAlive, ...replaced }), ...plugins] });
    this.made.push({ runtime, keepAlive });
    return runtime;
  }

  /** Closes all by force, and throws where something is left. */
  async close(): Promise<void> {
    const made = this.made.splice(0);
    await Promise.all(made.map(({ runtime }) => runtime.close({ force: true })));
    await this.watch.check(made);
  }
}

/** Inside a test: a runtime that is closed when the test has ended; then nothing of it may be left. */
export function createTestRuntime(options?: TestRuntimeOptions): Runtime {
  const runtimes = new TestRuntimes();
  onTestFinished(() => runtimes.close());
  return runtimes.create(options);
}

/** In a `describe` or at the top of a file: the same for all its tests. */
export function createSuiteRuntime(options?: TestRuntimeOptions): Runtime {
  const runtimes = new TestRuntimes(false);
  afterAll(() => runtimes.close());
  return runtimes.create(options);
}

/** `test` with a fixture `createRuntime`, which may be called several times. */
export const runtimeTest = test.extend<{ createRuntime: (options?: TestRuntimeOptions) => Runtime }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of other fixtures from this pattern
  createRuntime: async ({}, use) => {
    const runtimes = new TestRuntimes();
    await use((options) => runtimes.create(options));
    await runtimes.close();
  },
});
