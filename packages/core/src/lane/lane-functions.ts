/** @file The functions that a lane knows, by the host's numbers for them. */

import { defaultOptions, optionsOf } from '../function-options.js';
import { decodeFunction, decodeSource } from '../functions/decode.js';
import type { AnyFunction, EncodedFunction } from '../functions/encoded.js';
import type { ImportModule } from '../functions/evaluate.js';
import type { TaskOptions } from '../options.js';

export class LaneFunctions {
  private readonly functions = new Map<number, AnyFunction | { readonly error: unknown }>();
  private readonly names = new Map<number, string>();

  constructor(private readonly importModule: ImportModule) {}

  /** Makes a function of what came; a promise where modules have to be imported for it. */
  learn(
    key: number,
    name: string,
    encoded: EncodedFunction,
    options: TaskOptions | undefined,
  ): Promise<void> | undefined {
    this.names.set(key, name);
    const made = (fn: AnyFunction): void => {
      // One that was imported brings its own.
      if (options !== undefined && optionsOf(fn) === undefined) defaultOptions(fn, options);
      this.functions.set(key, fn);
    };
    const failed = (error: unknown): void => void this.functions.set(key, { error });
    if (encoded.kind === 'source' && encoded.imports.length === 0) {
      try {
        made(decodeSource(encoded));
      } catch (error) {
        failed(error);
      }
      return undefined;
    }
    return decodeFunction(encoded, this.importModule).then(made, failed);
  }

  /** Throws what kept it from being made. */
  get(key: number): AnyFunction {
    const fn = this.functions.get(key);
    if (typeof fn === 'function') return fn;
    throw fn === undefined ? new TypeError(`function ${key} is not known`) : fn.error;
  }

  name(key: number): string {
    return this.names.get(key) as string;
  }
}
