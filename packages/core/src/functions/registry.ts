/** @file One record per function and runtime: its implementations, how they travel, what they cost. */

import type { Scope } from '@poniard/scopes';
import { FunctionTransferError } from '../errors.js';
import { optionsOf } from '../function-options.js';
import type { Planner } from '../operation.js';
import type { TaskOptions } from '../options.js';
import type { FunctionRef } from '../processor.js';
import { RunTimes } from '../scheduler/costs.js';
import type { TaskRecord } from '../scheduler/record.js';
import type { FindPlace } from '../stacks.js';
import type { Closure, Taken } from './closure.js';
import type { Closures } from './closures.js';
import type { AnyFunction, EncodedFunction } from './encoded.js';

/** What `operation()` attaches to its callable. */
export interface OperationShape {
  readonly name: string;
  readonly implementations: Readonly<Record<string, AnyFunction | EncodedFunction>>;
  // biome-ignore lint/suspicious/noExplicitAny: the planner's own types are checked where it is written
  readonly plan?: Planner<(...args: any[]) => unknown> | undefined;
  readonly scope?: Scope | undefined;
  /** What the function says of all its tasks (O1). */
  readonly options?: TaskOptions | undefined;
}

/** How one implementation travels: not asked for yet, being found out, known, or impossible. */
type Travel =
  | { readonly state: 'preparing' }
  | { readonly state: 'ready'; readonly encoded: EncodedFunction }
  | { readonly state: 'impossible'; readonly error: unknown };

export class FunctionRecord implements FunctionRef {
  times = new RunTimes();
  /** Tasks that wait until it is known how the function travels. */
  waiters: TaskRecord[] = [];
  /** Kinds of processor that are trying it for the first time right now, each with one task. */
  trials = new Map<string, TaskRecord>();
  private readonly travels = new Map<string, Travel>();
  /** The candidates for which all that is needed has been prepared (a fast path for loops that spawn). */
  readyFor: object | undefined = undefined;
  readonly implementationKey: string;
  readonly defaults: TaskOptions | undefined;
  /** Its tasks' first argument is what it captures. */
  captures: boolean;
  /** The first of those that are the same to workers. */
  first: FunctionRecord = this;
  /** Which closure it is, values aside. */
  template: string | undefined = undefined;
  /** How it travels, where that was seen when it was spawned first. */
  known: EncodedFunction | Promise<EncodedFunction> | undefined = undefined;

  /** What {@link bestOf} was asked last, mostly by the processors of one kind for task after task, and what it found. */
  private asked: readonly string[] | undefined = undefined;
  private best: string | undefined = undefined;

  /**
   * `plain`: the function, where it is one of the user's own. Held weakly: a record may outlive its tasks, and a function
   * that was written next to task handles holds these, and so would hold their results. Who waits for a task holds its
   * function (see `LocalTask`).
   */
  constructor(
    public id: number,
    readonly shape: OperationShape,
    private readonly plain?: WeakRef<AnyFunction>,
    private readonly closures?: Closures,
  ) {
    this.defaults = shape.options;
    this.implementationKey = Object.keys(shape.implementations).sort().join(' ');
    const { host } = shape.implementations;
    this.captures = typeof host === 'object' && host.kind === 'closure';
  }

  get preparing(): boolean {
    for (const { state } of this.travels.values()) if (state === 'preparing') return true;
    return false;
  }

  get name(): string {
    return this.shape.name;
  }

  local(implementation: string): AnyFunction | undefined {
    const found = this.given(implementation);
    return typeof found === 'function' ? found : undefined;
  }

  /** An implementation as it was given: a function of this thread, or how one of another thread travels. */
  given(implementation: string): AnyFunction | EncodedFunction | undefined {
    const found = this.shape.implementations[implementation];
    return found === PLAIN ? this.plain?.deref() : found;
  }

  has(implementation: string): boolean {
    return Object.hasOwn(this.shape.implementations, implementation);
  }

  /** Of the implementations that a processor runs, in its order of preference, the first that there is. */
  bestOf(implementations: readonly string[]): string | undefined {
    if (implementations !== this.asked) {
      this.asked = implementations;
      this.best = implementations.find((implementation) => this.has(implementation));
    }
    return this.best;
  }

  encoded(implementation: string): EncodedFunction {
    const travel = this.travels.get(implementation);
    if (travel?.state === 'ready') return travel.encoded;
    const given = this.given(implementation);
    // One that came from another thread has travelled before, and may be called here without having been asked for.
    if (given !== undefined && typeof given !== 'function') return given;
    throw new FunctionTransferError(`${this.name} has not been prepared`);
  }

  /** Finds where in the user's files a place in the function is, as long as the function itself is there. */
  get findPlace(): FindPlace | undefined {
    const travel = this.travels.get('host');
    return this.plain && travel?.state === 'ready'
      ? this.closures?.places(this.plain, travel.encoded)
      : undefined;
  }

  /** `undefined`: nobody has asked yet how it travels. */
  travel(implementation: string): Travel | undefined {
    return this.travels.get(implementation);
  }

  setTravel(implementation: string, travel: Travel): void {
    this.travels.set(implementation, travel);
  }

