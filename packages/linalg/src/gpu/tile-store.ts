/** @file Keeps what trials of tiles have found in a file of the user's cache folder. Where there is no such thing, nothing is kept. */
import type { TileCosts, TileStore } from './tuning.js';

/** Changes with the kernels: what was measured of others says nothing. */
const KERNELS = 1;

interface Kept {
  readonly kernels: number;
  readonly adapters: Readonly<Record<string, TileCosts>>;
}

/** `folder`: default `poniard` in `XDG_CACHE_HOME`, else in `~/.cache`. */
export function tileFile(folder?: string): TileStore {
  return {
    async read(adapter) {
      return (await load(await fileIn(folder)))?.adapters[adapter];
    },
    async write(adapter, costs) {
      const file = await fileIn(folder);
      if (file === undefined) return;
      const { adapters = {} } = (await load(file)) ?? {};
      const kept: Kept = { kernels: KERNELS, adapters: { ...adapters, [adapter]: costs } };
      try {
        const { mkdir, rename, writeFile } = await import('node:fs/promises');
        const { dirname } = await import('node:path');
        await mkdir(dirname(file), { recursive: true });
        // Whole or not at all: several programs may write at once.
        const draft = `${file}.${process.pid}.tmp`;
        await writeFile(draft, `${JSON.stringify(kept, undefined, 2)}\n`);
        await rename(draft, file);
      } catch {
        // The next program tries again.
      }
    },
  };
}

async function fileIn(folder: string | undefined): Promise<string | undefined> {
  if (typeof process === 'undefined') return undefined;
  const { join } = await import('node:path');
  if (folder !== undefined) return join(folder, 'tiles.json');
  const { homedir } = await import('node:os');
  try {
    return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'poniard', 'tiles.json');
  } catch {
    return undefined; // a user without a home
  }
}

async function load(file: string | undefined): Promise<Kept | undefined> {
  if (file === undefined) return undefined;
  try {
    const { readFile } = await import('node:fs/promises');
    return checked(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** What of a file's content can be used: it may be another version's, or damaged. */
function checked(content: unknown): Kept | undefined {
  if (!isRecord(content) || content['kernels'] !== KERNELS || !isRecord(content['adapters']))
    return undefined;
  const adapters = Object.entries(content['adapters']).filter(
    (entry): entry is [string, TileCosts] =>
      isRecord(entry[1]) && Object.values(entry[1]).every((cost) => typeof cost === 'number'),
  );
  return { kernels: KERNELS, adapters: Object.fromEntries(adapters) };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
