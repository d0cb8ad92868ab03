/** @file Checks the options that users give: what is wrong with them is said at once (E4). */
import { formatScope, isInvalid, isScope, type Scope } from '@poniard/scopes';
import { PoniardError, ScopeError } from './errors.js';
import { checkOption, type OptionRule, type OptionRules } from './given-options.js';
import { unknownOption } from './nearest-name.js';
import type { TaskOptions } from './options.js';

const positive = (value: unknown): boolean => typeof value === 'number' && value > 0;
const flag: OptionRule = { is: (value) => typeof value === 'boolean', must: 'be true or false' };
const scope: OptionRule = { is: isScope, must: 'be a scope, such as scope({ thread: 0 })' };
const namesProcessor = (value: unknown): boolean =>
  isText(value) || (typeof value === 'object' && value !== null && isText((value as { id?: unknown }).id));

const RULES: OptionRules<TaskOptions> = {
  name: { is: isText, must: 'be a string that is not empty' },
  scope,
  computeScope: scope,
  resultScope: scope,
  processor: {
    is: (v) => v === null || namesProcessor(v),
    must: "be a processor, or its id such as 'cpu:0'",
  },
  single: {
    is: (v) => v === null || isText(v) || isCount(v),
    must: "be a thread's number, from 0, or a process's id",
  },
  proclist: {
    is: (v) =>
      v === null || typeof v === 'function' || (Array.isArray(v) && v.length > 0 && v.every(namesProcessor)),
    must: "be a list of kinds and processors, such as ['thread'], or a function that takes a processor",
  },
  meta: flag,
  getResult: flag,
  cache: flag,
  persist: flag,
  allowErrors: flag,
  syncdeps: { is: Array.isArray, must: 'be an array of tasks' },
  priority: { is: Number.isFinite, must: 'be a finite number' },
  retries: { is: isCount, must: 'be 0 or a positive integer' },
  occupancy: { is: (v) => typeof v === 'number' && v >= 0 && v <= 1, must: 'be a number from 0 to 1' },
  timeUtil: { is: positive, must: 'be a positive number of milliseconds' },
  allocUtil: { is: (v) => typeof v === 'number' && v >= 0, must: 'be a number of bytes, 0 or more' },
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

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0;
}

function canPropagate(name: unknown): boolean {
  return isText(name) && Object.hasOwn(RULES, name as string) && name !== 'syncdeps' && name !== 'propagates';
}

/**
 * Throws a `TypeError` for an unknown option or a value of the wrong type, and a `ScopeError` for a scope that
 * nothing can satisfy. `others`: names that are known here besides those of tasks.
 */
export function checkOptions(options: unknown, where: string, others: readonly string[] = []): TaskOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`${where}: options must be an object such as { name: 'sum' }`);
  }
  for (const [key, value] of Object.entries(options)) {
    checkOption(where, key, value, RULES, others);
    const isScopeOption = RULES[key as keyof TaskOptions] === scope;
    if (isScopeOption && value !== undefined && isInvalid(value as Scope)) {
      throw new ScopeError(`${where}: nothing can be in the ${key} ${formatScope(value as Scope)}`);
    }
  }
  return options as TaskOptions;
}

/**
 * Options that hold for many tasks. `only`: names that cannot be among them: a name or a dependency would be the same
 * for all.
 */
export function checkShared(
  options: TaskOptions,
  where: string,
  only: readonly (keyof TaskOptions)[],
  others: readonly string[] = [],
): TaskOptions {
  for (const name of only) {
    if (options[name] !== undefined) throw new PoniardError(`${where}: ${name} is an option of a task`);
  }
  return checkOptions(options, where, others);
}

/** Options of something else than a task: of these names only. */
export function checkOnly(options: object, known: readonly string[], where: string): void {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`${where}: options must be an object`);
  for (const key of Object.keys(options))
    if (!known.includes(key)) throw new TypeError(`${where}: ${unknownOption(key, known)}`);
}

/** Where a value is: on one processor, or in a scope. */
export function checkPlace(
  options: Pick<TaskOptions, 'processor' | 'scope'>,
  where: string,
): Pick<TaskOptions, 'processor' | 'scope'> {
  checkOnly(options, ['processor', 'scope'], where);
  if (options.processor !== undefined && options.scope !== undefined)
    throw new TypeError(`${where}: say processor or scope, not both`);
  return checkOptions(options, where);
}
