/** @file The ports that a runtime is wired from, and their tokens. Each can be replaced by registering another. */
import type { InjectionToken } from 'tsyringe';
import type { PoniardEvent } from './events.js';
import type { FunctionCodec } from './functions/encoded.js';
import type { Mover, ProcessorProvider } from './processor.js';
import type { PlacementPolicy } from './scheduler/placement.js';
import type { ValueCodec } from './values/codec.js';

/** Port: time. Tests replace it by one that stands still. */
export interface Clock {
  /** µs since some fixed moment. */
  now(): number;
  /** Calls back once after so many µs, and keeps no process alive. Returns a function that calls it off. */
  after(micros: number, callback: () => void): () => void;
}

/** Port: holds the process while tasks are unsettled, and lets it go afterwards (S10). */
export interface KeepAlive {
  hold(): void;
  release(): void;
}

/** Port: receives every event while it `active`. */
export interface EventSink {
  readonly active: boolean;
  emit(event: PoniardEvent): void;
}

/** Port: keeps the values of chunks and of results that are on the host. One that spills registers here. */
export interface Store {
  /** Takes a value of about `bytes` bytes; the answer gives it back. `undefined`: shared memory, to be counted only. */
  keep(value: unknown, bytes: number): Stored;
  /** Bytes that are kept at present. */
  readonly bytes: number;
}

/** A value in a {@link Store}. */
export interface Stored {
  read(): unknown;
  drop(): void;
}

/** Port: what the calling thread's surroundings offer. */
export interface Host {
  /** How many CPU cores the program may use. */
  readonly cores: number;
  /** Shows a warning to whoever runs the program. */
  warn(message: string, code: string): void;
  /** Calls back when the process is about to end by itself. Returns a function that calls it off. */
  beforeExit(listener: () => void): () => void;
  /**
   * Calls back when the user interrupts the program (Ctrl-C), unless somebody else listens for that. The program ends
   * when what the listener gives has ended; a second interruption ends it at once. Returns a function that calls it off.
   */
  onInterrupt?(listener: () => Interruption): () => void;
  /** Follows asynchronous code (Node's `AsyncLocalStorage`); asked for at the first `withOptions`. */
  asyncContext<T>(): AsyncContext<T>;
}

/** What is to be done before an interrupted program ends. */
export interface Interruption {
  /** For the user to read. */
  readonly message: string | undefined;
  readonly ended: Promise<void>;
}

/** A value that follows asynchronous code. */
export interface AsyncContext<T> {
  get(): T | undefined;
  run<R>(value: T, body: () => R): R;
  /** Whether it loses the value at the first `await`: the surroundings have nothing that follows asynchronous code. */
  readonly synchronous?: boolean;
}

const token = <T>(name: string): InjectionToken<T> & symbol => Symbol.for(`poniard.${name}`) as never;

/** Several may be registered: each plug-in that brings processors adds one. */
export const PROCESSOR_PROVIDER = token<ProcessorProvider>('PROCESSOR_PROVIDER');
/** Several may be registered. */
export const MOVER = token<Mover>('MOVER');
/** Several may be registered: codecs for classes that do not name their own. */
export const VALUE_CODEC = token<ValueCodec>('VALUE_CODEC');
export const PLACEMENT_POLICY = token<PlacementPolicy>('PLACEMENT_POLICY');
export const STORE = token<Store>('STORE');
export const FUNCTION_CODEC = token<FunctionCodec>('FUNCTION_CODEC');
export const EVENT_SINK = token<EventSink>('EVENT_SINK');
export const CLOCK = token<Clock>('CLOCK');
export const KEEP_ALIVE = token<KeepAlive>('KEEP_ALIVE');
export const HOST = token<Host>('HOST');
