/** @file The walk over a value that `snapshot` makes: one pass that checks, copies, counts and encodes. */
import { BufferCopies, isOnOrdinaryMemory, isViewOnShared, Overlap, type WholeCopy } from './buffers.js';
import { builtinFor } from './builtins.js';
import { namedKeys, platformClone } from './cloning.js';
import type { ValueCodec } from './codec.js';
import { codecFor, NODE, SLOT } from './describe.js';
import { type EncodedError, readHead } from './error-shape.js';
import { defineValue, ErrorWalk } from './error-walk.js';
import { kindOf } from './kinds.js';
import { ERROR_TAG, MARK, type Mark } from './mark.js';
import { nounOf, refusalOf, type Step } from './refusal.js';
import { markView } from './shared-buffers.js';
import type { SnapshotOptions } from './snapshot.js';
import { Trail } from './trail.js';

/** Thrown when the value is larger than `limit`. */
export const GIVE_UP: unique symbol = Symbol('give up');

/** V8's own serializer ends at 1,900 levels of a main thread's stack; half of it leaves room for the caller's frames. */
const MAX_DEPTH = 1000;

type Plain = Record<string, unknown>;

/** One walk. Not reused: what it counted belongs to one value. */
export class Walker {
  /** The codecs that were used. */
  used: ValueCodec[] | undefined;
  /** The shared buffers that the encoded value names by number. */
  sharedBuffers: SharedArrayBuffer[] | undefined;
  /** Where the walk is. */
  readonly trail: Trail;

  private bytes = 0;
  private referenced = 0;
  private errors: ErrorWalk | undefined;
  private readonly limit: number;
  private readonly path: unknown[];
  // The memo is a Map only once a second object is met: most arguments are flat.
  private root: unknown;
  private rootCopy: unknown;
  private memo: Map<unknown, unknown> | undefined;
  /** Values whose codec is at work. */
  private readonly pending: object[] = [];
  private copies: BufferCopies | undefined;

  constructor(
    private readonly options: SnapshotOptions,
    private readonly withCodecs: boolean,
    private readonly whole: ReadonlyMap<ArrayBuffer, WholeCopy>,
    private readonly wholeBuffers: boolean,
  ) {
    this.limit = options.limit ?? Infinity;
    this.trail = new Trail(options.label, options.isResult);
    this.path = this.trail.path;
  }

  get moved(): number {
    return this.bytes + (this.copies?.toMove ?? 0);
  }

  get sharedBytes(): number {
    return this.referenced + (this.copies?.toShared ?? 0);
  }

  /** The counterpart of anything that is not a primitive. */
  visit(value: object | symbol): unknown {
    if (typeof value === 'symbol') return this.trail.refuse(refusalOf(value));
    const seen =
      this.memo === undefined ? (value === this.root ? this.rootCopy : undefined) : this.memo.get(value);
    if (seen !== undefined) {
      if (this.pending.length > 0 && this.pending.includes(value))
        this.trail.refuse({ what: nounOf(value), why: 'what its codec makes of it contains it again.' });
      return seen;
    }
    if (this.path.length > 2 * MAX_DEPTH) {
      this.trail.refuseDepth(MAX_DEPTH);
    }
    const prototype = Object.getPrototypeOf(value) as object | null;
    if (typeof value === 'function') return this.functionLike(value);
    if (prototype === Object.prototype || prototype === null) return this.object(value as Plain);
    if (prototype === Array.prototype && Array.isArray(value)) return this.array(value);
    return this.classed(value, prototype);
  }

  /** The counterpart of one part of a value. */
  private part(step: Step, key: unknown, value: unknown): unknown {
    switch (typeof value) {
      case 'string':
        this.spend(SLOT + value.length);
        return value;
      case 'object':
        if (value === null) break;
        return this.nested(step, key, value);
      case 'function':
      case 'symbol':
        return this.nested(step, key, value);
    }
    this.spend(SLOT);
    return value;
  }

  private nested(step: Step, key: unknown, value: object | symbol): unknown {
    this.path.push(step, key);
    const copy = this.visit(value);
    // Setting `length` takes 50 ns, these 6.
    this.path.pop();
    this.path.pop();
    return copy;
  }

  private object(source: Plain): Plain {
    // Spreading is 3 times as fast as a loop over keys, and right for accessors and for '__proto__' as a key.
    const target: Plain = { ...source };
    const symbols = Object.getOwnPropertySymbols(target);
    if (symbols.length > 0) for (const symbol of symbols) delete target[symbol as never];
    this.remember(source, target);
    let bytes = NODE;
    for (const key in target) {
      const value = target[key];
      bytes += SLOT;
      if (key === MARK)
        this.trail.refuse({ what: 'a key that begins with NUL', why: 'it is reserved. Rename it.' });
      switch (typeof value) {
        case 'string':
          bytes += value.length;
          break;
        case 'object':
        case 'function':
        case 'symbol':
          // `for in` also lists what someone added to Object.prototype; that does not travel.
          if (value !== null && Object.hasOwn(target, key)) {
            target[key] = this.nested('key', key, value);
          }
      }
    }
    this.spend(bytes);
    return target;
  }

