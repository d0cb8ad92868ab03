/** @file Data that is changed in place, as the scheduler sees it: results that never leave the processor that made them. */
import { formatScope, includes, type Scope, unionScope } from '@poniard/scopes';
import { PoniardError, SchedulingError, WorkerLostError } from '../errors.js';
import { exactly } from '../settings.js';
import type { Place } from './place.js';
import { TaskRecord } from './record.js';

/** Where an input may be used; undefined where that is anywhere. */
export function scopeOfInput({ settings, place }: TaskRecord): Scope | undefined {
  if (!settings.restricts) return undefined;
  if (settings.inPlace === undefined) return settings.resultScope;
  return place === undefined ? settings.scope : exactly(place.processor.id);
}

/** A value in place was lost with its processor. */
export function lostInPlace(record: TaskRecord): WorkerLostError {
  const where = record.place === undefined ? 'its processor' : record.place.processor.id;
  return new WorkerLostError(
    `the mutable value that ${record.name} (#${record.id}) made is lost: it was on ${where}, which died`,
  );
}

/** A task cannot run where its input is: the error names both places. */
export function elsewhere(record: TaskRecord): SchedulingError | undefined {
  for (const input of record.args) {
    if (!(input instanceof TaskRecord) || input.settings.inPlace === undefined) continue;
    const { place } = input;
    if (place === undefined || includes(record.settings.scope, place.processor)) continue;
    return new SchedulingError(
      `${record.name} (#${record.id}) cannot run: ${input.name} (#${input.id}) is changed in place on ${place.processor.id}, ` +
        `and the task may run in the scope ${formatScope(record.settings.scope)}. Let it run there, or pass a copy: await fetch(chunk)`,
    );
  }
  return undefined;
}

/** The argument that stands for the pieces of a shard. The pieces themselves follow all arguments, so that they are inputs. */
export class PiecesArgument {
  readonly bytes = 0;
  readonly hosted = false;
  readonly residence = undefined;

  constructor(
    readonly pieces: readonly TaskRecord[],
    private readonly keys: readonly string[],
    private readonly keyOf: (place: Place) => string,
  ) {}

  /** Where there is a piece. */
  get scope(): Scope {
    return unionScope(...this.pieces.map(({ settings }) => settings.scope));
  }

  of(place: Place): TaskRecord | undefined {
    return this.pieces[this.keys.indexOf(this.keyOf(place))];
  }

  /** The piece of where a task runs. */
  at(place: Place | undefined): TaskRecord {
    const piece = place === undefined ? undefined : this.of(place);
    if (piece === undefined) throw new PoniardError(`a shard has no piece on ${place?.processor.id}`);
    return piece;
  }
}
