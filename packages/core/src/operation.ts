/** @file Operations (F4): one name, an implementation for each kind of processor. */
import type { AnyFunction } from './functions/encoded.js';
import { type OperationShape, operationShape } from './functions/registry.js';

/** A task of a plan: a function and its arguments (plain values; arrays on shared memory pass by reference). */
export interface Block {
  readonly fn: AnyFunction;
  readonly args: readonly unknown[];
}

/** How a large call is cut into blocks that run at the same time. */
export interface Plan<R> {
  readonly blocks: readonly Block[];
  /** Makes the result of the whole from the blocks' results, in their order. Runs on the calling thread: keep it cheap. */
  finish(results: unknown[]): R;
}

/**
 * Cuts a call into blocks for `processors` processors, or gives `undefined` where the call is too small to cut.
 * Receives the arguments' values.
 */
// biome-ignore lint/suspicious/noExplicitAny: inferred from the signature where it is used
export type Planner<F extends (...args: any[]) => unknown> = (
  args: Parameters<F>,
  processors: number,
) => Plan<Awaited<ReturnType<F>>> | undefined;

/** Implementations by the processors' keys: `host` serves every host kind (threads, the calling thread). */
export type Implementations<F extends Signature> = {
  readonly host?: F;
  readonly thread?: F;
  readonly inline?: F;
} & { readonly [kind: string]: AnyFunction | undefined };

// biome-ignore lint/suspicious/noExplicitAny: any signature
type Signature = (...args: any[]) => unknown;

/** A function with one implementation per kind of processor. Called directly it runs here and now. */
export type Operation<F extends Signature> = (...args: Parameters<F>) => Promise<Awaited<ReturnType<F>>>;

/**
 * Makes a function that has an implementation for each kind of processor (F4). It is spawned like any function, and
 * the scheduler picks the implementation with the processor. `plan` may cut a large call into blocks that run on
 * several processors at once.
 *
 * Where it is not known yet how long a kind of processor takes, two kinds may run the same call at once, each with its own
 * implementation, and the first result counts: so implementations change nothing outside. With `retries: 0` a task starts once.
 *
 * @throws TypeError when there is no implementation, or one is not a function.
 * @example
 * ```ts
 * import { createRuntime, operation } from '@poniard/core';
 *
 * const double = operation('double', { host: (x: number) => 2 * x });
 * await using runtime = createRuntime();
 * console.log(await runtime.spawn(double, 21)); // 42
 * ```
 */
export function operation<F extends Signature>(
  name: string,
  { plan, ...implementations }: Implementations<F> & { readonly plan?: Planner<F> },
): Operation<F> {
  const entries = Object.entries(implementations).filter(([, fn]) => fn !== undefined);
  if (entries.length === 0)
    throw new TypeError(`operation ${name}: it needs at least one implementation, such as { host: fn }`);
  for (const [kind, fn] of entries) {
    if (typeof fn !== 'function')
      throw new TypeError(`operation ${name}: the implementation ${kind} is not a function`);
  }
  const shape: OperationShape = {
    name,
    implementations: Object.fromEntries(entries) as Record<string, AnyFunction>,
    plan,
  };
  const here = (implementations.inline ?? implementations.host) as F | undefined;
  const run = async (...args: Parameters<F>): Promise<Awaited<ReturnType<F>>> => {
    if (here === undefined)
      throw new TypeError(`operation ${name} has no host implementation: spawn it instead`);
    return (await here(...args)) as Awaited<ReturnType<F>>;
  };
  Object.defineProperty(run, 'name', { value: name });
  return Object.assign(run, { [operationShape]: shape });
}

/**
 * Adds an implementation to an operation, such as a plug-in's kind of processor has. Before the operation is first spawned.
 *
 * @throws TypeError for what is no operation, or no function.
 * @example
 * ```ts
 * import { createRuntime, implement, operation } from '@poniard/core';
 *
 * const triple = operation('triple', { host: (x: number) => 3 * x });
 * implement(triple, 'inline', (x: number) => x + x + x);
 * await using runtime = createRuntime();
 * console.log(await runtime.spawn(triple, 14)); // 42
 * ```
 */
export function implement<F extends Signature>(
  target: Operation<F>,
  kind: string,
  implementation: AnyFunction,
): void {
  const shape = (target as { [operationShape]?: OperationShape })[operationShape];
  if (shape === undefined) throw new TypeError('implement: the first argument must be an operation');
  if (typeof implementation !== 'function')
    throw new TypeError(`implement: ${shape.name} for ${kind} is not a function`);
  (shape.implementations as Record<string, AnyFunction>)[kind] = implementation;
}
