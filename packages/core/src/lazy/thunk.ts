/** @file The nodes of a lazy graph. */
import type { AnyFunction } from '../functions/encoded.js';
import type { TaskOptions } from '../options.js';
import type { Arg } from '../spawn.js';

/** What may stand for an argument of a lazy call: what may for one of `spawn`, or another node. */
export type LazyArg<T> = Arg<T> | Thunk<T>;

/** Options of a node: a task's, where `syncdeps` may be nodes too. */
export interface LazyOptions extends Omit<TaskOptions, 'syncdeps'> {
  readonly syncdeps?: readonly (PromiseLike<unknown> | Thunk<unknown>)[] | undefined;
}

const brand: unique symbol = Symbol.for('poniard.thunk') as never;
/** Exists in types only: it keeps nodes of different values apart. */
declare const value: unique symbol;

/**
 * A call that has not been made: a node of a lazy graph, made by {@link delayed}. It holds its arguments as they are;
 * `collect` takes them. Dagger: `Thunk`.
 */
export class Thunk<T> {
  declare readonly [value]: T;

  constructor(
    readonly fn: AnyFunction,
    readonly args: readonly unknown[],
    readonly options: LazyOptions | undefined,
  ) {}

  get [brand](): true {
    return true;
  }
  get name(): string {
    return this.options?.name ?? (this.fn.name || 'anonymous');
  }
  get [Symbol.toStringTag](): string {
    return 'Thunk';
  }
  /** What `JSON.stringify` writes. */
  toJSON(): { readonly name: string } {
    return { name: this.name };
  }
  toString(): string {
    return `Thunk ${this.name}`;
  }
  /** What `console.log` shows in Node. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/**
 * Whether a value is a node of a lazy graph.
 *
 * @example
 * ```ts
 * import { delayed, isThunk } from '@poniard/core';
 *
 * const node = delayed(Math.sqrt)(4);
 * console.log(isThunk(node), isThunk(Math.sqrt)); // true false
 * ```
 */
export function isThunk(value: unknown): value is Thunk<unknown> {
  return typeof value === 'object' && value !== null && brand in value;
}
