/** @file Which free names of a function every thread has anyway. */

/** ECMAScript's own names. A program that gives one of these another meaning is rare enough not to ask. */
const LANGUAGE: ReadonlySet<string> = new Set(
  `AggregateError Array ArrayBuffer AsyncDisposableStack Atomics BigInt BigInt64Array BigUint64Array Boolean DataView Date
  DisposableStack Error EvalError FinalizationRegistry Float16Array Float32Array Float64Array Function Infinity Int16Array
  Int32Array Int8Array Intl JSON Math NaN Number Object Proxy RangeError ReferenceError Reflect RegExp
  SharedArrayBuffer String SuppressedError SyntaxError TypeError URIError Uint16Array Uint32Array Uint8Array
  Uint8ClampedArray WeakMap WeakRef WeakSet console decodeURI decodeURIComponent encodeURI encodeURIComponent escape eval
  globalThis isFinite isNaN parseFloat parseInt undefined unescape`.split(/\s+/),
);

/**
 * Names that Node's threads and browsers' workers both have (the Minimum Common Web API), Node's own, and those of the
 * language that libraries take over. Programs often give these another meaning (`import { setTimeout } from
 * 'node:timers/promises'`, `import { Map } from 'immutable'`), so whoever can look, looks.
 */
const PLATFORM: ReadonlySet<string> = new Set(
  `AbortController AbortSignal Blob BroadcastChannel ByteLengthQueuingStrategy CompressionStream CountQueuingStrategy Crypto
  CryptoKey CustomEvent DOMException DecompressionStream ErrorEvent Event EventSource EventTarget File FormData Headers
  MessageChannel MessageEvent MessagePort Performance PerformanceEntry PerformanceMark PerformanceMeasure
  PerformanceObserver PromiseRejectionEvent ReadableByteStreamController ReadableStream ReadableStreamBYOBReader
  ReadableStreamBYOBRequest ReadableStreamDefaultController ReadableStreamDefaultReader Request Response SubtleCrypto
  TextDecoder TextDecoderStream TextEncoder TextEncoderStream TransformStream TransformStreamDefaultController URL URLPattern
  URLSearchParams WebAssembly WebSocket WritableStream WritableStreamDefaultController WritableStreamDefaultWriter atob btoa
  clearInterval clearTimeout crypto fetch navigator performance queueMicrotask reportError setInterval setTimeout
  structuredClone
  Buffer clearImmediate global process setImmediate
  Iterator Map Promise Set Symbol`.split(/\s+/),
);

/** Names that programs ask for with `typeof` to find out where they run. */
const PROBES: ReadonlySet<string> = new Set(
  `Bun Deno EdgeRuntime WorkerGlobalScope __dirname __filename document exports importScripts module postMessage require self
  window`.split(/\s+/),
);

/**
 * - `'language'`: ECMAScript's own name, the same everywhere.
 * - `'platform'`: a global of the threads that run tasks, unless a variable of the program hides it.
 * - `'program'`: a global here only, which the program (or the page) made.
 * - `'none'`: not a global.
 */
export type GlobalKind = 'language' | 'platform' | 'program' | 'none';

export function globalKind(name: string): GlobalKind {
  if (LANGUAGE.has(name)) return 'language';
  if (PLATFORM.has(name)) return 'platform';
  if (!(name in globalThis)) return 'none';
  // What a platform defines is not enumerable, what a program assigns is. Those that are enumerable in Node stand in the table.
  const own = Object.getOwnPropertyDescriptor(globalThis, name);
  return own === undefined || own.enumerable === true ? 'program' : 'platform';
}

/** Whether a name is one that environments are told apart by, so that a `typeof` guard around it is to be believed. */
export const isProbe = (name: string): boolean => PROBES.has(name);
