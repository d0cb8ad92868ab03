/** @file Task options: checking what the user gave, and the precedence O1. */
import { defaultScope, formatScope, isInvalid, isScope, type Scope } from '@poniard/scopes';
import { PoniardError, ScopeError } from './errors.js';
import type { TaskRecord } from './scheduler/record.js';

/**
 * What can be said of one task. Precedence (O1): the task's own options, then the innermost `withOptions`, then
 * the runtime's, then the function's default. Dagger: `Options`.
 *
 * @example
 * ```ts
 * import { createRuntime } from '@poniard/core';
 *
 * await using runtime = createRuntime();
 * const later = runtime.spawn.with({ name: 'later', priority: -1 }, (n: number) => n + 1, 1);
 * console.log(later.name, await later); // later 2
 * ```
 */
export interface TaskOptions {
  /** Shown in events, errors and `explain`. Default: the function's name. */
  readonly name?: string | undefined;
  /** Where the task may run (K1). Default: every processor that is enabled by default. */
  readonly scope?: Scope | undefined;
  /** Hands over a Task's or Chunk's handle instead of its value (O3). */
  readonly meta?: boolean | undefined;
  /** Tasks that must finish first; their values are not passed (O4). */
  readonly syncdeps?: readonly PromiseLike<unknown>[] | undefined;
  /** Ready tasks of a higher priority start first. Default 0; any finite number. */
  readonly priority?: number | undefined;
  /** How often the task is run again after it threw (default 0) or its worker died (default 1). 0: at most one start. */
  readonly retries?: number | undefined;
  /** The share of a processor that the task takes, 0 to 1. Default 1; 0 for tasks that mostly wait. */
  readonly occupancy?: number | undefined;
  /** Expected run time in ms, instead of what the scheduler learns. */
  readonly timeUtil?: number | undefined;
  /** In ms, from the moment when the task begins; then it fails with `TimeoutError`. */
  readonly timeout?: number | undefined;
  /** Cancels the task when it aborts. Inside the task: `taskContext().signal`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Names of options that hold for the tasks that this one spawns as well, and for theirs, as if it had spawned them
   * within `withOptions`. What `withOptions` and the runtime say is passed on anyway. Default: none.
   */
  readonly propagates?: readonly Propagated[] | undefined;
}

/** Names of options that `propagates` may pass on. */
export type Propagated = Exclude<keyof TaskOptions, 'syncdeps' | 'propagates'>;

/** Options that have been checked and filled in; one object serves all tasks that were given the same. */
export interface TaskSettings {
  readonly name: string | undefined;
  readonly scope: Scope;
  readonly meta: boolean;
  readonly syncdeps: readonly TaskRecord[];
  readonly priority: number;
  readonly retries: number | undefined;
  readonly occupancy: number;
  readonly timeUtil: number | undefined;
  readonly timeout: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** What `withOptions` says where the task was spawned: it holds for what the task spawns too (O2). */
  readonly around: TaskOptions | undefined;
}

type Rule = { readonly is: (value: unknown) => boolean; readonly must: string };

const positive = (value: unknown): boolean => typeof value === 'number' && value > 0;

const RULES: { readonly [K in keyof Required<TaskOptions>]: Rule } = {
  name: { is: (v) => typeof v === 'string' && v !== '', must: 'be a string that is not empty' },
  scope: { is: isScope, must: 'be a scope, such as scope({ thread: 0 })' },
  meta: { is: (v) => typeof v === 'boolean', must: 'be true or false' },
  syncdeps: { is: Array.isArray, must: 'be an array of tasks' },
  priority: { is: Number.isFinite, must: 'be a finite number' },
  retries: { is: (v) => Number.isInteger(v) && (v as number) >= 0, must: 'be 0 or a positive integer' },
  occupancy: { is: (v) => typeof v === 'number' && v >= 0 && v <= 1, must: 'be a number from 0 to 1' },
  timeUtil: { is: positive, must: 'be a positive number of milliseconds' },
  timeout: { is: positive, must: 'be a positive number of milliseconds' },
  signal: {
    is: (v) => typeof v === 'object' && v !== null && 'aborted' in v && 'addEventListener' in v,
    must: 'be an AbortSignal',
  },
  propagates: {
    is: (v) => Array.isArray(v) && v.every(canPropagate),
    must: "be an array of names of options, such as ['priority'], without syncdeps and propagates itself",
  },
};

