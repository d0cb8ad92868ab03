/** @file Values on their way between memory spaces: carries them, learns what that costs (P2), tells subscribers (P5). */
import { PoniardError } from '../errors.js';
import type { Mover, Transfer } from '../processor.js';
import { privateCopy, SnapshotArgument } from './arguments.js';
import type { Place } from './place.js';
import { hostValue, type TaskRecord } from './record.js';
import type { Shell } from './shell.js';

export class Moves {
  private readonly movers = new Map<string, Mover>();

  constructor(private readonly shell: Shell) {}

  add(mover: Mover): void {
    this.movers.set(`${mover.from}→${mover.to}`, mover);
  }

  /** C2: brings a result that lives with a processor to the host. */
  async home(record: TaskRecord): Promise<void> {
    const from = record.residence;
    if (from === undefined) return;
    const { state, values, ports } = this.shell;
    const { id } = from.processor.space;
    const began = ports.clock.now();
    try {
      const {
        value,
        codecs,
        buffers,
        micros = ports.clock.now() - began,
      } = await this.mover(id).move(record);
      this.happened({ from: id, to: 'host', bytes: record.bytes, micros, call: record }, from);
      const held = values.hold(record, { value, buffers }, record.bytes);
      state.handle({ type: 'moved', record, value: held, codecs, buffers });
    } catch (error) {
      state.handle({ type: 'unmoved', record, from, error });
    }
    this.shell.flushSoon();
  }

  /** A copy of a value that is changed in place, as it is now. */
  async copy(record: TaskRecord): Promise<unknown> {
    const { residence } = record;
    if (residence !== undefined) {
      const { value, codecs } = await this.mover(residence.processor.space.id).move(record);
      return privateCopy(value, codecs);
    }
    const label = (): string => `the value of ${record.name} (#${record.id})`;
    const arg = this.shell.values.argument(hostValue(record), label);
    return arg instanceof SnapshotArgument ? privateCopy(arg.value, arg.codecs) : arg;
  }

  private mover(space: string): Mover {
    const mover = this.movers.get(`${space}→host`);
    if (mover === undefined) throw new PoniardError(`no Mover from ${space} to host`);
    return mover;
  }

  /** A value has moved. */
  happened({ from, to, bytes, micros, call }: Transfer, by?: Place): void {
    const { state, ports } = this.shell;
    state.costs.transfers.observe(from, to, bytes, micros, call === undefined);
    if (call === undefined || !ports.sink.active) return;
    const { id: task, name } = call;
    const place = by ?? (call as TaskRecord).place;
    ports.sink.emit({
      type: 'chunk:moved',
      time: ports.clock.now(),
      task,
      name,
      processor: place?.processor.id,
      from,
      to,
      bytes,
      micros,
    });
  }
}