  private array(source: readonly unknown[]): unknown[] {
    const length = source.length;
    let bytes = NODE + SLOT * length;
    if (bytes > this.limit) throw GIVE_UP;
    let nested = false;
    for (let i = 0; i < length; i++) {
      const value = source[i];
      if (value === undefined) {
        if (!(i in source)) return this.sparse(source);
        continue;
      }
      if (typeof value === 'string') bytes += value.length;
      else if (typeof value === 'object' || typeof value === 'function' || typeof value === 'symbol')
        nested = true;
    }
    const target = source.slice();
    this.remember(source, target);
    this.spend(bytes);
    if (nested) {
      for (let i = 0; i < length; i++) {
        const value = target[i];
        if (
          (typeof value === 'object' && value !== null) ||
          typeof value === 'function' ||
          typeof value === 'symbol'
        ) {
          target[i] = this.nested('index', i, value);
        }
      }
    }
    for (const key of namedKeys(source, nested)) this.named(source, target, key);
    return target;
  }

  /** An array with holes, perhaps far longer than what it holds. */
  private sparse(source: readonly unknown[]): unknown[] {
    const target: unknown[] = [];
    target.length = source.length;
    this.remember(source, target);
    this.spend(NODE);
    for (const key of Object.keys(source)) this.named(source, target, key);
    return target;
  }

  private named(source: readonly unknown[], target: unknown[], key: string): void {
    const step = /^\d+$/.test(key) ? 'index' : 'key';
    const value = this.part(step, key, (source as unknown as Plain)[key]);
    defineValue(target, key, value);
  }

  private functionLike(value: object): undefined {
    if (this.options.aside?.(value, this.path)) return undefined;
    this.checkHandle(value);
    return this.trail.refuse(refusalOf(value));
  }

  private classed(value: object, prototype: object | null): unknown {
    if (this.checkHandle(value)) return undefined;
    const codec = this.withCodecs ? codecFor(value, this.options.codecs) : undefined;
    if (codec !== undefined) return this.encode(codec, value);
    switch (kindOf(value, prototype)) {
      case 'object':
        return this.object(value as Plain);
      case 'array':
        return this.array(value as unknown[]);
      case 'map':
        return this.map(value as Map<unknown, unknown>);
      case 'set':
        return this.set(value as Set<unknown>);
      case 'date':
        return this.leaf(value, new Date((value as Date).getTime()));
      case 'regexp':
        return this.leaf(value, new RegExp((value as RegExp).source, (value as RegExp).flags));
      case 'boxed':
        return this.leaf(value, Object((value as { valueOf(): unknown }).valueOf()));
      case 'view':
        return this.view(value as ArrayBufferView);
      case 'buffer':
        return this.buffer(value as ArrayBuffer);
      case 'shared':
        this.referenced += (value as SharedArrayBuffer).byteLength;
        return this.onSharedMemory(value, value as SharedArrayBuffer);
      case 'error':
        return this.error(value as Error);
      case 'class':
        return this.unknownClass(value, prototype as object);
    }
  }

  private encode(codec: ValueCodec, value: object): Mark {
    this.used ??= [];
    if (!this.used.includes(codec)) this.used.push(codec);
    return this.mark(codec.tag, value, () => codec.encode(value));
  }

  private mark(tag: string, value: object, encode: () => unknown): Mark {
    const mark: Mark = { [MARK]: tag, value: undefined };
    this.remember(value, mark);
    this.spend(NODE);
    const encoded = encode();
    // Inside a value it would not be told from other references to the same view.
    const view = this.path.length === 0 ? this.madeOfView(tag, encoded) : undefined;
    if (view !== undefined) return view;
    this.pending.push(value);
    mark.value = this.part('inside', undefined, encoded);
    this.pending.pop();
    return mark;
  }

  /** The mark for a value that a codec makes of a view on shared memory and numbers. */
  private madeOfView(tag: string, encoded: unknown): Mark | undefined {
    const { numbers } = this.options;
    if (numbers === undefined || !Array.isArray(encoded)) return undefined;
    const [view, ...others] = encoded as [unknown, ...unknown[]];
    if (!isViewOnShared(view) || !others.every((other) => typeof other === 'number')) return undefined;
    this.referenced += view.byteLength;
    this.sharedBuffers = [view.buffer];
    this.spend(SLOT * others.length);
    return markView([...numbers.view(view), tag, ...others]);
  }

