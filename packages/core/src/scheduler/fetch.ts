/** @file Waiting for a value on the host. */
import type { ValueSink } from '../task.js';
import { hostValue, type Listener, Phase, type TaskRecord } from './record.js';
import type { Shell } from './shell.js';

/** Someone who waits for a value: small, since there may be one for each of a million tasks. */
export class Fetch implements Listener {
  constructor(
    private readonly shell: Shell,
    private readonly sink: ValueSink,
    private readonly index: number,
  ) {}

  settled(record: TaskRecord): void {
    if (record.phase > Phase.Finished) {
      this.shell.fetched();
      this.sink.error(this.shell.reject(record));
    } else if (record.inPlace && (record.hosted || record.residence !== undefined)) this.copy(record);
    else if (record.hosted) {
      this.shell.fetched();
      this.sink.value(this.index, hostValue(record));
    } else this.shell.await(record, this);
  }

  /** What is changed in place stays where it is. */
  private copy(record: TaskRecord): void {
    const { residence } = record;
    const done = (tell: () => void): void => {
      this.shell.fetched();
      tell();
      this.shell.flushSoon();
    };
    // The process is held meanwhile.
    this.shell.flushSoon();
    this.shell.moves.copy(record).then(
      (value) => done(() => this.sink.value(this.index, value)),
      (error) => {
        // Where its processor died meanwhile, the value is made again or lost for good.
        if (record.residence !== residence) this.settled(record);
        else done(() => this.sink.error(error));
      },
    );
  }
}
