/** @file Checks that both runtimes, the host's and a lane's, make on what is spawned. */
import { isChunk } from './chunk.js';
import type { AnyFunction } from './functions/encoded.js';
import { isShard } from './in-place/shard.js';
import { isThunk } from './lazy/thunk.js';
import { isTask } from './task.js';

/** What a handle inside an ordinary argument is called in the error about it (S4). */
export function handleNoun(value: object): string | undefined {
  if (isTask(value)) return 'Task';
  if (isChunk(value)) return 'Chunk';
  if (isThunk(value)) return 'Thunk';
  if (isShard(value)) return 'Shard';
  return undefined;
}

export function checkFunction(fn: unknown, where = 'spawn'): asserts fn is AnyFunction {
  if (typeof fn === 'function') return;
  const given = fn === null ? 'null' : Array.isArray(fn) ? 'an array' : typeof fn;
  const hint = isTask(fn)
    ? ' (a Task is an argument, not a function)'
    : isThunk(fn)
      ? ' (a lazy node: collect it)'
      : '';
  throw new TypeError(`${where}: the first argument must be a function, and is ${given}${hint}`);
}
