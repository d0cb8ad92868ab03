/**
 * @file What of an error crosses, and how an error is made of it. Structured clone would lose own properties, names of
 * its own and `AggregateError.errors`.
 */
import * as frameworkErrors from '../errors.js';
import { foldStack, withoutStack } from '../stacks.js';
import { globals, isNative, ownConstructor } from './kinds.js';
import { nounOf } from './refusal.js';

/** The part of an encoded error that is read without looking at other values. */
export interface ErrorHead {
  /** The nearest class that exists everywhere: `TypeError` for a user's subclass of it. */
  readonly type: string;
  readonly name: string;
  readonly message: string;
  /** Of the thread that made the error. */
  readonly stack?: string;
}

/** The payload of an error's mark. */
export interface EncodedError extends ErrorHead {
  cause?: unknown;
  errors?: unknown;
  /** The error's other own enumerable properties. */
  properties?: Record<string, unknown>;
}

/** Properties that {@link ErrorHead} or a field of {@link EncodedError} covers. */
export const ERROR_FIELDS: ReadonlySet<string> = new Set(['name', 'message', 'stack', 'cause', 'errors']);

type ErrorClass = new (message: string, name?: unknown) => Error;

/** A class of the language, the platform or this framework, that every thread has. */
function errorClass(name: string): ErrorClass | undefined {
  const wasm = globals['WebAssembly'] as Readonly<Record<string, unknown>> | undefined;
  const framework = frameworkErrors as unknown as Readonly<Record<string, unknown>>;
  for (const table of [framework, globals, wasm]) {
    const found = table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
    if (typeof found === 'function' && (found === Error || found.prototype instanceof Error))
      return found as ErrorClass;
  }
  return undefined;
}

/** What a framework's error tells in properties that do not show when it is printed, since its text says it. */
export const QUIET_FIELDS: ReadonlySet<string> = new Set(['task', 'rootTask', 'chain']);

/** The names of an error's own properties that go along with it. */
export function propertiesOf(error: Error): readonly string[] {
  const keys = Object.keys(error).filter((key) => !ERROR_FIELDS.has(key));
  if (error instanceof frameworkErrors.TaskFailedError) keys.push(...QUIET_FIELDS);
  return keys;
}

/** Reads an error without ever throwing: getters may throw, fields may hold anything. */
export function readHead(error: Error): ErrorHead {
  const type = typeOf(error);
  const head = { type, name: nameOf(error, type), message: text(error, 'message') ?? '' };
  const stack = text(error, 'stack');
  return stack === undefined ? head : { ...head, stack: foldStack(stack) };
}

function text(error: Error, field: 'name' | 'message' | 'stack'): string | undefined {
  try {
    const value: unknown = error[field];
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** By the names of constructors, since an error of another realm extends that realm's classes. */
function typeOf(error: Error): string {
  try {
    for (
      let at = Object.getPrototypeOf(error) as object | null;
      at !== null;
      at = Object.getPrototypeOf(at)
    ) {
      const ctor = ownConstructor(at);
      const name = ctor?.name;
      const known = name === undefined ? undefined : errorClass(name);
      if (known !== undefined && (known.prototype === at || isNative(ctor))) return name as string;
    }
  } catch {
    // A proxy that refuses: an Error is the safe reading.
  }
  return 'Error';
}

/**
 * `class ParseError extends Error {}` inherits the name 'Error'; its class is lost on the way, so its name takes over.
 * Node's internal `NodeError` classes are the exception: their names are right.
 */
function nameOf(error: Error, type: string): string {
  const name = text(error, 'name') ?? type;
  try {
    const own: unknown = error.constructor?.name;
    if (name === type && typeof own === 'string' && own !== '' && own !== 'NodeError') return own;
  } catch {
    // Keep the name that the error gives itself.
  }
  return name;
}

/** What stands for something that was thrown, or was the cause of an error, and cannot cross. */
export function uncloneable(value: unknown): ErrorHead {
  return {
    type: 'Error',
    name: 'Error',
    message: `${nounOf(value)}${detail(value)}, which cannot cross to another thread`,
  };
}

function detail(value: unknown): string {
  try {
    const message: unknown = (value as { message?: unknown }).message;
    return typeof message === 'string' ? ` with the message ${JSON.stringify(message)}` : '';
  } catch {
    return '';
  }
}

/** An instance of the class that the head names, without running that class's constructor. */
export function makeError(head: ErrorHead): Error {
  const error = withoutStack(() => construct(head));
  if (error.name !== head.name) define(error, 'name', head.name);
  if (head.stack !== undefined) error.stack = head.stack;
  return error;
}

function construct({ type, name, message }: ErrorHead): Error {
  const known: ErrorClass = errorClass(type) ?? (Error as ErrorClass);
  // Its name and code are read from internal slots, which only its constructor sets.
  if (type === 'DOMException') return new known(message, name);
  return Reflect.construct(Error, [message], known) as Error;
}

/** Sets a property that does not show when the error is printed, as those of native errors do not. */
export function define(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: false });
}
