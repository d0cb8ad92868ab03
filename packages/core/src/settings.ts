/** @file What options come to for a task: layers by precedence (O1), and one scope of all that restricts it. */
import {
  anyScope,
  constrain,
  defaultScope,
  processorTypeScope,
  processScope,
  type Scope,
  scope as scopeOf,
  unionScope,
} from '@poniard/scopes';
import {
  type InPlace,
  idOf,
  inPlace as inPlaceKey,
  type ProcessorName,
  type Propagated,
  type TaskOptions,
} from './options.js';
import type { Processor } from './processor.js';
import type { TaskRecord } from './scheduler/record.js';

/** Options that have been checked and filled in; one object serves all tasks that were given the same. */
export interface TaskSettings {
  readonly name: string | undefined;
  /** Where the task may run, all options considered but `admits`. */
  readonly scope: Scope;
  /** Of the processors in `scope`, those that the user's own function lets pass. */
  readonly admits: ((processor: Processor) => boolean) | undefined;
  /** Where the result may be used. */
  readonly resultScope: Scope;
  /** The result is used where it is made, and changed there (C5). */
  readonly inPlace: InPlace | undefined;
  /** Whether the result restricts the tasks that take it. */
  readonly restricts: boolean;
  /** How many of the last arguments are pieces of shards, which the function does not see. */
  readonly pieces: number;
  readonly meta: boolean;
  readonly getResult: boolean;
  readonly cache: boolean;
  readonly persist: boolean;
  /** Either of the two. */
  readonly kept: boolean;
  readonly allowErrors: boolean;
  readonly syncdeps: readonly TaskRecord[];
  readonly priority: number;
  readonly retries: number | undefined;
  readonly occupancy: number;
  readonly timeUtil: number | undefined;
  readonly allocUtil: number;
  readonly timeout: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** What `withOptions` says where the task was spawned: it holds for what the task spawns too (O2). */
  readonly around: TaskOptions | undefined;
}

/** Of a task that does a part of another's work, or does it a second time: it is neither watched nor waits by itself. */
export function settingsOfPart(settings: TaskSettings, changes: Partial<TaskSettings>): TaskSettings {
  const unwatched = { timeout: undefined, signal: undefined };
  const unkept = { cache: false, persist: false, kept: false };
  return Object.freeze({ ...settings, syncdeps: [], ...unwatched, ...unkept, ...changes });
}

type Picker = <K extends keyof TaskOptions>(key: K) => TaskOptions[K];

/** Later layers are weaker. `syncdeps` are records already. */
export function resolveSettings(
  layers: readonly (TaskOptions | undefined)[],
  syncdeps: readonly TaskRecord[],
  around?: TaskOptions,
): TaskSettings {
  const said = merged(layers);
  const pick: Picker = (key) => said[key];
  const proclist = pick('proclist');
  const inPlace = (layers[0] as { readonly [inPlaceKey]?: InPlace } | undefined)?.[inPlaceKey];
  const cache = inPlace === undefined && (pick('cache') ?? false);
  const persist = pick('persist') ?? false;
  const resultScope = pick('resultScope') ?? anyScope;
  const scope = runScope(layers, pick, resultScope);
  return Object.freeze({
    name: pick('name'),
    scope,
    admits: typeof proclist === 'function' ? proclist : undefined,
    resultScope,
    inPlace,
    restricts: inPlace !== undefined || resultScope !== anyScope,
    pieces: 0,
    meta: pick('meta') ?? false,
    getResult: pick('getResult') ?? false,
    cache,
    persist,
    kept: cache || persist,
    allowErrors: pick('allowErrors') ?? false,
    syncdeps,
    priority: pick('priority') ?? 0,
    retries: pick('retries'),
    occupancy: pick('occupancy') ?? 1,
    timeUtil: pick('timeUtil'),
    allocUtil: pick('allocUtil') ?? 0,
    timeout: pick('timeout'),
    signal: pick('signal'),
    around: passedOn(around, pick('propagates'), pick),
  });
}

/** What is said, each by the first layer that does. Asking each layer for each option took twice as long. */
function merged(layers: readonly (TaskOptions | undefined)[]): TaskOptions {
  const said: Record<string, unknown> = {};
  for (let i = layers.length - 1; i >= 0; i--) {
    const layer = layers[i] as Record<string, unknown> | undefined;
    for (const key in layer) if (layer[key] !== undefined) said[key] = layer[key];
  }
  return said;
}

/** The intersection of all that restricts where a task runs. Who names processors may name any, not only the default ones. */
function runScope(layers: readonly (TaskOptions | undefined)[], pick: Picker, resultScope: Scope): Scope {
  const given = layers.find((layer) => layer?.computeScope !== undefined || layer?.scope !== undefined);
  const [processor, single, proclist] = [pick('processor'), pick('single'), pick('proclist')];
  const named = isSaid(processor) || isSaid(single) || isSaid(proclist);
  let scope = given?.computeScope ?? given?.scope ?? (named ? anyScope : defaultScope);
  if (resultScope !== anyScope) scope = constrain(scope, resultScope);
  if (!named) return scope;
  if (isSaid(processor)) scope = constrain(scope, exactly(idOf(processor)));
  if (isSaid(single)) {
    const worker = typeof single === 'number' ? scopeOf({ thread: single }) : processScope(single);
    scope = constrain(scope, worker);
  }
  if (Array.isArray(proclist)) scope = constrain(scope, unionScope(...proclist.map(listed)));
  return scope;
}

/** `null` takes back what is said further out. */
function isSaid<T>(option: T): option is NonNullable<T> {
  return option !== undefined && option !== null;
}

/** Ids are unique in a runtime: a scope needs no more to tell a processor. */
export function exactly(id: string): Scope {
  return Object.freeze({ type: 'scope', anyOf: Object.freeze([Object.freeze({ id })]) });
}

/** Ids hold a colon, and kinds do not. */
function listed(name: ProcessorName): Scope {
  const text = idOf(name);
  return typeof name === 'object' || text.includes(':') ? exactly(text) : processorTypeScope(text);
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
