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
    } else if (record.hosted) {
      this.shell.fetched();
      this.sink.value(this.index, hostValue(record));
    } else this.shell.await(record, this);
  }
}
