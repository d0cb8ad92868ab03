/** @file The tasks that wait for one processor: by priority, then tasks with inputs before roots, then by age. */
import { Phase, type TaskRecord } from './record.js';

/** First in, first out, in amortised constant time. */
class Fifo {
  private items: (TaskRecord | undefined)[] = [];
  private head = 0;

  get length(): number {
    return this.items.length - this.head;
  }
  push(record: TaskRecord): void {
    this.items.push(record);
  }
  peek(offset = 0): TaskRecord | undefined {
    return this.items[this.head + offset];
  }
  *[Symbol.iterator](): IterableIterator<TaskRecord> {
    for (let i = this.head; i < this.items.length; i++) yield this.items[i] as TaskRecord;
  }
  /** Takes the element at `offset` from the head; the ones before it keep their order. */
  take(offset = 0): TaskRecord | undefined {
    const index = this.head + offset;
    const record = this.items[index];
    for (let i = index; i > this.head; i--) this.items[i] = this.items[i - 1];
    this.items[this.head++] = undefined;
    if (this.head > 1024 && this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return record;
  }
}

interface Level {
  readonly priority: number;
  /** Tasks with inputs first: depth first keeps fewer results alive than breadth first. */
  readonly inner: Fifo;
  readonly roots: Fifo;
}

/** How far a thief looks for a task that it may take. */
const LOOK_AHEAD = 8;

export class ReadyQueue {
  private readonly levels: Level[] = [];

  push(record: TaskRecord, isRoot: boolean): void {
    const level = this.level(record.settings.priority);
    (isRoot ? level.roots : level.inner).push(record);
  }

  /** The next task; those that were settled while they waited are dropped. */
  peek(): TaskRecord | undefined {
    return this.find()?.peek();
  }

  shift(): TaskRecord | undefined {
    return this.find()?.take();
  }

  /** The first task, among the few next ones, that `admits` says yes to. */
  takeWhere(admits: (record: TaskRecord) => boolean): TaskRecord | undefined {
    for (const { inner, roots } of this.levels) {
      const record = takeFrom(inner, admits) ?? takeFrom(roots, admits);
      if (record !== undefined) return record;
    }
    return undefined;
  }

  /** What waits, settled tasks left out. */
  *[Symbol.iterator](): IterableIterator<TaskRecord> {
    for (const { inner, roots } of this.levels) {
      for (const record of inner) if (record.phase === Phase.Queued) yield record;
      for (const record of roots) if (record.phase === Phase.Queued) yield record;
    }
  }

  /** Takes everything out. */
  drain(): TaskRecord[] {
    const all: TaskRecord[] = [];
    for (let record = this.shift(); record !== undefined; record = this.shift()) all.push(record);
    return all;
  }

  private find(): Fifo | undefined {
    const { levels } = this;
    for (let i = 0; i < levels.length; i++) {
      const { inner, roots } = levels[i] as Level;
      dropSettled(inner);
      if (inner.length > 0) return inner;
      dropSettled(roots);
      if (roots.length > 0) return roots;
    }
    return undefined;
  }

  private level(priority: number): Level {
    const { levels } = this;
    let at = 0;
    while (at < levels.length && (levels[at] as Level).priority > priority) at++;
    const found = levels[at];
    if (found !== undefined && found.priority === priority) return found;
    const level = { priority, inner: new Fifo(), roots: new Fifo() };
    levels.splice(at, 0, level);
    return level;
  }
}

function takeFrom(fifo: Fifo, admits: (record: TaskRecord) => boolean): TaskRecord | undefined {
  dropSettled(fifo);
  const limit = Math.min(LOOK_AHEAD, fifo.length);
  for (let i = 0; i < limit; i++) {
    const record = fifo.peek(i) as TaskRecord;
    if (record.phase === Phase.Queued && admits(record)) return fifo.take(i);
  }
  return undefined;
}

function dropSettled(fifo: Fifo): void {
  for (let head = fifo.peek(); head !== undefined && head.phase !== Phase.Queued; head = fifo.peek())
    fifo.take();
}
