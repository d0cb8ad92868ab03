/** @file How a value that needs decoding is marked inside encoded data. */

/** The reserved key of a mark. It begins with NUL, so that no one's data has it by chance; data that has it is refused. */
export const MARK = '\u0000poniard';

/** Stands for a value of a class: the tag of its codec, and what the codec made of it. */
export interface Mark {
  readonly [MARK]: string;
  value: unknown;
}

/** Tags of this file's own begin with NUL; the others are those of users' codecs. */
export const ERROR_TAG = '\u0000Error';
/** A view on shared memory, or shared memory itself, by its number. */
export const SHARED_TAG = '\u0000Shared';

export function isMark(value: object): value is Mark {
  return Object.hasOwn(value, MARK);
}
