/** @file How a worker imports what functions need: plainly, but with the TypeScript loader that its process runs under. */
import nodeModule from 'node:module';
import { pathToFileURL } from 'node:url';
import { isMainThread } from 'node:worker_threads';

/**
 * Gives the function by which a worker imports modules for `decodeFunction`. To be awaited before the worker runs
 * anything, because functions that travelled may contain `import()` themselves.
 */
export async function moduleImporter(): Promise<(specifier: string) => Promise<Record<string, unknown>>> {
  const loader = isMainThread || 'registerHooks' in nodeModule ? undefined : tsxLoader(process.execArgv);
  if (loader !== undefined) await startTsx(loader);
  return async (specifier) => (await import(specifier)) as Record<string, unknown>;
}

/** The value of the `--import` that loads tsx. */
function tsxLoader(execArgv: readonly string[]): string | undefined {
  return execArgv
    .map((word, index) => (word === '--import' ? execArgv[index + 1] : /^--import=(.+)/.exec(word)?.[1]))
    .find((value) => value !== undefined && /\btsx\b/.test(value));
}

/**
 * Before Node had synchronous hooks (22.15), tsx sets itself up in the main thread only: a worker inherits the argument
 * that loads it, and still knows no TypeScript. So it is asked again, by its documented interface.
 */
async function startTsx(loader: string): Promise<void> {
  const { resolve } = await import('import-meta-resolve');
  // A package finds itself by its name, so the loader's own file will do; `--import tsx` is resolved from the working directory.
  const parent = loader.startsWith('file:') ? loader : pathToFileURL(`${process.cwd()}/`).href;
  for (const api of ['tsx/cjs/api', 'tsx/esm/api']) {
    const { register } = (await import(resolve(api, parent))) as { register(): unknown };
    register();
  }
}
