/**
 * @file Functions that need no parser to see that they need nothing. The parser takes 10 to 15 ms to load and to warm
 * up, which would be a tenth of the time from a program's start to its first result.
 */
import type { AnyFunction, SourceFunction } from './encoded.js';
import { nameOf } from './name-of.js';
import { originOf } from './task-reference.js';

/** An arrow function with plain parameters. Nothing that could hide a word: no escape, no letter beyond ASCII, no spread. */
const ARROW = /^(?:([a-z_$][\w$]*)|\(([\w$\s,]*)\)) =>(?!.*\.\.)[\t\n\r -[\]-~]+$/is;
/** Words that are not the name of a property, nor part of a number. */
const WORD = /(?<![\w$.])[a-z_$][\w$]*/gi;
const KEYWORDS = new Set(['return', 'if', 'else', 'true', 'false', 'null']);

/**
 * What travels for an arrow function of which every word is a parameter, a property or a keyword: whatever its grammar
 * is, no name in it comes from outside. `undefined` for all others, which are for the parser to judge.
 */
export function encodePlainly(fn: AnyFunction): SourceFunction | undefined {
  if (typeof fn !== 'function' || originOf(fn) !== undefined) return undefined;
  const source = Function.prototype.toString.call(fn);
  const head = source.length > 500 ? undefined : ARROW.exec(source);
  if (head == null) return undefined;
  const parameters = new Set((head[1] ?? head[2] ?? '').split(',').map((name) => name.trim()));
  for (const [word] of source.matchAll(WORD)) {
    if (!parameters.has(word) && !KEYWORDS.has(word)) return undefined;
  }
  return { kind: 'source', name: nameOf(fn), source, imports: [] };
}
