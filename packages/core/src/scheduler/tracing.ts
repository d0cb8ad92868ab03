/** @file Tells subscribers what the scheduler does. */
import { PoniardError } from '../errors.js';
import type { EventType } from '../events.js';
import { explainTask, type PlacementReport } from '../explain.js';
import type { Clock, EventSink } from '../ports.js';
import type { Place } from './place.js';
import type { Failure, TaskRecord } from './record.js';
import type { SchedulerState } from './state.js';

export class Tracing {
  /** The task of the event that is being told. */
  private told: TaskRecord | undefined = undefined;

  constructor(
    private readonly state: SchedulerState,
    private readonly ports: { readonly clock: Clock; readonly sink: EventSink },
  ) {}

  /** Recording costs a branch when nobody listens: the state machine has no trace then. */
  whileActive(): void {
    this.state.trace = this.ports.sink.active
      ? (type, record, place, bytes, micros) => this.emit(type as EventType, record, place, bytes, micros)
      : undefined;
  }

  emit(
    type: EventType,
    record: TaskRecord | undefined,
    place: Place | undefined,
    bytes?: number,
    micros?: number,
  ): void {
    this.told = record;
    this.ports.sink.emit({
      type,
      time: this.ports.clock.now(),
      task: record?.id,
      name: record?.name,
      processor: place?.processor.id,
      ...(bytes !== undefined && { bytes }),
      ...(micros !== undefined && { micros }),
      ...(type === 'task:error' && record !== undefined && { error: (record.value as Failure).error }),
      ...(type === 'task:ready' && { explain: this.explain }),
    });
    this.told = undefined;
  }

  /** One for all events, so that those which are kept keep no task. */
  private readonly explain = (): PlacementReport => {
    if (this.told === undefined)
      throw new PoniardError(
        'event.explain() tells what holds while the event is told: call it in the listener',
      );
    return explainTask(this.state, this.told, '');
  };
}
