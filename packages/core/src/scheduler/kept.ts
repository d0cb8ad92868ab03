/** @file Results that are kept though nobody may hold a handle: by `cache` for equal calls, by `persist` until `release()` (O3). */
import type { FunctionRecord } from '../functions/registry.js';
import type { TaskSettings } from '../settings.js';
import { contentKey } from '../values/content-key.js';
import { SnapshotArgument } from './arguments.js';
import { PiecesArgument } from './in-place.js';
import { type Argument, Phase, TaskRecord } from './record.js';

/** What `cache` has done, and holds. */
export interface CacheStats {
  /** Calls that got the task of an equal one. */
  readonly hits: number;
  /** Calls that had to run. */
  readonly misses: number;
  /** Calls that are remembered. */
  readonly entries: number;
}

/** Who counts handles on results. */
interface Counter {
  hold(record: TaskRecord): void;
  release(record: TaskRecord): void;
}

export class Kept {
  private hits = 0;
  private misses = 0;
  /** By key; the one that was used longest ago comes first. */
  private readonly calls = new Map<string, TaskRecord>();
  private readonly persisted = new Set<TaskRecord>();
  private readonly numbers = new WeakMap<FunctionRecord, number>();
  private functions = 0;

  /** `limit`: how many calls are remembered. */
  constructor(
    private readonly counter: Counter,
    private readonly limit: number,
  ) {}

  get stats(): CacheStats {
    return { hits: this.hits, misses: this.misses, entries: this.calls.size };
  }

  /** What a call is remembered by; undefined where it is not to be, or cannot be compared with others. */
  key(fn: FunctionRecord, args: readonly Argument[], settings: TaskSettings): string | undefined {
    if (!settings.cache) return undefined;
    // What a closure holds is among the arguments.
    let key = `${this.numberOf(fn.captures ? fn.first : fn)}`;
    // What decides what the function gets.
    if (settings.meta) key += ' meta';
    if (settings.allowErrors) key += ' errors';
    for (const arg of args) {
      const part = keyOf(arg);
      if (part === undefined) {
        this.misses++;
        return undefined;
      }
      key += ` ${part}`;
    }
    return key;
  }

  /** The task of an equal call that has not failed. */
  find(key: string | undefined): TaskRecord | undefined {
    if (key === undefined) return undefined;
    const record = this.calls.get(key);
    if (record === undefined || record.phase > Phase.Finished) {
      this.misses++;
      return undefined;
    }
    this.hits++;
    this.calls.delete(key);
    this.calls.set(key, record);
    return record;
  }

  /** A new task whose options say that it is kept. */
  add(record: TaskRecord, key: string | undefined): void {
    if (record.settings.persist) this.persist(record);
    if (key === undefined || this.limit === 0) return;
    this.forget(key);
    const [oldest] = this.calls.keys();
    if (this.calls.size >= this.limit && oldest !== undefined) this.forget(oldest);
    this.counter.hold(record);
    this.calls.set(key, record);
  }

  /** An end of `persist`. */
  release(record: TaskRecord): void {
    if (this.persisted.delete(record)) this.counter.release(record);
  }

  clear(): void {
    for (const key of [...this.calls.keys()]) this.forget(key);
    for (const record of [...this.persisted]) this.release(record);
  }

  /** Until `release`. */
  persist(record: TaskRecord): void {
    if (this.persisted.has(record)) return;
    this.persisted.add(record);
    this.counter.hold(record);
  }

  private forget(key: string): void {
    const record = this.calls.get(key);
    if (record === undefined) return;
    this.calls.delete(key);
    this.counter.release(record);
  }

  /** Functions are themselves, whatever they do: two that are written alike may hold different values. */
  private numberOf(fn: FunctionRecord): number {
    let number = this.numbers.get(fn);
    if (number === undefined) {
      number = ++this.functions;
      this.numbers.set(fn, number);
    }
    return number;
  }
}

/** Small values by their content, results and chunks by what they are. */
function keyOf(arg: Argument): string | undefined {
  if (arg instanceof TaskRecord) return `#${arg.id}`;
  // The pieces themselves come later in the list.
  if (arg instanceof PiecesArgument) return 'shard';
  return contentKey(arg instanceof SnapshotArgument ? arg.value : arg);
}
