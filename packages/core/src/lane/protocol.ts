/**
 * @file What goes over a lane's port. Work travels as one flat array per batch: structured clone carries a flat
 * array of numbers several times faster than an object per task.
 */

import type { InPlace, TaskOptions } from '../options.js';
import type { CrossingBuffer, NumberedBuffer, SharedView } from '../values/shared-buffers.js';

/** The first element of a message to a lane that holds work; its operations follow one another. */
export const WORK = 0;
/**
 * The first element of one that holds all else: what nested tasks are called (task, id, …), the primitives that some have
 * finished with (task, value, …), {@link Control}s, and a work message or undefined.
 */
export const CONTROLS = 1;

/** See {@link CONTROLS}. */
export type ControlsMessage = readonly [
  typeof CONTROLS,
  readonly number[],
  readonly unknown[],
  readonly Control[],
  readonly unknown[] | undefined,
];

/** Operations inside a work message; they are done in order, between tasks. */
export const Work = {
  /** word, function, task id, flags, occupancy, number of arguments, then per argument its kind and value. */
  Run: 1,
  /** function, name, encoded, its options. */
  Function: 2,
  /** tag, module, export. */
  Codec: 3,
  /** slot: its result will not be asked for any more. */
  Clear: 4,
  /** number, shared buffer: values name it by its number from now on. */
  Buffer: 5,
} as const;

/** Kinds of an argument in `Work.Run`. */
export const Arg = {
  /** As it is. */
  Value: 0,
  /** The slot of an earlier call of this lane. */
  Slot: 1,
  /** A result that the lane has kept, by its task's id. */
  Kept: 2,
  /** Has marked values inside. */
  Marked: 3,
  /** A handle: `meta`. */
  Handle: 4,
  /** Inside a lane: a result that was taken from its slot while the call stood aside. */
  Taken: 5,
  /** A view on shared memory, or what a codec makes of one: a {@link SharedView}. */
  View: 6,
} as const;

/** Flags of `Work.Run`. */
export const Flag = {
  /** Tell when the call begins. */
  Watched: 1,
  /** A name follows the number of arguments. */
  Named: 2,
  /** Then options follow, which hold for what the call spawns. */
  Around: 4,
  /** The result is not kept, whatever its size. */
  GetResult: 8,
  /** The result is kept as it is. */
  InPlace: 16,
  /** The bits above hold the attempt. */
  AttemptShift: 5,
} as const;

/** Where the arguments of a `Work.Run` begin, counted from the operation itself. */
export function firstArgument(flags: number): number {
  return 8 + (flags & Flag.Named ? 1 : 0) + (flags & Flag.Around ? 1 : 0);
}

/** Messages to a lane that are looked at as soon as they come. */
export type Control =
  | { readonly type: 'free'; readonly keys: readonly number[] }
  | { readonly type: 'get'; readonly request: number; readonly key: number }
  | { readonly type: 'abort'; readonly slot: number; readonly word: number; readonly reason: unknown }
  | {
      readonly type: 'settled';
      readonly task: number;
      readonly ok: boolean;
      readonly value: unknown;
      readonly codecs: readonly CodecReference[] | undefined;
      readonly buffers: readonly NumberedBuffer[] | undefined;
    }
  /** The task with the id must not wait for a nested task. */
  | { readonly type: 'deadlock'; readonly task: number; readonly id: number; readonly error: unknown }
  | { readonly type: 'dag'; readonly dag: Map<number, Set<number>> }
  /** More numbers for nested tasks. */
  | { readonly type: 'range'; readonly first: number }
  | { readonly type: 'forget'; readonly buffers: readonly number[] };

export interface CodecReference {
  readonly tag: string;
  readonly module: string;
  readonly exportName: string;
}

/** Operations inside a message from a lane, which is a flat array too. */
export const Answer = {
  /** slot, µs, value: a primitive. */
  Done: 1,
  /** slot, µs, value, bytes, codecs (an array of references, or undefined), numbered buffers (likewise). */
  Encoded: 2,
  /** slot, µs, bytes, kind. */
  Kept: 3,
  /**
   * slot, µs, {@link SharedView}, bytes, the reference of its codec, the shared buffer; the last two are left out
   * (undefined) where the host has them.
   */
  View: 17,
  /** slot, µs, error. */
  Failed: 4,
  /** slot: an input of it had failed. */
  Skipped: 5,
  /** slot. */
  Started: 6,
  Suspended: 7,
  Resumed: 8,
  /** request, whether it went well, value or error, codecs, numbered buffers. */
  Value: 9,
  /** The lane's number of the function, the function itself the first time, then the fields of a {@link NestedRequest}. */
  Spawn: 10,
  /** nested task, slot of the call whose code waits for it (−1: of none, or {@link NOBODY}): its outcome is to be told. */
  Await: 11,
  /** nested task, reason (as an error travels), whether by force. */
  Cancel: 12,
  /** nested tasks whose handles are gone. */
  Drop: 13,
  /** nested task, slot of the call whose code waits for it (−1: of none). */
  Want: 15,
  /** The graph is to be told. */
  Dag: 18,
  /** slot of the call that asks (or −1), reason (as an error travels): everything is to be cancelled. */
  Halt: 19,
  /** Whether requests for tasks are still on their way: their functions are looked at, promises are awaited. */
  Unsent: 14,
  /** nested task: its result is not to be kept any more (`persist`). */
  Release: 16,
} as const;

/** In place of a slot: no code waits for the task. */
export const NOBODY = -2;

/** A task that a task on the lane spawns. */
export interface NestedRequest {
  /** The lane's number for it, and its id. */
  readonly task: number;
  /** The slot of the task that asks, or −1. */
  readonly parent: number;
  readonly args: readonly NestedArg[];
  readonly options: TaskOptions | undefined;
  /** What `withOptions` says there. */
  readonly around: TaskOptions | undefined;
  /** The result is used where it is made, and changed there. */
  readonly inPlace: InPlace | undefined;
  /** Nested tasks among `syncdeps`. */
  readonly syncdeps: readonly number[] | undefined;
}

/** An argument of it: a primitive as it is, a nested task, or another value. */
export type NestedArg =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | {
      readonly value: unknown;
      readonly codecs: readonly CodecReference[] | undefined;
      readonly buffers: readonly CrossingBuffer[] | undefined;
    }
  | { readonly task: number };

/** What a lane is given when it begins. */
export interface LaneSetup {
  readonly id: string;
  readonly kind: string;
  /** One word per slot, on shared memory: see `claims.ts`. */
  readonly claims: Int32Array;
  /** Rung by the host when it has posted something (see `executor.ts`). */
  readonly codecs: readonly CodecReference[];
  /** Of the numbers that this thread gives to shared buffers. */
  readonly bufferPrefix: number;
  /** Of the range from which this thread numbers nested tasks. */
  readonly firstTask: number;
  /** What the runtime was made with, for `getOptions()`. */
  readonly defaults: TaskOptions;
}
