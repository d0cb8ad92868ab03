/** @file The functions that tasks on a lane spawn, as the host gets to know them: each once, and by its number from then on. */
import type { Closure } from '../functions/closure.js';
import type { Closures } from '../functions/closures.js';
import type { AnyFunction, EncodedFunction, FunctionCodec } from '../functions/encoded.js';
import { type OperationShape, operationShape, shapeOf } from '../functions/registry.js';
import { type TaskOptions, travelling } from '../options.js';
import type { NestedFunction } from '../processor.js';

type Travelling = Readonly<Record<string, EncodedFunction>>;

/** A function as the host gets to know it. */
export interface Lesson {
  fnId: number;
  readonly name: string;
  readonly options: TaskOptions | undefined;
  implementations: Travelling | Promise<Travelling>;
  taught: boolean;
}

export class Lessons {
  private readonly functions = new WeakMap<AnyFunction, Lesson>();
  /** Closures, by their key. */
  private readonly templates = new Map<string, Lesson>();
  private count = 0;
  /** Numbers of functions by what the host knows of them. */
  private readonly contents = new Map<string, number>();

  constructor(
    private readonly closures: Closures,
    private readonly codec: FunctionCodec,
  ) {}

  /** How a function travels to the host; found out once. */
  of(fn: AnyFunction): Lesson {
    let lesson = this.functions.get(fn);
    if (lesson === undefined) {
      const { implementations } = shapeOf(fn);
      lesson = this.make(fn, this.encodeAll(implementations), () => this.functions.delete(fn));
      this.functions.set(fn, lesson);
    }
    return lesson;
  }

  /** What a function captures (F3). Where that cannot travel, the task fails and not its spawning. */
  closure(fn: AnyFunction, waits: PromiseLike<unknown>[]): Closure | undefined {
    try {
      return this.functions.has(fn) || operationShape in fn ? undefined : this.closures.of(fn);
    } catch (error) {
      waits.push(Promise.reject(error));
      return undefined;
    }
  }

  /** By what the host knows of it: its values aside, a closure is the same in every turn of a loop. */
  ofClosure(fn: AnyFunction, closure: Closure): Lesson {
    const shared = shapeOf(fn).options === undefined;
    const known = shared ? this.templates.get(closure.key) : undefined;
    if (known !== undefined) return known;
    const encoded = closure.encode();
    const implementations =
      encoded instanceof Promise ? encoded.then((host) => ({ host })) : { host: encoded };
    const lesson = this.make(fn, implementations, () => this.templates.delete(closure.key));
    if (shared) this.templates.set(closure.key, lesson);
    return lesson;
  }

  /** What the host has to be told of a function, if it does not know it: the number by which it then knows it is in the lesson. */
  teach(lesson: Lesson): NestedFunction | undefined {
    if (lesson.taught) return undefined;
    lesson.taught = true;
    const { name, implementations, options } = lesson;
    // A function that is written inside a task is a new one in each; the host gets to know it once.
    const content = JSON.stringify([name, implementations, options]);
    const known = this.contents.get(content);
    if (known === undefined) {
      this.contents.set(content, lesson.fnId);
      return { name, implementations: implementations as Travelling, options };
    }
    lesson.fnId = known;
    return undefined;
  }

  /** What the host cannot know: where on this thread a function was written. */
  places(fn: AnyFunction, lesson: Lesson): ReturnType<Closures['places']> | undefined {
    const { implementations } = lesson;
    const encoded = implementations instanceof Promise ? undefined : implementations['host'];
    return encoded && this.closures.places(new WeakRef(fn), encoded);
  }

  private make(fn: AnyFunction, implementations: Lesson['implementations'], failed: () => void): Lesson {
    const { name, options } = shapeOf(fn);
    const fnId = ++this.count;
    const lesson: Lesson = { fnId, name, options: travelling(options), implementations, taught: false };
    if (implementations instanceof Promise) {
      implementations.then((found) => {
        lesson.implementations = found;
      }, failed);
    }
    return lesson;
  }

  /**
   * How the implementations travel. One that cannot, such as for a GPU, is left out: it could run nowhere but here. Without
   * the one for threads, or any, the task fails.
   */
  private encodeAll(implementations: OperationShape['implementations']): Travelling | Promise<Travelling> {
    const entries = Object.entries(implementations).map(([key, given]) => {
      try {
        return [key, typeof given === 'function' ? this.codec.encode(given) : given] as const;
      } catch (error) {
        return [key, Promise.reject(error)] as const;
      }
    });
    const ready = entries.filter(
      (entry): entry is readonly [string, EncodedFunction] => !(entry[1] instanceof Promise),
    );
    if (ready.length === entries.length) return Object.fromEntries(ready);
    return Promise.allSettled(entries.map(([, made]) => made)).then((outcomes) => {
      const travels: [string, EncodedFunction][] = [];
      const reasons = new Map<string, unknown>();
      for (const [i, outcome] of outcomes.entries()) {
        const [key] = entries[i] as (typeof entries)[number];
        if (outcome.status === 'fulfilled') travels.push([key, outcome.value]);
        else reasons.set(key, outcome.reason);
      }
      if (reasons.has('host') || travels.length === 0) throw reasons.get('host') ?? [...reasons.values()][0];
      return Object.fromEntries(travels);
    });
  }
}