  private map(source: ReadonlyMap<unknown, unknown>): Map<unknown, unknown> {
    const target = new Map<unknown, unknown>();
    this.remember(source, target);
    this.spend(NODE);
    for (const [key, value] of source)
      target.set(this.part('map key', key, key), this.part('get', key, value));
    return target;
  }

  private set(source: ReadonlySet<unknown>): Set<unknown> {
    const target = new Set<unknown>();
    this.remember(source, target);
    this.spend(NODE);
    let index = 0;
    for (const value of source) target.add(this.part('element', index++, value));
    return target;
  }

  /** A value with nothing inside. */
  private leaf<T extends object>(source: T, copy: unknown): T {
    this.remember(source, copy);
    this.spend(NODE);
    return copy as T;
  }

  private view(source: ArrayBufferView): object {
    if (!isOnOrdinaryMemory(source)) {
      this.referenced += source.byteLength;
      return this.onSharedMemory(source, source);
    }
    this.mayCopy(source.byteLength);
    const copy = this.buffers().view(source);
    return isOnOrdinaryMemory(copy) ? this.leaf(source, copy) : this.onSharedMemory(source, copy);
  }

  /** By number where the receiver knows the sender's numbers, else as it is. */
  private onSharedMemory(source: object, value: ArrayBufferView | SharedArrayBuffer): object {
    const { numbers } = this.options;
    if (numbers === undefined) return this.leaf(source, value);
    const buffer = (ArrayBuffer.isView(value) ? value.buffer : value) as SharedArrayBuffer;
    this.sharedBuffers ??= [];
    if (!this.sharedBuffers.includes(buffer)) this.sharedBuffers.push(buffer);
    this.used ??= [];
    return this.leaf(source, markView(numbers.view(value)));
  }

  private buffer(source: ArrayBuffer): ArrayBuffer {
    this.mayCopy(source.byteLength);
    return this.leaf(source, this.buffers().buffer(source));
  }

  private buffers(): BufferCopies {
    this.copies ??= new BufferCopies(this.options.copy, this.whole, this.wholeBuffers);
    return this.copies;
  }

  /** A class that has no codec: one that the platform knows how to carry, or a refusal. */
  private unknownClass(value: object, prototype: object): unknown {
    const builtin = builtinFor(prototype);
    if (builtin !== undefined) {
      this.used ??= [];
      return this.mark(builtin.tag, value, () => builtin.encode(value as never));
    }
    const clone = platformClone(value, prototype);
    if (clone === undefined) return this.trail.refuse(refusalOf(value));
    return this.leaf(value, this.options.copy ? clone : value);
  }

  /** An error keeps what can cross of it. */
  private error(source: Error): Mark {
    this.used ??= [];
    const encoded: EncodedError = { ...readHead(source) };
    const mark: Mark = { [MARK]: ERROR_TAG, value: encoded };
    this.remember(source, mark);
    this.spend(NODE + encoded.message.length + (encoded.stack?.length ?? 0));
    this.errors ??= new ErrorWalk((key, holder) => this.attempt(key, holder));
    this.errors.parts(source, encoded);
    return mark;
  }

  /** Undefined where the part cannot be read or cannot cross; the walk then is as if it had never been there. */
  private attempt(key: string | number, holder: object): { readonly value: unknown } | undefined {
    const depth = this.path.length;
    const pending = this.pending.length;
    const known = this.memo?.size ?? 1;
    try {
      return { value: this.part('key', key, holder[key as never]) };
    } catch (error) {
      if (error === GIVE_UP || error instanceof Overlap) throw error;
      this.path.length = depth;
      this.pending.length = pending;
      this.forgetAfter(known);
      return undefined;
    }
  }

  /** Half-made copies must not be found again by another reference to the same object. */
  private forgetAfter(known: number): void {
    let index = 0;
    for (const key of this.memo?.keys() ?? []) {
      if (index++ >= known) this.memo?.delete(key);
    }
  }

  private remember(source: unknown, copy: unknown): void {
    if (this.rootCopy === undefined) {
      this.root = source;
      this.rootCopy = copy;
      return;
    }
    this.memo ??= new Map([[this.root, this.rootCopy]]);
    this.memo.set(source, copy);
  }

  private spend(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes > this.limit) throw GIVE_UP;
  }

  /** Before bytes are copied: also those to shared memory, which is work to be done now. */
  private mayCopy(bytes: number): void {
    const spent = this.bytes + (this.copies?.toMove ?? 0) + (this.copies?.toShared ?? 0);
    if (spent + bytes > this.limit) throw GIVE_UP;
  }

  /** Whether somebody else takes charge of a handle; elsewhere one is refused. */
  private checkHandle(value: object): boolean {
    const noun = this.options.isHandle?.(value);
    if (noun === undefined) return false;
    return this.options.aside?.(value, this.path) === true || this.trail.refuseHandle(noun);
  }
}
