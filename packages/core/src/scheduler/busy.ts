/** @file Whether the runtime has something to do. As long as it has, the process is held (S10). */
import type { Clock, KeepAlive } from '../ports.js';
import type { SchedulerState } from './state.js';

export class Busy {
  private held = false;
  /** Values on their way to someone who awaits them, and tasks that are about to be spawned from elsewhere. */
  private expected = 0;
  private listeners: (() => void)[] = [];

  /** `atRest`: called whenever nothing is to be done any more. */
  constructor(
    private readonly state: SchedulerState,
    private readonly keepAlive: KeepAlive,
    private readonly clock: Clock,
    private readonly atRest: () => void,
  ) {}

  get now(): boolean {
    return this.state.unsettled > 0 || this.expected > 0;
  }

  expect(): void {
    this.expected++;
  }

  /** What was expected has come. */
  came(): void {
    this.expected--;
  }

  /** Something begins. */
  begin(): void {
    if (!this.held) this.look();
  }

  /** Holds the process, or lets it go. */
  look(): void {
    const { now } = this;
    if (now === this.held) return;
    this.held = now;
    if (now) this.keepAlive.hold();
    else {
      this.keepAlive.release();
      this.atRest();
      for (const listener of this.listeners.splice(0)) listener();
    }
  }

  /** Resolves when there is nothing to do, or after `timeout` ms. */
  rest(timeout: number | undefined): Promise<void> {
    if (!this.now) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = timeout === undefined ? undefined : this.clock.after(timeout * 1000, resolve);
      this.listeners.push(() => {
        stop?.();
        resolve();
      });
    });
  }

  /** Lets the process go, whatever is to be done. */
  letGo(): void {
    this.keepAlive.release();
    this.held = false;
  }
}
