/** @file The closures of a runtime: functions are looked at once where their variables cannot change. */
import type { FindPlace } from '../stacks.js';
import type { ValueCodec } from '../values/codec.js';
import type { SharedBuffers } from '../values/shared-buffers.js';
import { captureOf } from './capture.js';
import { Closure, isCapture, type Part, propertiesOf } from './closure.js';
import type { AnyFunction, Capture, EncodedFunction, FunctionCodec, SourceFunction } from './encoded.js';
import { placesIn } from './places.js';
import { encodePlainly } from './plain-words.js';

export class Closures {
  private readonly known = new WeakMap<AnyFunction, Closure>();
  /** Functions whose variables never change, and (`undefined`) those that capture none. */
  private readonly captures = new WeakMap<AnyFunction, Capture | undefined>();
  private readonly encoded = new WeakMap<AnyFunction, EncodedFunction>();
  private readonly partNumbers = new WeakMap<Part, number>();
  private readonly byKey = new Map<string, number>();
  private last = 0;

  /** `numbers`: shared memory is named by number. */
  constructor(
    private readonly codec: FunctionCodec,
    readonly codecs: () => readonly ValueCodec[],
    readonly numbers?: SharedBuffers,
  ) {}

  /**
   * `undefined`: the function captures nothing that has to travel.
   *
   * @throws FunctionTransferError that names what cannot travel.
   */
  of(fn: AnyFunction): Closure | undefined {
    const known = this.known.get(fn);
    if (known !== undefined && (known.constant || !known.used)) return known;
    const capture = captureOf(fn) ?? this.codec.capture?.(fn);
    if (capture === undefined && !this.hasProperties(fn)) return undefined;
    const closure = new Closure(fn, capture, this);
    this.known.set(fn, closure);
    return closure;
  }

  /** A function that captures nothing, if that can be seen without looking further. */
  plainly(fn: AnyFunction): SourceFunction | undefined {
    return this.codec.capture === undefined ? undefined : encodePlainly(fn);
  }

  /** What a function that a closure captures captures in turn: others will capture it too. */
  capture(fn: AnyFunction): Capture | undefined {
    const known = this.captures.get(fn);
    if (known !== undefined || this.captures.has(fn)) return known;
    const capture =
      captureOf(fn) ?? (this.plainly(fn) === undefined ? this.codec.capture?.(fn, true) : undefined);
    if (capture?.constant !== false) this.captures.set(fn, capture);
    return capture;
  }

  /** How a function that captures nothing travels, which a closure captures. */
  encode(fn: AnyFunction): EncodedFunction | Promise<EncodedFunction> {
    const known = this.encoded.get(fn);
    if (known !== undefined) return known;
    const encoded = this.codec.encode(fn, true);
    if (!(encoded instanceof Promise)) this.encoded.set(fn, encoded);
    return encoded;
  }

  /** The same for one that is spawned itself: nobody gives it a `this`. */
  encodeRoot(fn: AnyFunction): EncodedFunction | Promise<EncodedFunction> {
    return this.codec.encode(fn);
  }

  /** Whether a function that travels as source has properties, such as `fn.rate = 3`, which the source does not tell. */
  private hasProperties(fn: AnyFunction): boolean {
    if (this.codec.capture === undefined || propertiesOf(fn) === undefined) return false;
    const encoded = this.codec.encode(fn);
    return !(encoded instanceof Promise) && encoded.kind === 'source';
  }

  /** Finds where the functions of a task were written. */
  places(fn: WeakRef<AnyFunction>, encoded: EncodedFunction): FindPlace {
    const functions = (): readonly AnyFunction[] => {
      const held = fn.deref();
      return held === undefined ? [] : (this.known.get(held)?.functions ?? [held]);
    };
    return placesIn(functions, encoded, this.codec);
  }

  /** The same number for parts that travel as the same. */
  numberOf(part: Part): number {
    let number = this.partNumbers.get(part);
    if (number !== undefined) return number;
    // Nothing is known yet of a function whose modules are still looked for: it is like no other.
    const key = part instanceof Promise ? undefined : isCapture(part) ? part.key : JSON.stringify(part);
    number = key === undefined ? undefined : this.byKey.get(key);
    if (number === undefined) {
      number = ++this.last;
      if (key !== undefined) this.byKey.set(key, number);
    }
    this.partNumbers.set(part, number);
    return number;
  }
}
