/**
 * @file Claim words: who has a call. The lane claims it when it begins, the host when it takes it back, both by one
 * compare-and-swap on shared memory (19 ns), so that each call goes to exactly one of them. After a crash the words
 * tell which calls had begun.
 */
const QUEUED = 1;
const RUNNING = 2;
const DONE = 3;
const REVOKED = 0;

/** Keeps words positive 32-bit numbers. */
const GENERATIONS = 2 ** 28;

export class Claims {
  constructor(readonly words: Int32Array) {}

  static create(slots: number): Claims {
    return new Claims(new Int32Array(new SharedArrayBuffer(slots * 4)));
  }

  /** Host: a new call in `slot`. The word goes with it, and tells it from earlier calls in the same slot. */
  offer(slot: number, generation: number): number {
    const word = (generation % GENERATIONS) * 4 + QUEUED;
    Atomics.store(this.words, slot, word);
    return word;
  }

  /** Lane: begins the call, unless it was taken back. */
  begin(slot: number, word: number): boolean {
    return Atomics.compareExchange(this.words, slot, word, word - QUEUED + RUNNING) === word;
  }

  /** Lane: the call has ended; its answer is on the way. */
  end(slot: number, word: number): void {
    Atomics.store(this.words, slot, word - QUEUED + DONE);
  }

  /** Host: takes the call back, unless it has begun. */
  revoke(slot: number, word: number): boolean {
    return Atomics.compareExchange(this.words, slot, word, word - QUEUED + REVOKED) === word;
  }

  /** Whether the call is in its slot, and has neither begun nor been taken back. */
  isOffered(slot: number, word: number): boolean {
    return Atomics.load(this.words, slot) === word;
  }

  hasBegun(slot: number, word: number): boolean {
    const now = Atomics.load(this.words, slot);
    return now === word - QUEUED + RUNNING || now === word - QUEUED + DONE;
  }

  isRunning(slot: number, word: number): boolean {
    return Atomics.load(this.words, slot) === word - QUEUED + RUNNING;
  }
}