  /** The same function as another to workers, which learn it once; what has been measured is shared. */
  liken(first: FunctionRecord): void {
    this.first = first.first;
    for (const [implementation, travel] of first.travels) {
      if (travel.state === 'ready') this.travels.set(implementation, travel);
    }
    this.id = first.id;
    this.times = first.times;
    this.trials = first.trials;
    this.known = first.known;
  }
}

/** In place of a function that is held weakly. */
const PLAIN: AnyFunction = () => {};

/** Stands for the function of a value that no task makes. */
export const GIVEN = new FunctionRecord(0, { name: 'value', implementations: {} });

/** The functions of a runtime, by identity. */
export class FunctionRegistry {
  private readonly records = new WeakMap<AnyFunction, FunctionRecord>();
  private operationListener: (implementations: readonly string[]) => void = () => {};
  private nextId = 1;

  /** The last one looked up: a loop spawns the same function again and again. */
  private lastFunction: AnyFunction | undefined = undefined;
  private lastRecord: FunctionRecord | undefined = undefined;
  /** By how they travel. */
  private readonly contents = new Map<string, FunctionRecord>();

  /** The first of the closures that differ in values only, by their key. */
  private readonly templates = new Map<string, FunctionRecord>();

  constructor(private readonly closures: Closures) {}

  record(fn: AnyFunction): FunctionRecord {
    if (fn === this.lastFunction) return this.lastRecord as FunctionRecord;
    let record = this.records.get(fn);
    if (record === undefined) {
      const shape = shapeOf(fn);
      record = operationShape in fn ? this.create(shape) : this.createPlain(fn, shape);
      // What it captures may be another thing by the next time.
      if (record.travel('host')?.state === 'impossible') return record;
      this.records.set(fn, record);
    }
    this.lastFunction = fn;
    this.lastRecord = record;
    return record;
  }

  private createPlain(fn: AnyFunction, shape: OperationShape): FunctionRecord {
    const record = this.newPlain(fn, shape);
    record.known = this.closures.plainly(fn);
    if (record.known !== undefined) return record;
    try {
      const closure = this.closures.of(fn);
      if (closure !== undefined) this.capturing(record, closure);
    } catch (error) {
      // Processors on this thread run it as it is.
      record.setTravel('host', { state: 'impossible', error });
    }
    return record;
  }

  private newPlain(fn: AnyFunction, { name, options }: OperationShape): FunctionRecord {
    const shape = { name, implementations: { host: PLAIN }, options };
    return new FunctionRecord(this.nextId++, shape, new WeakRef(fn), this.closures);
  }

  /**
   * What a function that captures something holds now, and its record: another one than before where it has captured
   * other functions meanwhile.
   *
   * @throws FunctionTransferError where it now captures what cannot travel.
   */
  take(fn: AnyFunction, known: FunctionRecord): { readonly record: FunctionRecord; readonly taken?: Taken } {
    const closure = this.closures.of(fn);
    if (closure?.key === known.template) return { record: known, taken: closure?.take() as Taken };
    const record = this.newPlain(fn, known.shape);
    this.records.set(fn, record);
    this.lastRecord = record;
    if (closure === undefined) return { record };
    this.capturing(record, closure);
    return { record, taken: closure.take() };
  }

  private capturing(record: FunctionRecord, closure: Closure): void {
    record.captures = true;
    record.template = closure.key;
    const first = this.templates.get(closure.key);
    if (first === undefined) {
      this.templates.set(closure.key, record);
      record.known = closure.encode();
    } else record.liken(first);
  }

  /**
   * A function that is written inside a loop or another function is a new one each time. Those that travel as the same
   * are one to the workers, which then learn it once, and share what has been measured.
   */
  unify(record: FunctionRecord, encoded: EncodedFunction): void {
    // Closures are told apart by their keys.
    if (record.template !== undefined) return;
    if (record.given('host') === undefined || Object.keys(record.shape.implementations).length > 1) return;
    const content = JSON.stringify(encoded);
    const first = this.contents.get(content);
    if (first === undefined) {
      this.contents.set(content, record);
      return;
    }
    record.liken(first);
  }

  /** Nothing is to be done: lets go of the function that was looked up last. */
  rest(): void {
    this.lastFunction = undefined;
    this.lastRecord = undefined;
  }

  /** Hears of the implementations of each operation that comes. */
  onOperation(listener: (implementations: readonly string[]) => void): void {
    this.operationListener = listener;
  }

  /** A record for a function that is not here, such as one that a worker's task spawns. */
  create(shape: OperationShape): FunctionRecord {
    this.operationListener(Object.keys(shape.implementations));
    return new FunctionRecord(this.nextId++, shape);
  }
}

/** Under this key an operation's callable carries its {@link OperationShape}. */
export const operationShape: unique symbol = Symbol.for('poniard.operation') as never;

export function shapeOf(fn: AnyFunction): OperationShape {
  const shape = (fn as { [operationShape]?: OperationShape })[operationShape];
  const options = optionsOf(fn);
  if (shape !== undefined) return options === undefined ? shape : { ...shape, options };
  return { name: fn.name === '' ? 'anonymous' : fn.name, implementations: { host: fn }, options };
}
