/** @file What users give as arguments, made into what the scheduler keeps. */
import { isChunk } from './chunk.js';
import { ValueTransferError } from './errors.js';
import { GIVEN } from './functions/registry.js';
import { handleNoun } from './handles.js';
import { keyOf } from './in-place/make.js';
import { isShard } from './in-place/shard.js';
import { LocalChunk, LocalTask } from './local-handles.js';
import { PiecesArgument } from './scheduler/in-place.js';
import type { Argument, TaskRecord } from './scheduler/record.js';
import type { Shell } from './scheduler/shell.js';
import { NOTHING } from './scheduler/state.js';
import { resolveSettings } from './settings.js';
import { fromHere } from './stacks.js';
import { isTask } from './task.js';

/** An argument that cannot travel. */
export class Refused {
  constructor(readonly error: unknown) {}
}

export class Inputs {
  constructor(private readonly shell: Shell) {}

  /** Replaces, in the caller's own array, what was given by what the scheduler keeps; pieces of shards come after it. */
  of(args: unknown[], name: string): readonly Argument[] | Refused {
    let pieces: readonly TaskRecord[] | undefined;
    for (let i = 0; i < args.length; i++) {
      const arg = args[i];
      if (typeof arg !== 'object' || arg === null) {
        if (typeof arg !== 'function' && typeof arg !== 'symbol') continue;
      } else if (arg instanceof LocalTask && arg.shell === this.shell) {
        args[i] = arg.record;
        continue;
      }
      try {
        const input = this.input(arg, this.label(i, name));
        if (input instanceof PiecesArgument) pieces = [...(pieces ?? []), ...input.pieces];
        args[i] = input;
      } catch (error) {
        // Bad use is thrown here and now (E4); a value that cannot travel fails the task that it was for.
        if (!(error instanceof ValueTransferError)) throw fromHere(error);
        return new Refused(fromHere(error));
      }
    }
    if (pieces !== undefined) args.push(...pieces);
    return args.length === 0 ? NOTHING : (args as Argument[]);
  }

  /** Apart, since a closure in the loop would cost every argument something. */
  private label(index: number, name: string): () => string {
    return () => `argument ${index + 1} of ${name}`;
  }

  /** The record behind a handle of this runtime. */
  recordOf(task: unknown, where: string): TaskRecord {
    if (task instanceof LocalTask && task.shell === this.shell) return task.record;
    if (task instanceof LocalChunk && task.shell === this.shell) return task.record;
    if (isTask(task) || isChunk(task)) {
      throw new TypeError(
        `${where}: the ${handleNoun(task)} belongs to another runtime; await it there and pass its value`,
      );
    }
    throw new TypeError(`${where}: a Task is needed, not ${typeof task}`);
  }

  private input(arg: unknown, label: () => string): Argument {
    if (isTask(arg) || isChunk(arg)) return this.recordOf(arg, label());
    if (typeof arg === 'object' && arg !== null && typeof (arg as { then?: unknown }).then === 'function') {
      return this.promised(arg as PromiseLike<unknown>, label);
    }
    if (isShard(arg)) {
      const pieces = [...arg].map((piece) => this.recordOf(piece, label()));
      return new PiecesArgument(pieces, arg.keys, ({ processor }) => keyOf(processor, arg.per));
    }
    return this.shell.values.argument(arg, label, handleNoun);
  }

  /** S4: a Promise as an argument is a dependency like a Task. */
  private promised(promise: PromiseLike<unknown>, label: () => string): TaskRecord {
    const where = label();
    const settings = resolveSettings([{ name: `the promise that is ${where}` }], NOTHING);
    const record = this.shell.spawn(GIVEN, NOTHING, settings);
    promise.then(
      (value) => {
        try {
          this.shell.provide(
            record,
            this.shell.values.argument(value, () => where, handleNoun),
          );
        } catch (error) {
          this.shell.end(record, error);
        }
      },
      (error) => this.shell.end(record, error),
    );
    return record;
  }
}
