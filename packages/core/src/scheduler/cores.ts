/**
 * @file Processors that compute on the same cores, such as CPU threads and a GPU in software. What that GPU gets, the threads
 * lose: it is a resource of its own only as far as they leave cores unused. (P1)
 */
import type { Place } from './place.js';

/** Whether a call of its keeps several cores busy: it then takes as many as are left, and others get the fewer. */
export function isWide({ processor: { cores = 0 } }: Place): boolean {
  return cores > 1;
}

/** The cores of one machine, and the processors on them, as soon as one of these is wide. */
export class Cores {
  private narrow: readonly Place[] = [];
  private wide: readonly Place[] = [];
  /** What the narrow ones take when all are busy. */
  private taken = 0;

  /** `total`: how many the machine has. */
  constructor(private readonly total: number) {}

  /** Processors came or went. */
  arrange(places: readonly Place[]): void {
    const on = places.filter(({ gone, processor }) => !gone && (processor.cores ?? 0) > 0);
    this.wide = on.filter(isWide);
    // One that runs only what names it, such as the calling thread, is idle as a rule.
    this.narrow = on.filter((place) => !isWide(place) && place.processor.defaultEnabled);
    this.taken = this.narrow.reduce((sum, { processor }) => sum + processor.capacity, 0);
    const cores = this.wide.length > 0 ? this : undefined;
    for (const place of places) place.cores = on.includes(place) ? cores : undefined;
  }

  /**
   * µs that work of others keeps a task waiting which would be queued at `place` now. A wide processor begins when a core is
   * free; what it does meanwhile takes cores from the others.
   */
  delay(place: Place): number {
    const wanted = isWide(place) ? this.of(place) : this.taken;
    let micros = 0;
    for (const other of this.wide)
      if (other !== place) micros += other.ownMicros * this.crowding(wanted + this.of(other));
    if (isWide(place) && this.free < 1) {
      let first = Number.POSITIVE_INFINITY;
      for (const { ownMicros } of this.narrow) first = Math.min(first, ownMicros);
      micros += first;
    }
    return micros;
  }

  /**
   * How many times as long as alone a call takes behind so many µs of work. Where nothing waits, a wide processor has the cores that others leave. Else
   * each core could do something else, and what counts is the time that it takes of one.
   */
  stretch(place: Place, waiting: number): number {
    if (!isWide(place)) return 1;
    const wanted = this.of(place);
    const had = waiting > 0 ? 1 : Math.max(1, this.free);
    return wanted / Math.min(wanted, had);
  }

  /** What a call would have taken alone that took `micros` beside what is running: all got their share of the cores. */
  alone(place: Place, micros: number): number {
    let running = isWide(place) ? this.of(place) : place.processor.capacity;
    let beside = isWide(place);
    for (const other of this.wide) {
      if (other === place || other.ownMicros === 0) continue;
      running += this.of(other);
      beside = true;
    }
    if (!beside) return micros;
    for (const other of this.narrow)
      if (other !== place && other.ownMicros > 0) running += other.processor.capacity;
    return running > this.total ? (micros * this.total) / running : micros;
  }

  /** The share of all cores that a call takes. */
  share(place: Place): number {
    return this.of(place) / this.total;
  }

  /** Whether all that a wide processor does slows others down, as soon as all have work. */
  fills(place: Place): boolean {
    return isWide(place) && this.taken > this.total - 1;
  }

  /** The cores that narrow processors leave at this moment. */
  private get free(): number {
    let free = this.total;
    for (const { ownMicros, processor } of this.narrow) if (ownMicros > 0) free -= processor.capacity;
    return free;
  }

  private of({ processor: { cores = 0 } }: Place): number {
    return Math.min(cores, this.total);
  }

  /** Which part of its time a processor loses where so many cores are wanted. */
  private crowding(wanted: number): number {
    return Math.min(1, Math.max(0, (wanted - this.total) / this.total));
  }
}
