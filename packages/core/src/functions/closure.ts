/**
 * @file A function with the variables that it captures (F3), on the side that sends it.
 *
 * A closure travels as two things: its source with that of all functions that it captures, which is the same for every
 * turn of a loop and crosses once per worker; and what its variables held at `spawn`, which goes with the call as an
 * argument in front of the others. So the scheduler sees no closures: captured tasks are dependencies like others,
 * arrays on shared memory pass by reference, and what a call needs is freed with it.
 */
import { isChunk } from '../chunk.js';
import { FunctionTransferError } from '../errors.js';
import { handleNoun } from '../handles.js';
import { isTask } from '../task.js';
import { isPrimitive } from '../values/kinds.js';
import { formatPath } from '../values/refusal.js';
import { type Encoded, snapshot } from '../values/snapshot.js';
import type { Closures } from './closures.js';
import type {
  AnyFunction,
  Capture,
  CapturingSource,
  ClosureFunction,
  ClosurePart,
  EncodedFunction,
} from './encoded.js';
import { nameOf } from './name-of.js';

/** In bytes. What is larger should be an argument, or a chunk, that does not cross again with each call. */
const MOST_CAPTURED = 1024 * 1024;

/**
 * Something inside the captured values that does not travel as data: part `what` of the closure, or, from −1 downwards,
 * the handle that is the call's argument `-what`, of a Task or of a Chunk. Then the way to where it stands, as steps and keys.
 */
export type Patch = readonly [what: number, isTask: boolean, ...path: unknown[]];

/** The first argument of a call of a closure. */
export type Captured = readonly [values: unknown[], patches: readonly Patch[]];

/** What a closure's variables hold, for one call. */
export interface Taken {
  /** Of {@link Captured}. */
  readonly encoded: Encoded;
  /** Tasks and chunks among the values: the arguments that follow. */
  readonly handles: readonly object[];
}

/** A function of a closure: with variables, or how it travels without. */
export type Part = Capture | EncodedFunction | Promise<EncodedFunction>;

/** Takes charge of something that is no data, or not. */
type Aside = (value: object, path: readonly unknown[]) => boolean;

/** Where a value of a closure comes from, for messages. */
interface Origin {
  /** The name of the function that needs it. */
  readonly name: string;
  readonly variable: string;
  locate(variable: string): string;
}

/** A function with all that it captures. */
export class Closure {
  readonly name: string;
  /** The same for closures that differ in values only. */
  readonly key: string;
  /** Whether a later look would find the same functions and bindings. */
  readonly constant: boolean;
  /** The function itself, and all that it captures. */
  private readonly parts: Part[] = [];
  private readonly numbers = new Map<AnyFunction, number>();
  /** At which of the values the variables of each function begin. */
  private readonly begins: number[] = [];
  /** Which of the values holds properties of a function, by the function's number. */
  private readonly properties = new Map<number, number>();
  private readonly values: unknown[] = [];
  private readonly origins: Origin[] = [];
  /** Functions inside objects: these may get others at any time. */
  private inside = false;
  private taken: Taken | undefined;
  /** Its values have been asked for. */
  used = false;

  constructor(
    fn: AnyFunction,
    root: Capture | undefined,
    private readonly closures: Closures,
  ) {
    this.name = nameOf(fn);
    this.append(fn, root ?? closures.encodeRoot(fn));
    this.taken = this.takeAll();
    this.constant =
      !this.inside &&
      this.properties.size === 0 &&
      this.parts.every((part) => !isCapture(part) || part.constant);
    this.key = this.parts.map((part) => closures.numberOf(part)).join();
  }

  /** In the order of the parts. */
  get functions(): readonly AnyFunction[] {
    return [...this.numbers.keys()];
  }

  /** What the variables hold now. */
  take(): Taken {
    this.used = true;
    const first = this.taken;
    if (first === undefined) return this.takeAll();
    // Objects may change from spawn to spawn; what cannot is taken once.
    if (!this.values.every((value) => isPrimitive(value) || typeof value === 'function'))
      this.taken = undefined;
    return first;
  }

  /** How the functions travel. */
  encode(): ClosureFunction | Promise<ClosureFunction> {
    const join = (parts: ClosureFunction['parts']): ClosureFunction => ({
      kind: 'closure',
      name: this.name,
      parts,
    });
    const parts = this.parts.map((part, index) => {
      const properties = this.properties.get(index);
      if (isCapture(part)) {
        const begin = this.begins[index] as number;
        const variables = [...part.variables.keys()].map((local, at) => [local, begin + at] as const);
        const withVariables = (found: CapturingSource): ClosurePart => ({ ...found, variables, properties });
        const source = part.encode();
        return source instanceof Promise ? source.then(withVariables) : withVariables(source);
      }
      if (properties === undefined) return part;
      const withProperties = (found: EncodedFunction) =>
        found.kind === 'source' ? { ...found, isClass: false, variables: [], properties } : found;
      return part instanceof Promise ? part.then(withProperties) : withProperties(part);
    });
    return parts.some((part) => part instanceof Promise)
      ? Promise.all(parts as ClosureFunction['parts']).then(join)
      : join(parts as ClosureFunction['parts']);
  }

  /** The number of a function among the parts. */
  private add(fn: AnyFunction): number {
    const known = this.numbers.get(fn);
    if (known !== undefined) return known;
    return this.append(fn, this.closures.capture(fn) ?? this.closures.encode(fn));
  }

