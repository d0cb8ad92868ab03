/** @file What a processor answers through: turns outcomes into events of the state machine. */
import { PoniardError } from '../errors.js';
import type { Call, HostValue, Report, Resident } from '../processor.js';
import type { Place } from './place.js';
import type { TaskRecord } from './record.js';
import type { SchedulerState } from './state.js';

/** What a report needs of the shell. */
export interface Outcomes {
  readonly state: SchedulerState;
  started(record: TaskRecord): void;
  finishLocally(record: TaskRecord, value: unknown, micros: number): void;
  readonly values: { hold(record: TaskRecord, result: HostValue, bytes: number): unknown };
  flushSoon(): void;
}

export class PlaceReport implements Report {
  constructor(
    private readonly shell: Outcomes,
    private readonly place: Place,
  ) {}

  finished(call: Call, value: unknown, micros: number): void {
    const record = call as TaskRecord;
    if (record.place !== this.place) return;
    this.shell.finishLocally(record, value, micros);
    this.shell.flushSoon();
  }

  delivered(call: Call, result: HostValue, bytes: number, micros: number): void {
    const record = call as TaskRecord;
    if (record.place !== this.place) return;
    if (record.inPlace) {
      const who = `${this.place.processor.id} keeps no values`;
      this.failed(
        call,
        new PoniardError(`${who}: ${record.name} (#${record.id}) cannot be changed in place there`),
      );
      return;
    }
    const { codecs, buffers } = result;
    const value = this.shell.values.hold(record, result, bytes);
    this.shell.state.handle({ type: 'finished', record, value, codecs, buffers, bytes, micros });
    this.shell.flushSoon();
  }

  deliveredPrimitive(call: Call, value: unknown, micros: number): void {
    const record = call as TaskRecord;
    if (record.place !== this.place) return;
    this.shell.state.handle({
      type: 'finished',
      record,
      value,
      codecs: undefined,
      buffers: undefined,
      bytes: 0,
      micros,
    });
    this.shell.flushSoon();
  }

  kept(call: Call, resident: Resident, micros: number): void {
    this.answer(call, { type: 'kept', record: call as TaskRecord, resident, micros });
  }

  failed(call: Call, error: unknown): void {
    this.answer(call, { type: 'failed', record: call as TaskRecord, error });
  }

  revoked(call: Call): void {
    this.answer(call, { type: 'revoked', record: call as TaskRecord });
  }

  started(call: Call): void {
    if ((call as TaskRecord).place === this.place) this.shell.started(call as TaskRecord);
  }

  suspended(call: Call): void {
    this.answer(call, { type: 'suspended', record: call as TaskRecord });
  }

  resumed(call: Call): void {
    this.answer(call, { type: 'resumed', record: call as TaskRecord });
  }

  private answer(call: Call, event: Parameters<SchedulerState['handle']>[0]): void {
    // An answer for a call that the processor no longer has, such as one that came after its loss, is dropped.
    if ((call as TaskRecord).place !== this.place) return;
    this.shell.state.handle(event);
    this.shell.flushSoon();
  }
}
