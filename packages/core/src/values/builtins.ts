/**
 * @file Codecs for classes that platforms provide and structured clone does not carry: `URL` and the like arrive as
 * `{}`, Node's `Buffer` as a `Uint8Array`. Each is looked up on the global object, so nothing of Node is imported.
 */
import { globals } from './kinds.js';

/** As a `ValueCodec`, for a class of the platform. */
export interface Builtin {
  /** Begins with NUL, as no user's tag does. */
  readonly tag: string;
  encode(value: never): unknown;
  decode(encoded: never): unknown;
}

interface FileLike {
  readonly name: string;
  readonly type: string;
  readonly lastModified: number;
  readonly size: number;
  slice(start: number, end: number, type: string): unknown;
}
type FileParts = readonly [blob: unknown, name: string, options: { type: string; lastModified: number }];

function make(name: string, ...args: readonly unknown[]): unknown {
  const ctor = globals[name] as (new (...args: readonly unknown[]) => unknown) | undefined;
  if (ctor === undefined) throw new ReferenceError(`${name} does not exist on this platform`);
  return new ctor(...args);
}

const BUILTINS: Readonly<Record<string, Builtin>> = {
  Buffer: {
    tag: '\u0000Buffer',
    encode: (buffer: Uint8Array) => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength),
    decode(bytes: Uint8Array) {
      const buffer = globals['Buffer'] as
        | { from(b: unknown, offset: number, length: number): unknown }
        | undefined;
      // A page has no Buffer: what a Buffer extends is the nearest thing to it.
      return buffer === undefined ? bytes : buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
  },
  URL: {
    tag: '\u0000URL',
    encode: (url: { href: string }) => url.href,
    decode: (href: string) => make('URL', href),
  },
  URLSearchParams: {
    tag: '\u0000URLSearchParams',
    encode: (params: object) => String(params),
    decode: (text: string) => make('URLSearchParams', text),
  },
  Headers: {
    tag: '\u0000Headers',
    encode: (headers: Iterable<[string, string]>) => [...headers],
    decode: (entries: unknown) => make('Headers', entries),
  },
  File: {
    tag: '\u0000File',
    encode: (file: FileLike): FileParts => [
      file.slice(0, file.size, file.type),
      file.name,
      { type: file.type, lastModified: file.lastModified },
    ],
    decode: ([blob, name, options]: FileParts) => make('File', [blob], name, options),
  },
};

/** The built-in codec for direct instances of a platform's class, not for subclasses. */
export function builtinFor(prototype: object): Builtin | undefined {
  const name: unknown = (prototype.constructor as { name?: unknown } | undefined)?.name;
  if (typeof name !== 'string' || !Object.hasOwn(BUILTINS, name)) return undefined;
  const ctor = globals[name];
  return typeof ctor === 'function' && ctor.prototype === prototype ? BUILTINS[name] : undefined;
}

/** Decodes the payload of a mark whose tag begins with NUL. */
export function decodeBuiltin(tag: string, payload: unknown): unknown {
  const builtin = BUILTINS[tag.slice(1)];
  if (builtin === undefined) throw new RangeError(`unknown built-in codec ${JSON.stringify(tag)}`);
  return builtin.decode(payload as never);
}
