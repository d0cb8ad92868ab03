/** @file The core as a page has it: bundled, without Node, and without anything that follows asynchronous code. */
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';

type Core = typeof import('@poniard/core');
type Body = (core: Core, runtime: ReturnType<Core['createRuntime']>) => Promise<unknown>;

/** What pages have of what the core may use. Of Node's there is nothing. */
const { setTimeout, clearTimeout, setInterval, clearInterval, queueMicrotask } = globalThis;
const { performance, structuredClone, AbortController, AbortSignal, Event, EventTarget } = globalThis;
const PAGE = {
  ...{ setTimeout, clearTimeout, setInterval, clearInterval, queueMicrotask, console },
  ...{ performance, structuredClone, AbortController, AbortSignal, Event, EventTarget },
  ...{ URL, TextEncoder, TextDecoder, MessageChannel, DOMException },
};

let script: vm.Script;

beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: "export * from '@poniard/core'",
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
    },
    bundle: true,
    format: 'iife',
    globalName: 'core',
    platform: 'browser',
    write: false,
    logLevel: 'silent',
  });
  script = new vm.Script(outputFiles[0]?.text ?? '');
});

/** Runs `body`, which is handed over as source, in a page of its own. */
async function inPage(body: Body): Promise<unknown> {
  const page = vm.createContext({ ...PAGE });
  script.runInContext(page);
  const run = `(async () => {
    const runtime = core.createRuntime();
    try { return await (${body})(core, runtime); } finally { await runtime.close({ force: true }); }
  })()`;
  // Values of another context are of other classes.
  return structuredClone(await vm.runInContext(run, page));
}

describe('the core in a page, bundled as a classic script', () => {
  it('S7. runs graphs', async () => {
    const sum = inPage(async (_, { spawn }) => {
      const add = (a: number, b: number) => a + b;
      return spawn(add, spawn(add, 1, 2), spawn(add, 3, 4));
    });
    expect(await sum).toBe(10);
  });

  it('S9. a task awaits tasks of its own', async () => {
    const values = inPage((_, { spawn }) => {
      const fib = async (n: number): Promise<number> => {
        if (n < 2) return n;
        const [a, b] = [spawn(fib, n - 1), spawn(fib, n - 2)];
        return (await a) + (await b);
      };
      return Promise.resolve(spawn(fib, 10));
    });
    expect(await values).toBe(55);
  });

  it('S9. a task awaits, fetches and waits for tasks of its own after other awaits', async () => {
    const values = inPage((_, { spawn, fetch, fetchAll, wait, waitAny }) => {
      const seven = () => spawn(() => 7);
      return Promise.resolve(
        spawn(async () => {
          await null;
          const awaited = await seven();
          const fetched = await fetch(seven());
          const gathered = await fetchAll([seven(), seven()]);
          const waited = seven();
          await wait(waited);
          return [awaited, fetched, gathered, waited.state, await waitAny([seven()])];
        }),
      );
    });
    expect(await values).toEqual([7, 7, [7, 7], 'finished', 0]);
  });

  it('S9. several tasks at a time await their own after other awaits', async () => {
    const values = inPage((_, { spawn, map }) => {
      const parent = async (n: number) => {
        await null;
        return (await spawn((x: number) => 2 * x, n)) + (await spawn((x: number) => x, n));
      };
      return Promise.all(map(parent, [1, 2, 3, 4]));
    });
    expect(await values).toEqual([3, 6, 9, 12]);
  });

  it('S9. whoever else awaits a running task, or one that depends on it, gets its value', async () => {
    const values = inPage(async (_, { spawn }) => {
      let begin = () => {};
      const began = new Promise<void>((resolve) => (begin = resolve));
      let go = () => {};
      const gate = new Promise<void>((resolve) => (go = resolve));
      const first = spawn(async () => {
        begin();
        await gate;
        return 1;
      });
      const second = spawn((x: number) => x + 1, first);
      await began;
      const both = Promise.all([first, second]);
      go();
      return both;
    });
    expect(await values).toEqual([1, 2]);
  });

  it("O5. a cancelled task's signal aborts, and tasks of its own that it awaits are cancelled", async () => {
    const values = inPage(async (core, { spawn }) => {
      let begin = () => {};
      const began = new Promise<void>((resolve) => (begin = resolve));
      let child: ReturnType<typeof spawn> | undefined;
      const parent = spawn(async () => {
        const { signal } = core.taskContext();
        const aborted = new Promise((_, reject) => (signal.onabort = () => reject(signal.reason)));
        child = spawn(async () => {
          begin();
          await aborted.catch(() => {});
        });
        await child;
      });
      parent.catch(() => {});
      await began;
      parent.cancel();
      await parent.wait();
      await child?.wait();
      return [parent.state, child?.state];
    });
    expect(await values).toEqual(['cancelled', 'cancelled']);
  });

  it('taskContext() after an await is that of the only task that runs, and says what to do where there are several', async () => {
    const values = inPage(async (core, { spawn, map }) => {
      const who = async () => {
        await null;
        return core.taskContext().name;
      };
      const alone = await spawn(who);
      let open = () => {};
      const both = new Promise<void>((resolve) => (open = resolve));
      let running = 0;
      const crowded = map(async () => {
        if (++running === 2) open();
        // The first gives its place up for the second.
        await spawn(() => 0);
        await both;
        return core.taskContext().name;
      }, [1, 2]);
      const said = await crowded[0]?.catch((error: unknown) =>
        String((error as { cause: Error }).cause.message),
      );
      return [alone, said];
    });
    expect(await values).toEqual(['who', expect.stringMatching(/several tasks .*before the first await/)]);
  });
});
