/**
 * @file Messages to a lane other than work. Those of one turn go as one, with the work that is posted in it: a graph of nested
 * tasks sends two for each, and posting all by themselves was half of the main thread's time. What is frequent is flat: an
 * object for each cost 2.6 µs to clone, and two elements of an array 0.2.
 */
import { CONTROLS, type Control } from './protocol.js';

const SETTLED = Promise.resolve();

export class Controls {
  private spawns: number[] = [];
  private values: unknown[] = [];
  private others: Control[] = [];
  private coming = false;
  private readonly flushInTurn = (): void => {
    this.coming = false;
    this.post();
  };

  constructor(private readonly send: (message: unknown) => void) {}

  /** A nested task of the lane has another id than its number. */
  spawned(task: number, id: number): void {
    this.spawns.push(task, id);
    this.flushSoon();
  }

  /** A nested task has finished with a primitive. */
  finished(task: number, value: unknown): void {
    this.values.push(task, value);
    this.flushSoon();
  }

  add(message: Control): void {
    this.others.push(message);
    this.flushSoon();
  }

  /** All that wait, and then a work message: it may need what they say. */
  post(work?: readonly unknown[]): void {
    const { spawns, values, others } = this;
    if (spawns.length + values.length + others.length > 0) {
      this.drop();
      this.send([CONTROLS, spawns, values, others, work]);
    } else if (work !== undefined) this.send(work);
  }

  /** Who they were for is gone. */
  drop(): void {
    this.spawns = [];
    this.values = [];
    this.others = [];
  }

  private flushSoon(): void {
    if (this.coming) return;
    this.coming = true;
    void SETTLED.then(this.flushInTurn);
  }
}
