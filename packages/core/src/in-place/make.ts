/** @file Making data that is changed in place: on one processor, or a piece on each (C5). */
import { anyScope, constrain, processScope, type Scope } from '@poniard/scopes';
import type { Chunk } from '../chunk.js';
import { PoniardError } from '../errors.js';
import { shapeOf } from '../functions/registry.js';
import { checkFunction } from '../handles.js';
import type { ProcessorName, TaskOptions } from '../options.js';
import { checkOnly, checkPlace } from '../options-check.js';
import type { Processor } from '../processor.js';
import type { RuntimeBase } from '../runtime-base.js';
import { Shard, type ShardOptions } from './shard.js';

/** Where a {@link RuntimeBase.mutable} value is. */
export interface MutableOptions {
  /** The processor that has it, or its id. */
  readonly processor?: ProcessorName | undefined;
  /** The scheduler picks a processor of this scope. Default: any that is enabled by default. */
  readonly scope?: Scope | undefined;
}

export function makeMutable<T>(
  runtime: RuntimeBase,
  make: () => T | PromiseLike<T>,
  options: MutableOptions = {},
): Chunk<T> {
  checkFunction(make, 'mutable');
  const place = checkPlace(options, 'mutable');
  const named = make.name === '' ? { name: 'mutable value' } : undefined;
  return runtime.spawnInPlace(make, { ...place, ...named }, 'mutable') as Chunk<T>;
}

/** `processors`: those in `scope`. */
export function makeShard<T>(
  runtime: RuntimeBase,
  scope: Scope,
  processors: readonly Processor[],
  make: () => T | PromiseLike<T>,
  options: ShardOptions,
): Shard<T> {
  checkFunction(make, 'shard');
  checkOnly(options, ['per', 'scope'], 'shard');
  const { per = 'processor' } = options;
  if (per !== 'processor' && per !== 'process')
    throw new TypeError("shard: the option per must be 'process' or 'processor'");
  const can = Object.keys(shapeOf(make).implementations);
  const able = processors.filter(({ implementations }) => implementations.some((key) => can.includes(key)));
  if (able.length === 0)
    throw new PoniardError(
      'shard: no processor in its scope can run it; await ready() where some are still coming',
    );
  const chunks: Chunk<T>[] = [];
  const keys = [...new Set(able.map((processor) => keyOf(processor, per)))];
  for (const key of keys) {
    const where: TaskOptions =
      per === 'processor'
        ? { processor: key }
        : { scope: withinProcess(scope, key), resultScope: withinProcess(anyScope, key) };
    const named = make.name === '' ? { name: 'piece of a shard' } : undefined;
    // Each its own, though all are made by the same call.
    const own = { ...where, ...named, cache: false };
    chunks.push(runtime.spawnInPlace(make, own, per === 'processor' ? 'piece' : undefined) as Chunk<T>);
  }
  return new Shard(runtime, per, keys, chunks);
}

/** What tells the pieces apart; processors that are part of no named process count as one. */
export function keyOf(processor: Processor, per: Shard<unknown>['per']): string {
  return per === 'processor' ? processor.id : (processor.process ?? '');
}

function withinProcess(scope: Scope, id: string): Scope {
  const within = id === '' ? NO_PROCESS : processScope(id);
  return constrain(scope, within);
}

const NO_PROCESS: Scope = Object.freeze({
  type: 'scope',
  anyOf: Object.freeze([Object.freeze({ process: null })]),
});
