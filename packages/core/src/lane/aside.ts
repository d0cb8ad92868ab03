/**
 * @file Calls that stand aside. One that needs the result of a call that goes on asynchronously lets those behind it go
 * first: the one that it waits for may itself wait for a task that stands behind it.
 */
import { Arg, firstArgument } from './protocol.js';

/** A call's part of the work message, and how many results it waits for. */
interface Standing {
  readonly work: unknown[];
  missing: number;
}

export class Aside {
  /** By the slot of an earlier call whose result they need. */
  private readonly waiting = new Map<number, Standing[]>();
  private readonly slots = new Set<unknown>();
  /** Calls that have all results now, oldest first. */
  private readonly resumed: unknown[][] = [];

  constructor(private readonly result: (slot: number) => unknown) {}

  /** Whether no call stands aside. */
  get empty(): boolean {
    return this.slots.size === 0;
  }
  /** The next call that may begin, as its part of a work message. */
  get next(): readonly unknown[] | undefined {
    return this.resumed[0];
  }

  take(): readonly unknown[] {
    const work = this.resumed.shift() as unknown[];
    this.slots.delete(work[1]);
    return work;
  }

  /**
   * Takes the call at `from` of a work message out of the queue, if it needs a result that is not there. Gives where
   * the next one begins, or `undefined` where nothing is missing.
   */
  put(batch: readonly unknown[], from: number, isRunning: (slot: number) => boolean): number | undefined {
    const first = from + firstArgument(batch[from + 5] as number);
    const end = first + 2 * (batch[from + 7] as number);
    const missing = new Set<number>();
    for (let at = first; at < end; at += 2) {
      const slot = batch[at + 1] as number;
      if (batch[at] === Arg.Slot && (isRunning(slot) || this.slots.has(slot))) missing.add(slot);
    }
    if (missing.size === 0) return undefined;
    const call: Standing = { work: batch.slice(from, end), missing: missing.size };
    // Slots may be used anew before the call begins.
    for (let at = first; at < end; at += 2) {
      const slot = batch[at + 1] as number;
      if (batch[at] === Arg.Slot && !missing.has(slot)) this.takeInput(call.work, slot);
    }
    for (const slot of missing) {
      const others = this.waiting.get(slot);
      if (others === undefined) this.waiting.set(slot, [call]);
      else others.push(call);
    }
    this.slots.add(batch[from + 1]);
    return end;
  }

  /** The call in `slot` has ended: those that stood aside for it go on. */
  ended(slot: number): void {
    const waiting = this.waiting.get(slot);
    if (waiting === undefined) return;
    this.waiting.delete(slot);
    for (const call of waiting) {
      this.takeInput(call.work, slot);
      if (--call.missing === 0) this.resumed.push(call.work);
    }
  }

  private takeInput(work: unknown[], slot: number): void {
    for (let at = firstArgument(work[5] as number); at < work.length; at += 2) {
      if (work[at] !== Arg.Slot || work[at + 1] !== slot) continue;
      work[at] = Arg.Taken;
      work[at + 1] = this.result(slot);
    }
  }
}