  private append(fn: AnyFunction, part: Part): number {
    // It is told by the task that the function is for.
    if (part instanceof Promise) part.catch(() => {});
    const number = this.parts.push(part) - 1;
    this.numbers.set(fn, number);
    this.begins.push(this.values.length);
    if (isCapture(part)) {
      const { name } = part;
      for (const [variable, value] of part.variables) {
        this.values.push(value);
        this.origins.push({ name, variable, locate: (one) => part.locate(one) });
      }
    }
    const properties = propertiesOf(fn);
    if (properties !== undefined) {
      this.properties.set(number, this.values.length);
      this.values.push(properties);
      const name = nameOf(fn);
      this.origins.push({ name: this.name, variable: name, locate: () => 'properties of the function' });
    }
    return number;
  }

  private takeAll(): Taken {
    const { values } = this;
    this.explore();
    for (;;) {
      const { length } = values;
      const patches: Patch[] = [];
      const handles: object[] = [];
      const encoded = this.snapshot(values, (value, path) => {
        if (!canBePatched(path) || !canBeGiven(value)) return false;
        if (path.length > 2) this.inside = true;
        let what: number;
        if (typeof value === 'function') what = this.addInside(value, path);
        else {
          what = -1 - handles.indexOf(value);
          if (what === 0) what = -handles.push(value);
        }
        patches.push([what, isTask(value), ...path]);
        return true;
      });
      // A function inside an object brought variables of its own: they share objects with those that are there already.
      if (values.length > length) {
        this.explore();
        continue;
      }
      return { encoded: { ...encoded, value: [encoded.value, patches] satisfies unknown[] }, handles };
    }
  }

  /** Functions that variables hold bring their own variables. */
  private explore(): void {
    for (let i = 0; i < this.values.length; i++) {
      const value = this.values[i];
      if (typeof value === 'function') this.addInside(value, ['index', i]);
    }
  }

  private addInside(fn: AnyFunction, path: readonly unknown[]): number {
    try {
      return this.add(fn);
    } catch (error) {
      if (!(error instanceof FunctionTransferError)) throw error;
      const index = path[1] as number;
      throw this.refusal(index, `It uses ${this.place(index, path.slice(2))}, but ${error.message}`, error);
    }
  }

  private snapshot(values: unknown[], aside: Aside): Encoded {
    let whole: Encoded | undefined;
    try {
      whole = this.snapshotOne(values, 'the captured variables', aside);
    } catch (error) {
      if (!(error instanceof FunctionTransferError)) this.blame();
      throw error;
    }
    return whole ?? this.blame();
  }

  private snapshotOne(value: unknown, label: string, aside: Aside): Encoded | undefined {
    const { codecs, numbers } = this.closures;
    return snapshot(value, {
      codecs: codecs(),
      label,
      copy: true,
      limit: MOST_CAPTURED,
      isHandle: handleNoun,
      aside,
      ...(numbers && { numbers }),
    });
  }

  /** Finds the variable that cannot travel, or is the largest, and says so. */
  private blame(): never {
    let large = { index: 0, bytes: 0 };
    for (const [index, value] of this.values.entries()) {
      let encoded: Encoded | undefined;
      try {
        encoded = this.snapshotOne(
          value,
          this.place(index),
          (one, path) => canBePatched(path) && canBeGiven(one),
        );
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        throw this.refusal(index, `${why}`, error);
      }
      const bytes = encoded?.bytes ?? Number.POSITIVE_INFINITY;
      if (bytes > large.bytes) large = { index, bytes };
    }
    const { name, variable } = this.origins[large.index] as Origin;
    const call = `spawn(${name === 'anonymous' ? 'fn' : name}, …, ${variable})`;
    throw this.refusal(
      large.index,
      `${this.place(large.index)} is larger than the 1 MiB that variables may bring along with each call. ` +
        `Pass it as an argument: ${call}; or keep its numbers on shared memory, which is not copied.`,
      undefined,
    );
  }

  /** A variable, for messages. */
  private place(index: number, path: readonly unknown[] = []): string {
    const { variable, locate } = this.origins[index] as Origin;
    return `\`${variable}${formatPath(path)}\` (${locate(variable)})`;
  }

  private refusal(index: number, what: string, cause: unknown): FunctionTransferError {
    const { name } = this.origins[index] as Origin;
    return new FunctionTransferError(
      `function "${name}" cannot travel to another thread: what it captures cannot. ${what}`,
      cause === undefined ? undefined : { cause },
    );
  }
}

/** Functions become parts of the closure, tasks and chunks arguments of the call. */
const canBeGiven = (value: object): boolean => typeof value === 'function' || isTask(value) || isChunk(value);

/** How many handles are among the captured values. */
export function countHandles([, patches]: Captured): number {
  let count = 0;
  for (const [what] of patches) count = Math.max(count, -what);
  return count;
}

/** What a function carries besides its code. A class makes its static fields itself. */
export function propertiesOf(fn: AnyFunction): object | undefined {
  if (Object.keys(fn).length === 0 || /^class\b/.test(Function.prototype.toString.call(fn))) return undefined;
  return { ...fn };
}

/** Where a patch can be put in: not in sets, keys, or what a codec made. */
function canBePatched(path: readonly unknown[]): boolean {
  for (let i = 0; i < path.length; i += 2) {
    const step = path[i];
    if (step !== 'index' && step !== 'key' && !(step === 'get' && isPrimitive(path[i + 1]))) return false;
  }
  return true;
}

export const isCapture = (part: Part): part is Capture => 'variables' in part;
