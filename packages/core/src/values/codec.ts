/** @file How values of a class cross threads: a port that classes or plug-ins implement. */

/** What a handle tells of a value without having it. */
export interface ChunkType {
  /** `'number'`, `'array'`, `'object'`, or a codec's tag such as `'NDArray'`. */
  readonly kind: string;
  readonly dtype?: string;
  readonly shape?: readonly number[];
}

/**
 * Port: carries instances of a class across threads and keeps their class.
 *
 * A class names its own codec in a static field, so that no registration is needed:
 * `static [valueCodec] = { tag: 'Point', module: import.meta.url, exportName: 'Point', test, encode, decode }`.
 * For classes of others, register a codec under the token `VALUE_CODEC`.
 */
export interface ValueCodec<T = unknown, E = unknown> {
  /** Unique; names the class in messages. */
  readonly tag: string;
  /** The URL of a module that workers import; it must export `exportName`. */
  readonly module: string;
  /** The export that is this codec, or a class whose `[valueCodec]` is this codec. */
  readonly exportName: string;
  test(value: unknown): value is T;
  /**
   * To something that structured clone carries; arrays on shared memory pass by reference. An array that begins with a typed
   * array on shared memory and holds numbers besides crosses at the least cost.
   */
  encode(value: T): E;
  decode(encoded: E): T;
  /** The size in bytes, for placement. */
  bytes?(value: T): number;
  describe?(value: T): ChunkType;
}

/** The static field under which a class names its {@link ValueCodec}. */
export const valueCodec: unique symbol = Symbol.for('poniard.valueCodec') as never;
