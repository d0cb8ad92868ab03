/** @file A `KeepAlive` that holds no process and tells whether it would. */
import type { KeepAlive } from '@poniard/core';

/** Port `KeepAlive`. */
export class FakeKeepAlive implements KeepAlive {
  held = false;
  holds = 0;
  releases = 0;

  hold(): void {
    this.held = true;
    this.holds++;
  }

  release(): void {
    this.held = false;
    this.releases++;
  }
}
