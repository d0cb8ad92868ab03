/**
 * @file What tasks wait for besides other tasks: how their function travels, blocks that they were cut into, something
 * outside, a processor that has not come yet.
 */
import type { FunctionRecord } from '../functions/registry.js';
import type { Candidates } from './candidates.js';
import type { Instructions } from './events.js';
import type { Place } from './place.js';
import { type RunningPlan, TaskRecord } from './record.js';
import { Uncut } from './uncut.js';

/** How many tasks look at a time whether there is memory. */
const LOOK = 64;

export class Waiting {
  /** Tasks that wait for something outside: a promise, the blocks of a plan. */
  readonly outside = new Set<TaskRecord>();
  /** Tasks that wait to be cut. */
  readonly uncut = new Uncut();
  /** Functions of which it is being found out how they travel. */
  private readonly preparing = new Set<FunctionRecord>();
  /** Tasks that fit no processor yet, while some are still coming. */
  private homeless: TaskRecord[] = [];

  /** Tasks that fit no processor's memory for now; those that have waited longest come first. */
  private crowded: TaskRecord[] = [];
  /** How many of them looked for memory last, and how many have come to wait for it since. */
  private looking = 0;
  private inVain = 0;

  constructor(private readonly instructions: Instructions) {}

  /** Finds out how the function travels to those candidates that need to know. */
  prepare(record: TaskRecord, fn: FunctionRecord, candidates: Candidates): void {
    let waiting = false;
    for (let i = 0; i < candidates.places.length; i++) {
      if ((candidates.places[i] as Place).processor.local) continue;
      const implementation = candidates.implementations[i] as string;
      const travel = fn.travel(implementation);
      if (travel === undefined) {
        fn.setTravel(implementation, { state: 'preparing' });
        this.preparing.add(fn);
        this.instructions.prepare.push({ fn, implementation });
        this.instructions.pending = true;
        waiting = true;
      } else if (travel.state === 'preparing') waiting = true;
    }
    if (waiting) {
      record.pending++;
      fn.waiters.push(record);
    } else fn.readyFor = candidates;
  }

  /** It is known how a function travels: the tasks that waited for it, if nothing more is to be found out. */
  prepared(fn: FunctionRecord): readonly TaskRecord[] {
    if (fn.preparing) return [];
    this.preparing.delete(fn);
    const { waiters } = fn;
    fn.waiters = [];
    return waiters;
  }

  forProcessor(record: TaskRecord): void {
    this.homeless.push(record);
  }

  forMemory(record: TaskRecord): void {
    this.crowded.push(record);
    this.inVain++;
  }

  /** A task ended or a value went. Its memory may be there in a moment: then those that wait for some look again. */
  memoryCame(): void {
    if (this.crowded.length === 0) return;
    this.looking = 0;
    this.wake();
  }

  private wake(): void {
    this.instructions.wakeIn ??= 0;
    this.instructions.pending = true;
  }

  /**
   * Some of those that wait for memory. The others look a moment later, as long as some do not look in vain: where all do,
   * something runs, and will tell by its end.
   */
  takeCrowded(): readonly TaskRecord[] {
    if (this.crowded.length === 0 || (this.looking > 0 && this.inVain >= this.looking)) return [];
    const first = this.crowded.splice(0, LOOK);
    this.looking = first.length;
    this.inVain = 0;
    if (this.crowded.length > 0) this.wake();
    return first;
  }

  /** Processors came: those that waited for some look again. */
  takeHomeless(): readonly TaskRecord[] {
    const { homeless } = this;
    this.homeless = [];
    return homeless;
  }

  /**
   * Whether the call, for which `place` was chosen, may be cut into blocks. A call that is better off whole, on a processor
   * that runs no blocks, is left whole.
   */
  mayBeCut({ fn, planned, settings, inPlace }: TaskRecord, place: Place): boolean {
    if (fn.shape.plan === undefined || planned || inPlace) return false;
    return settings.pieces === 0 && place.runsBlocks;
  }

  /** Asks the planner of a call that may be cut; the call then waits for the answer. */
  askPlanner(record: TaskRecord, candidates: Candidates, place: Place): boolean {
    if (!this.mayBeCut(record, place)) return false;
    record.planned = true;
    let processors = 0;
    for (const { processor, runsBlocks } of candidates.places)
      if (runsBlocks) processors += processor.capacity;
    if (processors < 2) return false;
    if (record.args.some((arg) => arg instanceof TaskRecord && !arg.hosted)) return false;
    record.pending++;
    this.outside.add(record);
    this.instructions.plan.push({ record, processors });
    this.instructions.pending = true;
    return true;
  }

  /** All blocks are there: they are put together. */
  assemble(record: TaskRecord & { readonly plan: RunningPlan | undefined }): void {
    this.outside.add(record);
    this.instructions.assemble.push(record);
    this.instructions.pending = true;
  }

  *all(): IterableIterator<TaskRecord> {
    yield* this.homeless;
    yield* this.crowded;
    yield* this.outside;
    yield* this.uncut;
    for (const fn of this.preparing) yield* fn.waiters;
  }
}
