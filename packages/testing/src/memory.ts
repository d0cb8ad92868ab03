/** @file A memory space of a fake processor's own. */
import type { Call, MemorySpace, Mover } from '@poniard/core';

/** Port `MemorySpace`, with its `Mover` to the host. Values are under the ids of the calls that made them. */
export class FakeMemory implements MemorySpace {
  readonly values = new Map<number, unknown>();
  readonly freed: number[] = [];
  readonly moved: number[] = [];

  constructor(
    readonly id: string,
    readonly sharesHost = true,
  ) {}

  free(keys: readonly number[]): void {
    for (const key of keys) {
      this.take(key);
      this.values.delete(key);
      this.freed.push(key);
    }
  }

  /** The value of a call. One that is not here should not have been asked for. */
  take(key: number): unknown {
    if (!this.values.has(key)) throw new Error(`${this.id} has no value of call #${key}`);
    return this.values.get(key);
  }

  /** Carries values to the host. */
  get mover(): Mover {
    return {
      from: this.id,
      to: 'host',
      move: async (call: Call) => {
        this.moved.push(call.id);
        return { value: this.take(call.id) };
      },
    };
  }
}
