/** @file The default store: values stay in the host's memory, and are counted. */
import type { Store, Stored } from './ports.js';

export class MemoryStore implements Store {
  bytes = 0;

  keep(value: unknown, bytes: number): Stored {
    this.bytes += bytes;
    let held = true;
    return {
      read: () => value,
      drop: () => {
        if (held) this.bytes -= bytes;
        held = false;
      },
    };
  }
}