function canPropagate(name: unknown): boolean {
  return (
    typeof name === 'string' && Object.hasOwn(RULES, name) && name !== 'syncdeps' && name !== 'propagates'
  );
}

/**
 * Throws a `TypeError` for an unknown option or a value of the wrong type, and a `ScopeError` for a scope that
 * nothing can satisfy.
 */
export function checkOptions(options: unknown, where: string): TaskOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`${where}: options must be an object such as { name: 'sum' }`);
  }
  for (const [key, value] of Object.entries(options)) {
    if (!Object.hasOwn(RULES, key)) {
      throw new TypeError(
        `${where}: unknown option ${JSON.stringify(key)}. Known are ${Object.keys(RULES).join(', ')}`,
      );
    }
    if (value === undefined) continue;
    const rule = RULES[key as keyof TaskOptions];
    if (!rule.is(value)) throw new TypeError(`${where}: the option ${key} must ${rule.must}`);
    if (key === 'scope' && isInvalid(value as Scope)) {
      throw new ScopeError(`${where}: nothing can be in the scope ${formatScope(value as Scope)}`);
    }
  }
  return options as TaskOptions;
}

/** Later layers are weaker. `syncdeps` are records already. */
export function resolveSettings(
  layers: readonly (TaskOptions | undefined)[],
  syncdeps: readonly TaskRecord[],
  around?: TaskOptions,
): TaskSettings {
  const pick = <K extends keyof TaskOptions>(key: K): TaskOptions[K] => {
    for (const layer of layers) if (layer?.[key] !== undefined) return layer[key];
    return undefined;
  };
  const scope = pick('scope') ?? defaultScope;
  return Object.freeze({
    name: pick('name'),
    scope,
    meta: pick('meta') ?? false,
    syncdeps,
    priority: pick('priority') ?? 0,
    retries: pick('retries'),
    occupancy: pick('occupancy') ?? 1,
    timeUtil: pick('timeUtil'),
    timeout: pick('timeout'),
    signal: pick('signal'),
    around: passedOn(around, pick('propagates'), pick),
  });
}

/** What holds for the tasks that a task spawns: the options around it, and those of its own that it passes on. */
function passedOn(
  around: TaskOptions | undefined,
  propagates: readonly Propagated[] | undefined,
  pick: (name: Propagated) => unknown,
): TaskOptions | undefined {
  if (propagates === undefined) return around;
  const own = propagates.flatMap((name) => {
    const value = pick(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return own.length === 0 ? around : { ...around, ...Object.fromEntries(own) };
}

/** Of some options those that mean something on another thread; `undefined` where there are none. */
export function travelling(options: TaskOptions | undefined): TaskOptions | undefined {
  if (options === undefined) return undefined;
  const { signal: _, syncdeps: __, ...rest } = options;
  return Object.keys(rest).length === 0 ? undefined : rest;
}

/** The options around a task on another thread with those that could not travel there. */
export function withStaying(
  here: TaskOptions | undefined,
  there: TaskOptions | undefined,
): TaskOptions | undefined {
  return here?.signal === undefined ? there : { signal: here.signal, ...there };
}

/** Runtime options that are task options for all its tasks. A name would be the same for all, so it is not one. */
export function checkDefaults(options: TaskOptions): TaskOptions {
  if (options.name !== undefined) throw new PoniardError('createRuntime: name is an option of a task');
  return checkOptions(options, 'createRuntime');
}
