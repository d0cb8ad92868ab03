/** @file What the command line says. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

export const HELP = `Classifies 2,000 handwritten digits by their nearest neighbours among 8,000 others.

  --threads N   CPU threads to use (default: all, here ${availableParallelism()})
  --gpu NAME    a GPU: software, a part of its name, or none (default: what PONIARD_GPU says, or the fastest)
  --k N         neighbours that vote on each digit (default: 1)
  --json        figures as JSON instead of text
  --help        this
`;

export interface Options {
  readonly threads: number;
  /** An adapter, as `webgpu()` takes it, or `none`. */
  readonly gpu: string;
  readonly k: number;
  readonly json: boolean;
  readonly help: boolean;
}

/** The most neighbours that may vote; there are 8,000 to choose from. */
const MOST_NEIGHBOURS = 1000;

/** The command line cannot be understood; the message says why. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @throws UsageError */
export function readOptions(args: readonly string[]): Options {
  const values = parse(args);
  return {
    threads: count('--threads', values.threads, availableParallelism(), 1024),
    gpu: values.gpu || process.env['PONIARD_GPU'] || 'high-performance',
    k: count('--k', values.k, 1, MOST_NEIGHBOURS),
    json: values.json,
    help: values.help,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        threads: { type: 'string' },
        gpu: { type: 'string' },
        k: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function count(name: string, text: string | undefined, standard: number, most: number): number {
  if (text === undefined) return standard;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw new UsageError(`${name} takes a whole number from 1 to ${most}, not ${JSON.stringify(text)}`);
}
