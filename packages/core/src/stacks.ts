/**
 * @file Of a stack what people look for: lines of their own code. Those of this framework, of Node's internals and of the
 * pool are the same for every task, and would hide them.
 */

const FRAME = /^\s+at /;
/** Where a frame is: `at f (HERE:1:2)`, `at HERE:1:2`, `at async HERE:1:2`. */
const PLACE = /(?:\(|^\s+at (?:async )?)([^()]*):\d+:\d+\)?$/;
/** Where this module is; bundled as a classic script it has no address. */
const { url } = import.meta as { readonly url?: string };
/** The folder in which this package and its sisters are. Source maps leave the scheme out. */
const HOME = url && withoutScheme(url).replace(/[^/]+\/(?:dist|src)\/[^?]*(?:\?.*)?$/, '');
const SISTER = /^[\w-]+\/(?:dist|src)\/(?!.*\.test\.)/;
const INSTALLED = /\/@poniard\/[\w-]+\/(?:dist|src)\/|\/node_modules\/piscina\//;
/** Begins the `sourceURL` of a function that travelled as source, and so the places in its stack traces. */
export const TASK_URL = 'poniard-task:';
const TASK_PLACE = /poniard-task:([^\s()]+):(\d+):(\d+)/;

/** Says where a place in a function that travelled was written: `'/app/main.ts:12:7'`. */
export type FindPlace = (name: string, line: number, column: number) => string | undefined;

/** The frames of a stack that are the user's, with the places where functions that travelled were written. */
export function framesOf(stack: string | undefined, findPlace?: FindPlace): string[] {
  const lines = stack?.split('\n') ?? [];
  const first = lines.findIndex(isFrame);
  if (first < 0) return [];
  const last = lines.findIndex((line, index) => index > first && !isFrame(line));
  return lines
    .slice(first, last < 0 ? undefined : last)
    .filter((line) => !isFolded(line))
    .map((line) => placed(line, findPlace));
}

/** A stack without the frames that are not the user's. What is above and below the frames stays. */
export function foldStack(stack: string, findPlace?: FindPlace): string {
  return stack
    .split('\n')
    .filter((line) => !isFrame(line) || !isFolded(line))
    .map((line) => (isFrame(line) ? placed(line, findPlace) : line))
    .join('\n');
}

/**
 * An error with the stack of here. One that was found deep inside a value has the walk through it on its stack, which
 * takes all the frames that V8 keeps, and the line that gave the value is not among them.
 */
export function fromHere<E>(error: E): E {
  const { captureStackTrace } = Error as { captureStackTrace?: (error: object) => void };
  if (error instanceof Error) captureStackTrace?.(error);
  return error;
}

const isFrame = (line: string): boolean => FRAME.test(line);

function isFolded(frame: string): boolean {
  const place = PLACE.exec(frame)?.[1];
  if (place === undefined) return false;
  if (place.startsWith('node:') || INSTALLED.test(place)) return true;
  if (HOME === undefined) return false;
  const path = withoutScheme(place);
  return path.startsWith(HOME) && SISTER.test(path.slice(HOME.length));
}

function withoutScheme(url: string): string {
  return url.replace(/^file:\/\//, '');
}

function placed(frame: string, findPlace: FindPlace | undefined): string {
  const found = TASK_PLACE.exec(frame);
  if (found === null) return frame;
  const [travelled, name, line, column] = found as unknown as [string, string, string, string];
  const place = findPlace?.(name, Number(line), Number(column)) ?? travelled;
  // V8 takes a function without a name for the code around it.
  return frame.replace(/^(\s+at )eval (?=\()/, `$1${name} `).replace(travelled, () => place);
}

/** Makes an error without looking where: 10 of the 12 µs that it costs, and lines that nobody wants to read. */
export function withoutStack<E>(make: () => E): E {
  const engine = Error as { stackTraceLimit?: unknown };
  const limit = engine.stackTraceLimit;
  if (typeof limit !== 'number' || Object.isFrozen(Error)) return make();
  engine.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    engine.stackTraceLimit = limit;
  }
}
