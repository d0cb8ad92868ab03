/**
 * @file Calls that stand aside. One that needs the result of a call that goes on asynchronously lets those behind it go
 * first: the one that it waits for may itself wait for a task that stands behind it. Slots are used anew when the host
 * takes calls back, so a call is known by its slot and its claim word.
 */
import { Arg, firstArgument } from './protocol.js';

/** A call's part of the work message, and how many results it waits for. */
interface Standing {
  readonly work: unknown[];
  missing: number;
}

export class Aside {
  /** By the call whose result they need. */
  private readonly waiting = new Map<number, Standing[]>();
  /** By slot: the last call there that stands aside. */
  private readonly standing = new Map<number, Standing>();
  /** Calls that have all results now, oldest first. */
  private readonly resumed: Standing[] = [];

  /** `result`: of the last call in a slot. `isOffered`: whether a call that has not begun is still the lane's. */
  constructor(
    private readonly result: (slot: number) => unknown,
    private readonly isOffered: (slot: number, word: number) => boolean,
  ) {}

  /** Whether no call stands aside. */
  get empty(): boolean {
    return this.standing.size === 0;
  }
  /** The next call that may begin, as its part of a work message. */
  get next(): readonly unknown[] | undefined {
    return this.resumed[0]?.work;
  }

  take(): readonly unknown[] {
    const call = this.resumed.shift() as Standing;
    const slot = call.work[1] as number;
    if (this.standing.get(slot) === call) this.standing.delete(slot);
    return call.work;
  }

  /**
   * Takes the call at `from` of a work message out of the queue, if it needs a result that is not there. Gives where
   * the next one begins, or `undefined` where nothing is missing. `runningWord`: of the call that runs in a slot.
   */
  put(
    batch: readonly unknown[],
    from: number,
    runningWord: (slot: number) => number | undefined,
  ): number | undefined {
    const first = from + firstArgument(batch[from + 5] as number);
    const end = first + 2 * (batch[from + 7] as number);
    const missing = new Map<number, number>();
    for (let at = first; at < end; at += 2) {
      const slot = batch[at + 1] as number;
      const word = batch[at] === Arg.Slot ? (runningWord(slot) ?? this.standingWord(slot)) : undefined;
      if (word !== undefined) missing.set(slot, word);
    }
    if (missing.size === 0) return undefined;
    const call: Standing = { work: batch.slice(from, end), missing: missing.size };
    // Slots may be used anew before the call begins.
    for (let at = first; at < end; at += 2) {
      const slot = batch[at + 1] as number;
      if (batch[at] === Arg.Slot && !missing.has(slot)) this.takeInput(call.work, slot);
    }
    for (const [slot, word] of missing) {
      const others = this.waiting.get(key(slot, word));
      if (others === undefined) this.waiting.set(key(slot, word), [call]);
      else others.push(call);
    }
    this.standing.set(batch[from + 1] as number, call);
    return end;
  }

  /** A call has ended, or was taken back: those that stood aside for it go on. */
  ended(slot: number, word: number): void {
    const waiting = this.waiting.get(key(slot, word));
    if (waiting === undefined) return;
    this.waiting.delete(key(slot, word));
    for (const call of waiting) {
      this.takeInput(call.work, slot);
      if (--call.missing === 0) this.resumed.push(call);
    }
  }

  private standingWord(slot: number): number | undefined {
    const word = this.standing.get(slot)?.work[2] as number | undefined;
    return word !== undefined && this.isOffered(slot, word) ? word : undefined;
  }

  private takeInput(work: unknown[], slot: number): void {
    for (let at = firstArgument(work[5] as number); at < work.length; at += 2) {
      if (work[at] !== Arg.Slot || work[at + 1] !== slot) continue;
      work[at] = Arg.Taken;
      work[at + 1] = this.result(slot);
    }
  }
}

/** Words have 30 bits. */
const key = (slot: number, word: number): number => slot * 2 ** 30 + word;
