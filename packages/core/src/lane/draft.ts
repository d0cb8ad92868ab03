/** @file A message to a lane while it is written. */

/**
 * Its array is used again for the next message. A new one that grows by `push` is copied on the way: that was 460 of
 * the 1,540 bytes that a task of a chain allocated, and memory that is touched for the first time costs a page fault.
 */
export class Draft {
  length = 0;
  private readonly items: unknown[] = [];

  add(item: unknown): void {
    if (this.length === this.items.length) this.items.push(item);
    else this.items[this.length] = item;
    this.length++;
  }

  /** Forgets what was added since it had this length. */
  cut(length: number): void {
    this.items.fill(undefined, length, this.length);
    this.length = length;
  }

  /** What was written; the draft is empty again. */
  take(): unknown[] {
    const message = this.items.slice(0, this.length);
    this.cut(0);
    return message;
  }
}
