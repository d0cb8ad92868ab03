/** @file One record per function and runtime: its implementations, how they travel, what they cost. */

import type { Scope } from '@poniard/scopes';
import { FunctionTransferError } from '../errors.js';
import type { Planner } from '../operation.js';
import type { FunctionRef } from '../processor.js';
import { RunTimes } from '../scheduler/costs.js';
import type { TaskRecord } from '../scheduler/record.js';
import type { AnyFunction, EncodedFunction } from './encoded.js';

/** What `operation()` attaches to its callable. */
export interface OperationShape {
  readonly name: string;
  readonly implementations: Readonly<Record<string, AnyFunction | EncodedFunction>>;
  // biome-ignore lint/suspicious/noExplicitAny: the planner's own types are checked where it is written
  readonly plan?: Planner<(...args: any[]) => unknown> | undefined;
  readonly scope?: Scope | undefined;
}

/** How one implementation travels: not asked for yet, being found out, known, or impossible. */
type Travel =
  | { readonly state: 'preparing' }
  | { readonly state: 'ready'; readonly encoded: EncodedFunction }
  | { readonly state: 'impossible'; readonly error: unknown };

export class FunctionRecord implements FunctionRef {
  readonly times = new RunTimes();
  /** Tasks that wait until it is known how the function travels. */
  waiters: TaskRecord[] = [];
  /** Kinds of processor that are trying it for the first time right now. */
  readonly trials = new Set<string>();
  private readonly travels = new Map<string, Travel>();
  /** The candidates for which all that is needed has been prepared (a fast path for loops that spawn). */
  readyFor: object | undefined = undefined;
  readonly implementationKey: string;

  constructor(
    readonly id: number,
    readonly shape: OperationShape,
  ) {
    this.implementationKey = Object.keys(shape.implementations).sort().join(' ');
  }

  get preparing(): boolean {
    for (const { state } of this.travels.values()) if (state === 'preparing') return true;
    return false;
  }

  get name(): string {
    return this.shape.name;
  }

  local(implementation: string): AnyFunction | undefined {
    const found = this.shape.implementations[implementation];
    return typeof found === 'function' ? found : undefined;
  }

  has(implementation: string): boolean {
    return Object.hasOwn(this.shape.implementations, implementation);
  }

  encoded(implementation: string): EncodedFunction {
    const travel = this.travels.get(implementation);
    if (travel?.state !== 'ready') throw new FunctionTransferError(`${this.name} has not been prepared`);
    return travel.encoded;
  }

  /** `undefined`: nobody has asked yet how it travels. */
  travel(implementation: string): Travel | undefined {
    return this.travels.get(implementation);
  }

  setTravel(implementation: string, travel: Travel): void {
    this.travels.set(implementation, travel);
  }
}

/** Stands for the function of a value that no task makes. */
export const GIVEN = new FunctionRecord(0, { name: 'value', implementations: {} });

/** The functions of a runtime, by identity. */
export class FunctionRegistry {
  private readonly records = new WeakMap<AnyFunction, FunctionRecord>();
  private nextId = 1;

  /** The last one looked up: a loop spawns the same function again and again. */
  private lastFunction: AnyFunction | undefined = undefined;
  private lastRecord: FunctionRecord | undefined = undefined;

  record(fn: AnyFunction): FunctionRecord {
    if (fn === this.lastFunction) return this.lastRecord as FunctionRecord;
    let record = this.records.get(fn);
    if (record === undefined) {
      record = this.create(shapeOf(fn));
      this.records.set(fn, record);
    }
    this.lastFunction = fn;
    this.lastRecord = record;
    return record;
  }

  /** A record for a function that is not here, such as one that a worker's task spawns. */
  create(shape: OperationShape): FunctionRecord {
    return new FunctionRecord(this.nextId++, shape);
  }
}

/** Under this key an operation's callable carries its {@link OperationShape}. */
export const operationShape: unique symbol = Symbol.for('poniard.operation') as never;

export function shapeOf(fn: AnyFunction): OperationShape {
  const shape = (fn as { [operationShape]?: OperationShape })[operationShape];
  return shape ?? { name: fn.name === '' ? 'anonymous' : fn.name, implementations: { host: fn } };
}
