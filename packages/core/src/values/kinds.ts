/**
 * @file What a value is, told without trusting `instanceof`: values come from other realms too (vm contexts, test
 * runners, iframes), whose `Map` is not our `Map`.
 */

/** How a value is carried. `class` is everything that this file does not know. */
export type Kind =
  | 'object'
  | 'array'
  | 'map'
  | 'set'
  | 'date'
  | 'regexp'
  | 'boxed'
  | 'view'
  | 'buffer'
  | 'shared'
  | 'error'
  | 'class';

/** The global object as a table: what exists there differs between Node, pages and workers. */
export const globals = globalThis as unknown as Readonly<Record<string, unknown>>;

const KIND_BY_NAME: Readonly<Record<string, Kind>> = {
  Object: 'object',
  Array: 'array',
  Map: 'map',
  Set: 'set',
  Date: 'date',
  RegExp: 'regexp',
  Number: 'boxed',
  String: 'boxed',
  Boolean: 'boxed',
  BigInt: 'boxed',
  ArrayBuffer: 'buffer',
  SharedArrayBuffer: 'shared',
  DataView: 'view',
  Int8Array: 'view',
  Uint8Array: 'view',
  Uint8ClampedArray: 'view',
  Int16Array: 'view',
  Uint16Array: 'view',
  Int32Array: 'view',
  Uint32Array: 'view',
  Float16Array: 'view',
  Float32Array: 'view',
  Float64Array: 'view',
  BigInt64Array: 'view',
  BigUint64Array: 'view',
};

/** The quick way: the prototypes of this realm. Filled once, never changed. */
const KIND_BY_PROTOTYPE: ReadonlyMap<object, Kind> = new Map(
  Object.entries(KIND_BY_NAME).flatMap(([name, kind]): [object, Kind][] => {
    const ctor = globals[name];
    return typeof ctor === 'function' ? [[ctor.prototype as object, kind]] : [];
  }),
);

const NATIVE = /\{\s*\[native code\]\s*\}$/;

/** Whether `ctor` is built into its realm; user code has a source text. */
export function isNative(ctor: unknown): boolean {
  return typeof ctor === 'function' && NATIVE.test(Function.prototype.toString.call(ctor));
}

/** The constructor that a prototype names as its own, or undefined. */
export function ownConstructor(prototype: object): { readonly name: string } | undefined {
  if (!Object.hasOwn(prototype, 'constructor')) return undefined;
  const ctor: unknown = prototype.constructor;
  return typeof ctor === 'function' ? ctor : undefined;
}

/** An instance of a subclass is a `class`, whatever it extends: it would arrive as the base class. Errors are the exception. */
export function kindOf(value: object, prototype: object | null = Object.getPrototypeOf(value)): Kind {
  if (prototype === null) return 'object';
  const kind = KIND_BY_PROTOTYPE.get(prototype);
  if (kind !== undefined) return kind === 'array' && !Array.isArray(value) ? 'class' : kind;
  if (isError(value)) return 'error';
  return foreignKind(value, prototype);
}

function foreignKind(value: object, prototype: object): Kind {
  const ctor = ownConstructor(prototype);
  if (ctor === undefined) return 'class';
  const kind = Object.hasOwn(KIND_BY_NAME, ctor.name) ? KIND_BY_NAME[ctor.name] : undefined;
  if (kind === undefined || !isNative(ctor)) return 'class';
  if (kind === 'object' && Object.getPrototypeOf(prototype) !== null) return 'class';
  return kind === 'array' && !Array.isArray(value) ? 'class' : kind;
}

/** Errors of any realm, and their subclasses. */
export function isError(value: object): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}

/** Whether a buffer is shared memory, of this realm or another. */
export function isShared(buffer: ArrayBufferLike): buffer is SharedArrayBuffer {
  if (buffer instanceof ArrayBuffer) return false;
  return kindOf(buffer) === 'shared';
}

/** The name of a value's class for messages, or `''` when it has none. Never throws. */
export function className(value: object): string {
  try {
    const ctor: unknown = (Object.getPrototypeOf(value) as object | null)?.constructor;
    const name: unknown = typeof ctor === 'function' ? ctor.name : '';
    if (typeof name === 'string' && name !== '' && name !== 'Object') return name;
    const tag = Object.prototype.toString.call(value).slice(8, -1);
    return tag === 'Object' ? '' : tag;
  } catch {
    return '';
  }
}

/** Numbers, strings, booleans, bigints, null and undefined: they cross as they are. A symbol does not. */
export function isPrimitive(value: unknown): boolean {
  switch (typeof value) {
    case 'object':
      return value === null;
    case 'function':
    case 'symbol':
      return false;
    default:
      return true;
  }
}
