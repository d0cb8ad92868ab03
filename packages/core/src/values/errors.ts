/** @file How what a task threw comes home. */
import { type ErrorHead, makeError, uncloneable } from './error-shape.js';
import { isPrimitive } from './kinds.js';
import { ERROR_TAG, MARK, type Mark } from './mark.js';
import { restore } from './restore.js';
import { walk } from './snapshot.js';

/**
 * What was thrown, in a form that structured clone carries. Never throws.
 *
 * An error keeps its name, message and stack, its causes (16 deep), `AggregateError.errors`, and those of its own
 * enumerable properties that can cross. Other things that were thrown pass as they are; where they cannot
 * (a function, an instance of a class), an Error that says what was thrown stands for them.
 */
export function encodeError(error: unknown): unknown {
  if (isPrimitive(error)) return error;
  try {
    return walk(error as object, { codecs: [], label: 'the error', copy: true }, false)?.value;
  } catch {
    const mark: Mark = { [MARK]: ERROR_TAG, value: thrown(error) };
    return mark;
  }
}

function thrown(value: unknown): ErrorHead {
  const head = uncloneable(value);
  return { ...head, message: `a task threw ${head.message}` };
}

/**
 * The counterpart of {@link encodeError}. Errors of the language, the platform and this framework are instances of
 * their classes; a user's subclass is an instance of the one of these that it extends, with its own name. Never throws.
 *
 * @example
 * ```ts
 * import { decodeError, encodeError } from '@poniard/core';
 *
 * const posted = structuredClone(encodeError(new RangeError('no such row', { cause: 7 })));
 * console.log(decodeError(posted) instanceof RangeError); // true
 * ```
 */
export function decodeError(encoded: unknown): unknown {
  try {
    return restore(encoded, (tag) => {
      throw new RangeError(`errors carry no values of class ${tag}`);
    });
  } catch (cause) {
    return makeError({
      type: 'Error',
      name: 'Error',
      message: `a task threw an error that could not be read: ${cause}`,
    });
  }
}
