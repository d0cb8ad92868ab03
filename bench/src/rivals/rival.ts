/** @file What every contestant (we and each rival) offers to the harness: named jobs that give a number. */

/** The parameters of a job or of a contestant. They cross a process boundary as JSON. */
export type Params = Readonly<Record<string, number | string>>;

/** Does the work once and gives its figure in the unit of the row that asks for it. Throws when a result is wrong. */
export type Job = (params: Params) => Promise<number>;

/** A library ready to be measured: its threads are up and have answered. */
export interface Rival {
  readonly version: string;
  /** How it is set up, in words that its own documentation uses. */
  readonly settings: string;
  readonly jobs: Readonly<Record<string, Job>>;
  close(): Promise<void>;
}

/** Every module in this folder that names a contestant exports one of these as `createRival`. */
export type RivalFactory = (options: Params) => Promise<Rival>;

/** A parameter that has to be a number. */
export function count(params: Params, key: string): number {
  const value = params[key];
  if (typeof value !== 'number') throw new TypeError(`the parameter '${key}' must be a number`);
  return value;
}

/** A parameter that has to be a string. */
export function text(params: Params, key: string): string {
  const value = params[key];
  if (typeof value !== 'string') throw new TypeError(`the parameter '${key}' must be a string`);
  return value;
}

/** Throws unless `actual` is what the job had to compute: a fast wrong answer is no result. */
export function check(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${what}: ${String(actual)} instead of ${String(expected)}`);
}

/** Milliseconds of `body`, on the clock that does not jump. */
export async function timed(body: () => PromiseLike<void>): Promise<number> {
  const start = performance.now();
  await body();
  return performance.now() - start;
}

/** The version in the `package.json` of an installed package whose entry is at `entry` (a `file:` URL). */
export async function packageVersion(name: string, entry: string): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  // `exports` often hides package.json, so it is looked for upwards from the entry.
  for (let folder = new URL('.', entry); ; folder = new URL('..', folder)) {
    const manifest = await readFile(new URL('package.json', folder), 'utf8').then(
      (content) => JSON.parse(content) as { name?: string; version?: string },
      () => undefined,
    );
    if (manifest?.name === name && manifest.version !== undefined) return manifest.version;
    if (folder.pathname === '/' || folder.href === new URL('..', folder).href) return 'unknown';
  }
}
