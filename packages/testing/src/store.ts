/** @file A store that remembers what it was given. */
import type { Store, Stored } from '@poniard/core';

/** Port `Store`. */
export class FakeStore implements Store {
  readonly kept: unknown[] = [];
  readonly held = new Set<Stored>();
  bytes = 0;

  keep(value: unknown, bytes: number): Stored {
    this.kept.push(value);
    this.bytes += bytes;
    const stored: Stored = {
      read: () => value,
      drop: () => {
        if (this.held.delete(stored)) this.bytes -= bytes;
      },
    };
    this.held.add(stored);
    return stored;
  }
}
