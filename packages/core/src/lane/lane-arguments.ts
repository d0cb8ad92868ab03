/** @file The arguments of tasks that tasks on a lane spawn, in the form in which they go to the host. */
import { TaskFailedError, type TaskSummary } from '../errors.js';
import type { Taken } from '../functions/closure.js';
import { handleNoun } from '../handles.js';
import { isTask } from '../task.js';
import { sharedBuffers } from '../values/shared-buffers.js';
import { type Encoded, isPrimitive, snapshot } from '../values/snapshot.js';
import { type CodecBook, codecReference } from './codec-book.js';
import { type HandleOwner, LaneChunk, LaneTask } from './lane-handles.js';
import type { LaneChannel } from './lane-runtime.js';
import type { NestedArg } from './protocol.js';

/** What one call waits for before the host can be asked for it: promises, and requests for tasks that it takes. */
export type Waits = PromiseLike<unknown>[];

export class LaneArguments {
  constructor(
    private readonly owner: HandleOwner,
    private readonly channel: LaneChannel,
    private readonly codecs: CodecBook,
  ) {}

  /** `encoded`: what comes before them. */
  of(
    args: readonly unknown[],
    name: string,
    waits: Waits,
    allowErrors: boolean,
    encoded: NestedArg[] = [],
  ): NestedArg[] {
    args.forEach((arg, index) => {
      const where = `argument ${index + 1} of ${name}`;
      if (isPrimitive(arg)) encoded.push(arg as NestedArg);
      else if (isTask(arg)) {
        const at = encoded.push({ task: this.numberOf(arg, where, allowErrors ? [] : waits) }) - 1;
        const { submitted } = arg as LaneTask<unknown>;
        // Of one that was refused the host never hears: its error stands for it.
        if (allowErrors && submitted !== undefined)
          waits.push(
            submitted.catch(() => {
              encoded[at] = this.value((arg as LaneTask<unknown>).failure, where);
            }),
          );
      } else if (arg instanceof LaneChunk) encoded.push({ task: this.numberOf(arg.task, where, waits) });
      else if (typeof (arg as { then?: unknown }).then === 'function') {
        const at = encoded.push(undefined) - 1;
        waits.push(
          (arg as PromiseLike<unknown>).then(
            (value) => {
              encoded[at] = this.value(value, where);
            },
            (error) => {
              if (!allowErrors) throw error;
              const promise: TaskSummary = { id: -1, name: `the promise that is ${where}` };
              encoded[at] = this.value(new TaskFailedError(promise, promise, [promise], error), where);
            },
          ),
        );
      } else encoded.push(this.value(arg, where));
    });
    return encoded;
  }

  /** Those in front of a closure's own: what it captures. */
  captured(taken: Taken | undefined, name: string, waits: Waits): NestedArg[] {
    if (taken === undefined) return [];
    return this.of(taken.handles, `what ${name} captures`, waits, false, [this.encoded(taken.encoded)]);
  }

  /** The lane's number of a task. */
  numberOf(task: unknown, where: string, waits: Waits): number {
    if (!(task instanceof LaneTask) || task.runtime !== this.owner)
      throw new TypeError(`${where} is a task of another runtime`);
    if (task.submitted !== undefined) waits.push(task.submitted);
    return task.number;
  }

  private value(value: unknown, label: string): NestedArg {
    const codecs = this.codecs.all();
    const options = { codecs, label, copy: true, isHandle: handleNoun, numbers: sharedBuffers };
    return this.encoded(snapshot(value, options));
  }

  private encoded(encoded: Encoded | undefined): NestedArg {
    const codecs = encoded?.codecs?.map(codecReference);
    return { value: encoded?.value, codecs, buffers: this.channel.lend(encoded?.buffers) };
  }
}
