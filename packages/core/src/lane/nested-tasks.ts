/** @file The host's side of tasks that a lane's tasks have spawned, or hold handles of (S9). */
import type { Call, NestedArgument, NestedFunction, NestedHost, NestedTask } from '../processor.js';
import { needsRange } from '../task-ids.js';
import { decodeError, encodeError } from '../values/errors.js';
import type { CrossingBuffer, NumberedBuffer } from '../values/shared-buffers.js';
import { isPrimitive } from '../values/snapshot.js';
import { type CodecBook, codecReference } from './codec-book.js';
import type { Controls } from './controls.js';
import type { NestedArg, NestedRequest } from './protocol.js';

/** What the lane learns of a handle that it is lent. */
export interface LentHandle {
  readonly task: number;
  readonly id: number;
  readonly name: string;
  readonly kind: string;
  readonly dtype: string | undefined;
  readonly shape: readonly number[] | undefined;
  readonly bytes: number;
  readonly space: string;
}

const NONE: readonly never[] = [];

export class NestedTasks {
  /** By the lane's number; handles that the host lends have negative ones. */
  private readonly tasks = new Map<number, NestedTask>();
  private readonly functions = new Map<number, NestedFunction>();
  /** The last handle that was lent; they count downwards. */
  lent = 0;
  private dropped = false;
  private expecting = false;

  constructor(
    private readonly host: NestedHost,
    private readonly controls: Pick<Controls, 'add' | 'spawned' | 'finished'>,
    private readonly codecs: CodecBook,
    private readonly adoptBuffers: (
      numbered: readonly CrossingBuffer[] | undefined,
    ) => readonly SharedArrayBuffer[] | undefined,
    private readonly lendBuffers: (
      buffers: readonly SharedArrayBuffer[] | undefined,
    ) => NumberedBuffer[] | undefined,
  ) {}

  /** A request, whose parts begin at `from`. */
  spawn(message: readonly unknown[], from: number, parent: Call | undefined): void {
    const number = message[from] as number;
    const fn = message[from + 1] as NestedFunction | undefined;
    const asked = message[from + 2] as NestedRequest['task'];
    const args = message[from + 4] as NestedRequest['args'];
    const syncdeps = message[from + 8] as NestedRequest['syncdeps'];
    if (fn !== undefined) this.functions.set(number, fn);
    const task = this.host.spawn({
      id: asked,
      parent,
      fn: this.functions.get(number) as NestedFunction,
      args: args.map((arg) => this.argument(arg)),
      options: message[from + 5] as NestedRequest['options'],
      around: message[from + 6] as NestedRequest['around'],
      inPlace: message[from + 7] as NestedRequest['inPlace'],
      syncdeps: syncdeps?.map((dependency) => this.get(dependency)) ?? NONE,
    });
    this.tasks.set(asked, task);
    // One that `cache` has found has another number.
    if (task.id !== asked) this.controls.spawned(asked, task.id);
    if (needsRange(asked)) this.controls.add({ type: 'range', first: this.host.range() });
  }

  /** The lane wants to hear how a task ends. */
  await(number: number): void {
    this.get(number).settled((outcome) => {
      if (this.dropped) return;
      if (outcome.ok && outcome.codecs === undefined && isPrimitive(outcome.value))
        this.controls.finished(number, outcome.value);
      else if (outcome.ok) {
        const codecs = outcome.codecs?.map(codecReference);
        this.controls.add({
          type: 'settled',
          task: number,
          ok: true,
          value: outcome.value,
          codecs,
          buffers: this.lendBuffers(outcome.buffers),
        });
      } else {
        const value = encodeError(outcome.error);
        this.controls.add({
          type: 'settled',
          task: number,
          ok: false,
          value,
          codecs: undefined,
          buffers: undefined,
        });
      }
    });
  }

  /** Code of a call, or of none, waits for the task. */
  awaitedBy(number: number, by: Call | undefined): void {
    const deadlock = this.get(number).awaitedBy(by);
    if (deadlock === undefined || by === undefined) return;
    this.controls.add({ type: 'deadlock', task: number, id: by.id, error: encodeError(deadlock) });
  }

  /** The end of `persist`. */
  release(number: number): void {
    this.get(number).release();
  }

  cancel(number: number, reason: unknown, force: boolean): void {
    this.get(number).cancel(decodeError(reason), force);
  }

  forget(numbers: readonly number[]): void {
    for (const number of numbers) {
      this.tasks.get(number)?.drop();
      this.tasks.delete(number);
    }
  }

  /** Lends the lane a handle on a task (`meta`). */
  lend(call: Call): LentHandle {
    const task = this.host.handle(call);
    const number = --this.lent;
    this.tasks.set(number, task);
    const { type, bytes, space } = task.describe();
    return {
      task: number,
      id: task.id,
      name: task.name,
      kind: type.kind,
      dtype: type.dtype,
      shape: type.shape,
      bytes,
      space,
    };
  }

  /** What has been lent since then has not been sent. */
  forgetLentAfter(lent: number): void {
    for (let number = lent - 1; number >= this.lent; number--) this.forget([number]);
  }

  /** Whether the lane is about to ask for tasks. */
  expect(coming: boolean): void {
    if (coming === this.expecting) return;
    this.expecting = coming;
    this.host.expect(coming);
  }

  /** The lane has died: nobody is to be told any more. */
  drop(): void {
    this.dropped = true;
    this.expect(false);
    this.forget([...this.tasks.keys()]);
  }

  private get(number: number): NestedTask {
    const task = this.tasks.get(number);
    if (task === undefined) throw new Error(`nested task ${number} is not known`);
    return task;
  }

  private argument(arg: NestedArg): NestedArgument {
    if (typeof arg !== 'object' || arg === null) return { kind: 'value', value: arg };
    if ('task' in arg) return { kind: 'task', task: this.get(arg.task) };
    const codecs = arg.codecs?.map((reference) => this.codecs.standIn(reference));
    return { kind: 'value', value: arg.value, codecs, buffers: this.adoptBuffers(arg.buffers) };
  }
}
