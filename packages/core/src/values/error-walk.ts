/** @file The parts of an error on a walk: what cannot cross must not hide the error. */
import { type EncodedError, propertiesOf, uncloneable } from './error-shape.js';
import { ERROR_TAG, MARK, type Mark } from './mark.js';

/** What an error inside errors beyond this carries, such as the cause of a cause, is left out. */
const MAX_DEPTH = 16;

/** Tries to walk into a part. Undefined where it cannot be read or cannot cross: the walk is as if it had never been there. */
type Attempt = (key: string | number, holder: object) => { readonly value: unknown } | undefined;

export class ErrorWalk {
  private depth = 0;

  constructor(private readonly attempt: Attempt) {}

  /** Adds to an encoded error what else it holds. */
  parts(source: Error, encoded: EncodedError): void {
    if (this.depth === MAX_DEPTH) return;
    this.depth++;
    if (Object.hasOwn(source, 'cause')) encoded.cause = this.orStandIn('cause', source);
    if (Object.hasOwn(source, 'errors')) encoded.errors = this.errors(source as AggregateError);
    for (const key of propertiesOf(source)) {
      const copy = this.try(key, source);
      if (copy === undefined) continue;
      encoded.properties ??= {};
      defineValue(encoded.properties, key, copy.value);
    }
    this.depth--;
  }

  private errors(source: AggregateError): unknown {
    const whole = this.try('errors', source);
    if (whole !== undefined) return whole.value;
    const list = read(source, 'errors');
    if (!Array.isArray(list)) return [];
    return list.map((_, index) => this.orStandIn(index, list));
  }

  /** A part of an error, or an error that tells what it was. */
  private orStandIn(key: string | number, holder: object): unknown {
    return (this.try(key, holder) ?? { value: standIn(read(holder, key)) }).value;
  }

  private try(key: string | number, holder: object): ReturnType<Attempt> {
    const { depth } = this;
    const part = this.attempt(key, holder);
    // An attempt that failed may have been deep inside.
    this.depth = depth;
    return part;
  }
}

/** Sets a property whatever its name, `__proto__` too. */
export function defineValue(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}

function read(holder: object, key: string | number): unknown {
  try {
    return holder[key as never];
  } catch (error) {
    return error;
  }
}

function standIn(value: unknown): Mark {
  return { [MARK]: ERROR_TAG, value: uncloneable(value) };
}
