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
/** One: the {@link PlacementPolicy} that picks a processor for each task. Default: {@link EarliestFinish}. Dagger: its scheduler is fixed. */
export const PLACEMENT_POLICY = token<PlacementPolicy>('PLACEMENT_POLICY');
/** One: the {@link Store} that keeps values on the host; one that spills registers here. Default: it keeps them in memory. Dagger: `MemPool`. */
export const STORE = token<Store>('STORE');
/** One: the {@link FunctionCodec} by which functions travel. Default: {@link SourceFunctionCodec}; `cpuThreads` brings Node's. */
export const FUNCTION_CODEC = token<FunctionCodec>('FUNCTION_CODEC');
/** One: an {@link EventSink} that hears every event, besides those who `subscribe`. Default: none. Dagger: `TimespanLogging`'s sinks. */
export const EVENT_SINK = token<EventSink>('EVENT_SINK');
/** One: the {@link Clock}. Default: `performance.now()`. Tests register one that stands still. */
export const CLOCK = token<Clock>('CLOCK');
/** One: the {@link KeepAlive} that holds the process while tasks are unsettled. Default: a timer in Node, nothing in a page. */
export const KEEP_ALIVE = token<KeepAlive>('KEEP_ALIVE');

/**
 * One: the {@link Host}, what the calling thread's surroundings offer. Default: Node's or a page's.
 *
 * @example
 * ```ts
 * import { createRuntime, HOST, type Host, type Plugin } from '@poniard/core';
 *
 * const warnings: string[] = [];
 * const host: Host = {
 *   cores: 1,
 *   warn: (message) => void warnings.push(message),
 *   beforeExit: () => () => {},
 *   asyncContext: () => ({ get: () => undefined, run: (_, body) => body(), synchronous: true }),
 * };
 * const plugin: Plugin = {
 *   name: 'quiet',
 *   register: (container) => void container.register(HOST, { useValue: host }),
 * };
 * const runtime = createRuntime({ plugins: [plugin] });
 * runtime.spawn(() => {
 *   throw new Error('unseen');
 * });
 * await runtime.close();
 * console.log(warnings.length); // 1
 * ```
 */
export const HOST = token<Host>('HOST');
