/** @file Checks an object of options by a rule for each: what is unknown or of the wrong type is said at once (E4). */
import { unknownOption } from './nearest-name.js';

/** What an option must be: completes "the option threads must …". */
export interface OptionRule {
  readonly is: (value: unknown) => boolean;
  readonly must: string;
}

/** One rule for each option. */
export type OptionRules<T> = { readonly [K in keyof Required<T>]: OptionRule };

/**
 * For plug-ins: checks the options that a user gives. An option that is `undefined` counts as left out.
 *
 * @param where Begins the messages: `'cpuThreads'`.
 * @throws TypeError for what is no object, for an unknown option (with a guess at what was meant), and for one of the wrong type.
 * @example
 * ```ts
 * import { checkGiven } from '@poniard/core';
 *
 * const rules = { speed: { is: (value: unknown) => typeof value === 'number', must: 'be a number of m/s' } };
 * console.log(checkGiven<{ speed: number }>('train', { speed: 80 }, rules)); // { speed: 80 }
 * try {
 *   checkGiven('train', { sped: 80 }, rules);
 * } catch (error) {
 *   console.log(String(error)); // TypeError: train: unknown option "sped"; did you mean "speed"? Known are speed
 * }
 * ```
 */
export function checkGiven<T extends object>(where: string, options: unknown, rules: OptionRules<T>): T {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new TypeError(
      `${where}: options are an object such as { ${Object.keys(rules)[0]}: … }, not ${noun(options)}`,
    );
  for (const [key, value] of Object.entries(options)) checkOption(where, key, value, rules);
  return options as T;
}

/** One of them. `others`: names that are known here besides those with rules. */
export function checkOption<T extends object>(
  where: string,
  key: string,
  value: unknown,
  rules: OptionRules<T>,
  others: readonly string[] = [],
): void {
  if (!Object.hasOwn(rules, key))
    throw new TypeError(`${where}: ${unknownOption(key, [...Object.keys(rules), ...others])}`);
  const rule = rules[key as keyof T];
  if (value !== undefined && !rule.is(value))
    throw new TypeError(`${where}: the option ${key} must ${rule.must}`);
}

const noun = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value;
