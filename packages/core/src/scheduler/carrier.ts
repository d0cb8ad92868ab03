/** @file Carries the scheduler's instructions out: hands batches to processors, takes calls back, wakes the scheduler. */
import { settingsOfPart } from '../settings.js';
import type { Insistence } from './insistence.js';
import type { Place } from './place.js';
import type { Plans } from './plans.js';
import { prepareFunction } from './prepare.js';
import { Phase, type TaskRecord } from './record.js';
import { PlaceReport } from './report.js';
import type { Shell } from './shell.js';
import { NOTHING } from './state.js';

export class Carrier {
  private readonly reports = new Map<Place, PlaceReport>();
  private stopTick: (() => void) | undefined = undefined;

  constructor(
    private readonly shell: Shell,
    private readonly plans: Plans,
    private readonly insistence: Insistence,
  ) {}

  /** A processor that is new. */
  add(place: Place): void {
    this.reports.set(place, new PlaceReport(this.shell, place));
  }

  /** All that there is to do at this moment. */
  carryOut(): void {
    const { shell } = this;
    const { state } = shell;
    const { instructions } = state;
    instructions.pending = false;
    for (const { fn, implementation } of take(instructions.prepare))
      prepareFunction(shell, fn, implementation);
    for (const { record, place } of take(instructions.race)) {
      const twin = shell.make(record.fn, record.args, settingsOfPart(record.settings, { retries: 0 }));
      state.handle({ type: 'race', record, twin, place });
    }
    for (const { record, processors } of take(instructions.plan)) this.plans.cut(record, processors);
    for (const record of take(instructions.assemble)) void this.plans.assemble(record);
    for (const { place, records } of take(instructions.revoke)) this.revoke(place, records);
    for (const { record, reason, force } of take(instructions.abort)) {
      abort(record, reason, false);
      if (force) this.insistence.always(record, reason);
    }
    for (const place of take(instructions.run)) this.run(place);
    for (const record of take(instructions.move)) void shell.moves.home(record);
    for (const { place, key } of take(instructions.free)) place.processor.space.free?.([key]);
    for (const record of take(instructions.settle)) shell.settled(record);
    const { wakeIn } = instructions;
    instructions.wakeIn = undefined;
    if (wakeIn !== undefined && this.stopTick === undefined) this.wakeIn(wakeIn);
  }

  /** Wakes nobody any more. */
  stop(): void {
    this.stopTick?.();
  }

  private wakeIn(micros: number): void {
    const { shell } = this;
    this.stopTick = shell.ports.clock.after(micros, () => {
      this.stopTick = undefined;
      shell.state.handle({ type: 'tick' });
      shell.flushSoon();
    });
  }

  private run(place: Place): void {
    const { outbox } = place;
    const batch = outbox.filter((record) => record.phase === Phase.Sent && record.place === place);
    place.outbox = [];
    // What was cancelled since the others were taken back has not left.
    if (batch.length < outbox.length)
      for (const record of outbox)
        if (record.cancelling && record.place === place) this.shell.state.handle({ type: 'revoked', record });
    if (batch.length === 0) return;
    const report = this.reports.get(place) as PlaceReport;
    if (!place.processor.queues) for (const record of batch) this.shell.started(record);
    try {
      place.processor.run(batch, report);
    } catch (error) {
      // What it has answered for already stays answered.
      for (const record of batch) report.failed(record, error);
    }
  }

  /** What has not left the host's outbox comes back at once; for the rest the processor is asked. */
  private revoke(place: Place, records: readonly TaskRecord[]): void {
    const waiting = new Set(place.outbox);
    const sent = records.filter((record) => !waiting.has(record));
    const unsent = records.filter((record) => waiting.has(record));
    if (unsent.length > 0) {
      const gone = new Set(unsent);
      place.outbox = place.outbox.filter((record) => !gone.has(record));
      for (const record of unsent) this.shell.state.handle({ type: 'revoked', record });
    }
    if (sent.length > 0) place.processor.revoke?.(sent);
  }
}

/** `stop`: at the price of its processor. */
export function abort(record: TaskRecord, reason: unknown, stop: boolean): void {
  record.place?.processor.abort?.([record], reason, stop);
}

/** Empties a list and gives what was in it. */
function take<T>(list: T[]): readonly T[] {
  return list.length === 0 ? NOTHING : list.splice(0);
}
