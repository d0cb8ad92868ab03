/** @file Where a place in a function that travelled was written, for stacks. */
import type { FindPlace } from '../stacks.js';
import { around } from './decode-closure.js';
import type { AnyFunction, ClosureFunction, EncodedFunction, FunctionCodec } from './encoded.js';
import { codeOf, urlName } from './evaluate.js';

type Part = EncodedFunction | ClosureFunction['parts'][number];

/**
 * Looks places up in a function, and in those that it captured.
 *
 * @param functions the function itself, then, in the order of the closure's parts, those that it captured.
 */
export function placesIn(
  functions: () => readonly AnyFunction[],
  encoded: EncodedFunction,
  codec: FunctionCodec,
): FindPlace {
  const parts: readonly Part[] = encoded.kind === 'closure' ? encoded.parts : [encoded];
  return (name, line, column) => {
    for (const [index, fn] of functions().entries()) {
      const part = parts[index];
      if (part === undefined || !('source' in part) || urlName(part.name) !== name) continue;
      const code = codeOf(part.imports, 'variables' in part ? around(part) : part.source);
      const text = Function.prototype.toString.call(fn);
      const offset = offsetOf(code, line, column) - code.indexOf(text);
      if (code.includes(text) && offset >= 0 && offset < text.length) return codec.locate?.(fn, offset);
    }
    return undefined;
  };
}

function offsetOf(code: string, line: number, column: number): number {
  const before = code.split('\n').slice(0, line - 1);
  return before.reduce((length, one) => length + one.length + 1, 0) + column - 1;
}
