/**
 * @file Messages to a lane other than work. Those of one turn go as one, with the work that is posted in it: a graph of nested
 * tasks sends two for each, and posting all by themselves was half of the main thread's time.
 */
import { CONTROLS, type Control } from './protocol.js';

const SETTLED = Promise.resolve();

export class Controls {
  private waiting: Control[] = [];
  private readonly flushInTurn = (): void => this.post();

  constructor(private readonly send: (message: unknown) => void) {}

  add(message: Control): void {
    if (this.waiting.push(message) === 1) void SETTLED.then(this.flushInTurn);
  }

  /** All that wait, and then a work message: it may need what they say. */
  post(work?: readonly unknown[]): void {
    const { waiting } = this;
    if (waiting.length > 0) {
      this.waiting = [];
      this.send([CONTROLS, work, ...waiting]);
    } else if (work !== undefined) this.send(work);
  }

  /** Who they were for is gone. */
  drop(): void {
    this.waiting = [];
  }
}
