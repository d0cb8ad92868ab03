/**
 * @file The child process of one contestant: `host.js MODULE OPTIONS` loads `rivals/MODULE.js`, then answers jobs
 * over the IPC channel until it is told to close.
 */
import type { Params, RivalFactory } from './rivals/rival.js';

/** What the harness sends. */
export type Request = { readonly job: string; readonly params: Params } | { readonly close: true };

/** What comes back: first `ready` or `unavailable`, then one `value` or `error` for each job. */
export type Reply =
  | { readonly ready: { readonly version: string; readonly settings: string } }
  | { readonly unavailable: string }
  | { readonly value: number }
  | { readonly error: string };

const [module = '', options = '{}'] = process.argv.slice(2);
const send = (reply: Reply): void => {
  process.send?.(reply);
};

// The harness has closed this contestant, or was stopped itself: nothing here is worth finishing.
process.on('disconnect', () => process.exit());

try {
  const { createRival } = (await import(`./rivals/${module}.js`)) as { createRival: RivalFactory };
  const rival = await createRival(JSON.parse(options) as Params);
  process.on('message', async (request: Request) => {
    if ('close' in request) {
      await rival.close();
      process.disconnect();
      return;
    }
    try {
      const job = rival.jobs[request.job];
      if (job === undefined) throw new Error(`'${module}' has no job '${request.job}'`);
      // What an earlier measurement left behind is not this one's to clean up.
      globalThis.gc?.();
      send({ value: await job(request.params) });
    } catch (error) {
      send({ error: describe(error) });
    }
  });
  send({ ready: { version: rival.version, settings: rival.settings } });
} catch (error) {
  send({ unavailable: describe(error) });
  process.disconnect();
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
