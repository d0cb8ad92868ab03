/** @file What goes into the scheduler's state machine, and what comes out: events in, instructions out. */
import type { FunctionRecord } from '../functions/registry.js';
import type { Loss, Processor, Resident } from '../processor.js';
import type { ValueCodec } from '../values/codec.js';
import type { Place } from './place.js';
import type { TaskRecord } from './record.js';

export type SchedulerEvent =
  /** A new task; its inputs are in its record. `parent`: the task whose code spawned it. */
  | { readonly type: 'spawn'; readonly record: TaskRecord; readonly parent: TaskRecord | undefined }
  /** Somebody besides the task's parent wants it. */
  | { readonly type: 'handedOut'; readonly record: TaskRecord }
  /** A task finished and its value is on the host; or a value came that no task makes (a chunk, a promise). */
  | {
      readonly type: 'finished';
      readonly record: TaskRecord;
      readonly value: unknown;
      readonly codecs: readonly ValueCodec[] | undefined;
      readonly buffers: readonly SharedArrayBuffer[] | undefined;
      readonly bytes: number;
      readonly micros: number;
    }
  /** A task finished and its result stays on the processor. */
  | {
      readonly type: 'kept';
      readonly record: TaskRecord;
      readonly resident: Resident;
      readonly micros: number;
    }
  | { readonly type: 'failed'; readonly record: TaskRecord; readonly error: unknown }
  | { readonly type: 'revoked'; readonly record: TaskRecord }
  | { readonly type: 'suspended'; readonly record: TaskRecord }
  | { readonly type: 'resumed'; readonly record: TaskRecord }
  /** It is known how a function travels. */
  | { readonly type: 'prepared'; readonly fn: FunctionRecord }
  /** A result that lived elsewhere is on the host too. */
  | {
      readonly type: 'moved';
      readonly record: TaskRecord;
      readonly value: unknown;
      readonly codecs: readonly ValueCodec[] | undefined;
      readonly buffers: readonly SharedArrayBuffer[] | undefined;
    }
  | { readonly type: 'unmoved'; readonly record: TaskRecord; readonly from: Place; readonly error: unknown }
  /** Someone on the host waits for the value. */
  | { readonly type: 'needed'; readonly record: TaskRecord }
  /** A handle on the task's result went. */
  | { readonly type: 'released'; readonly record: TaskRecord }
  | { readonly type: 'cancel'; readonly record: TaskRecord; readonly error: unknown; readonly force: boolean }
  /** A large call is cut into blocks, which are spawned already. */
  | { readonly type: 'planned'; readonly record: TaskRecord; readonly blocks: readonly TaskRecord[] }
  /** The twin that an instruction `race` asked for. */
  | { readonly type: 'race'; readonly record: TaskRecord; readonly twin: TaskRecord; readonly place: Place }
  | { readonly type: 'processorUp'; readonly processor: Processor }
  | { readonly type: 'processorLost'; readonly place: Place; readonly loss: Loss }
  /** All plug-ins have brought their processors: what fits none of them now never will. */
  | { readonly type: 'complete' }
  /** The time asked for by `wakeIn` has passed. */
  | { readonly type: 'tick' };

/**
 * What the shell has to carry out. Lists, not objects: a million tasks pass through here. The shell empties
 * them after each turn.
 */
export class Instructions {
  /** Processors whose outbox is to be run. */
  readonly run: Place[] = [];
  /** Tasks whose holders are to be told. */
  readonly settle: TaskRecord[] = [];
  readonly move: TaskRecord[] = [];
  readonly revoke: { readonly place: Place; readonly records: readonly TaskRecord[] }[] = [];
  readonly abort: { readonly record: TaskRecord; readonly reason: unknown; readonly force: boolean }[] = [];
  readonly free: { readonly place: Place; readonly key: number }[] = [];
  readonly prepare: { readonly fn: FunctionRecord; readonly implementation: string }[] = [];
  /** Calls to be cut into blocks, if their planner wants to. */
  readonly plan: { readonly record: TaskRecord; readonly processors: number }[] = [];
  /** Calls of which a processor is to run a twin: another task of the same function and arguments. */
  readonly race: { readonly record: TaskRecord; readonly place: Place }[] = [];
  /** Calls whose blocks are all there. */
  readonly assemble: TaskRecord[] = [];
  /** Send the event `tick` after so many µs. */
  wakeIn: number | undefined = undefined;
  /** Any of the above. */
  pending = false;
}

/** What a subscriber hears; the shell adds the time. See {@link file://../events.ts}. */
export type Trace = (
  type: string,
  record: TaskRecord | undefined,
  place: Place | undefined,
  bytes?: number,
  micros?: number,
) => void;
