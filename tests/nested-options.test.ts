import type { Runtime, TaskOptions } from '@poniard/core';
import { describe, expect, it } from 'vitest';
import { childOutcome, optionsAround, optionsHere } from './fixtures/options.mjs';
import { changed, counters, type Kind, rejection, suiteRuntime } from './runtimes.js';

describe.each<Kind>(['threads', 'inline'])('options of tasks inside tasks on %s', (kind) => {
  const runtime: Runtime = suiteRuntime(kind, { retries: 2 }, { threads: 1 });
  const { spawn } = runtime;

  it('O2. withOptions reaches tasks at any depth, and is restored inside each of them', async () => {
    const seen = await runtime.withOptions({ priority: 3 }, () => spawn(optionsHere, 2));
    expect(seen.map(({ priority }) => priority)).toEqual([3, 3, 3]);
    const around = await runtime.withOptions({ priority: 3 }, () => spawn(optionsAround, 4));
    expect(around.map(({ priority }) => priority)).toEqual([4, 3]);
  });

  it("O2. a task's own options are not passed on to those that it spawns", async () => {
    const [outer, inner] = await spawn.with({ priority: 5, name: 'mine' }, optionsHere, 1);
    expect(outer).toMatchObject({ name: 'mine', priority: undefined });
    expect(inner).toMatchObject({ name: 'optionsHere', priority: undefined });
  });

  it('O2. propagates passes on what it names, at any depth, and nothing else', async () => {
    const options = { priority: 5, name: 'mine', propagates: ['priority'] } as const;
    const seen = await spawn.with(options, optionsHere, 2);
    expect(seen.map(({ priority }) => priority)).toEqual([5, 5, 5]);
    expect(seen.map(({ name }) => name)).toEqual(['mine', 'optionsHere', 'optionsHere']);
  });

  it('O2. propagates passes on what holds, whichever layer says it', async () => {
    const [, inner] = await runtime.withOptions({ propagates: ['name'] }, () =>
      spawn.with({ name: 'own' }, optionsHere, 1),
    );
    expect(inner?.name).toBe('own');
  });

  it("O1. the runtime's options hold inside tasks, and getOptions tells so", async () => {
    expect(await spawn(optionsHere, 1)).toMatchObject([{ retries: 2 }, { retries: 2 }]);
  });

  it('O2. a signal of withOptions ends what tasks spawn, though it cannot travel to them', async () => {
    const words = counters(1);
    const controller = new AbortController();
    const begun = kind === 'threads' ? changed(words, 0) : undefined;
    const outer = runtime.withOptions({ signal: controller.signal }, () =>
      spawn.with({ signal: new AbortController().signal }, childOutcome, words),
    );
    await (begun ?? new Promise((resolve) => setImmediate(resolve)));
    controller.abort();
    expect(await outer).toBe('CancelledError');
  });

  it.each([['priority'], [['syncdeps']], [['propagates']], [['no']], [[3]]])(
    'E4. propagates takes names of options: %j',
    (propagates) => {
      const options = { propagates } as unknown as TaskOptions;
      expect(() => spawn.with(options, optionsHere, 0)).toThrow(TypeError);
      expect(() => spawn.with(options, optionsHere, 0)).toThrow(/propagates must be an array of names/);
    },
  );

  it('O2. a failed body leaves nothing behind', async () => {
    await rejection(runtime.withOptions({ priority: 9 }, () => Promise.reject(new Error('body'))));
    expect((await spawn(optionsHere, 0))[0]?.priority).toBeUndefined();
  });
});
