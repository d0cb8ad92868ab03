/** @file Where a task runs: the cost of each processor, term by term, and the policy that picks one (P1). */

import { SnapshotArgument } from './arguments.js';
import { ANY_SIZE, sizeClass, type TransferTimes, UNKNOWN_MICROS } from './costs.js';
import type { Place } from './place.js';
import { Phase, type RunningPlan, TaskRecord } from './record.js';

/** The terms of P1, in µs. */
export interface CostTerms {
  /** Work that is queued before it. */
  readonly queued: number;
  /** Bringing the inputs that the processor lacks. */
  readonly transfer: number;
  readonly run: number;
  readonly total: number;
  /** Whether `run` was measured on this kind of processor; else it is a guess, and 0 where the kind is to be tried. */
  readonly measured: boolean;
}

/**
 * Port: picks one of the processors that admit a task. Replace it under the token `PLACEMENT_POLICY`.
 * `candidates` is never empty; the answer is one of them.
 */
export interface PlacementPolicy {
  choose(task: TaskRecord, candidates: readonly Place[], costs: Costs): Place;
}

/** Estimates, as a policy may ask for them. */
export class Costs {
  constructor(readonly transfers: TransferTimes) {}

  /** The bytes of a task's inputs, as far as they are known. */
  inputBytes(task: TaskRecord): number {
    let bytes = 0;
    const { args } = task;
    for (let i = 0; i < args.length; i++) {
      const arg = args[i];
      if (typeof arg === 'object' && arg !== null) bytes += arg.bytes;
      else if (typeof arg === 'string') bytes += arg.length;
    }
    return bytes;
  }

  /** The class of the size of a task's inputs; `ANY_SIZE` while one of them is still being made. */
  size(task: TaskRecord): number {
    let bytes = 0;
    const { args } = task;
    for (let i = 0; i < args.length; i++) {
      const arg = args[i];
      if (typeof arg === 'object' && arg !== null) {
        if (arg instanceof TaskRecord && arg.phase < Phase.Finished) return ANY_SIZE;
        bytes += arg.bytes;
      } else if (typeof arg === 'string') bytes += arg.length;
    }
    return sizeClass(bytes);
  }

  /** Expected µs on a kind of processor; a kind that has not tried it is taken to be as fast as the best that has. */
  run(task: TaskRecord, kind: string): number {
    return this.known(task, kind) ?? this.unknown(task);
  }

  /** The same for a kind that has not run it on inputs of about this size. */
  unknown(task: TaskRecord): number {
    return this.bestKnown(task) ?? task.fn.times.guess(this.size(task)) ?? UNKNOWN_MICROS;
  }

  /** Whether the kind has run the function on inputs of about this size. */
  measured(task: TaskRecord, kind: string): boolean {
    return this.known(task, kind) !== undefined;
  }

  /** Whether the kind would be tried: it has not run the function, and another has. */
  isTrial(task: TaskRecord, kind: string): boolean {
    return this.known(task, kind) === undefined && this.bestKnown(task) !== undefined;
  }

  /**
   * What a choice is made by. A kind that is unknown is taken to need nothing while bringing the inputs there costs at most
   * half of what the best needs: so it is tried when it might win by much, and not when it could hardly.
   */
  hoped(task: TaskRecord, kind: string, transfer: number): number {
    const known = this.known(task, kind);
    if (known !== undefined) return known;
    const best = this.bestKnown(task);
    return best !== undefined && 2 * transfer <= best ? 0 : this.run(task, kind);
  }

  /** What was learnt, or what the user says. */
  known(task: TaskRecord, kind: string): number | undefined {
    const { timeUtil } = task.settings;
    if (timeUtil !== undefined) return timeUtil * 1000;
    return task.fn.times.expected(kind, this.size(task));
  }

  private bestKnown(task: TaskRecord): number | undefined {
    return task.fn.times.best(this.size(task));
  }

  /**
   * What a call that took so many µs on `place` would have taken there alone. Where its cores are others' too, the account of
   * trials is kept.
   */
  alone(task: TaskRecord, place: Place, micros: number, wasTrial: boolean): number {
    if (place.cores === undefined) return micros;
    const alone = place.cores.alone(place, micros);
    const { times } = task.fn;
    times.worked += place.share * alone;
    if (wasTrial && place.fillsCores) times.wasted += Math.max(0, alone - (this.bestKnown(task) ?? alone));
    return alone;
  }

  /**
   * A call has run as blocks: learns what it takes when all processors of their kind are at it, which is what another kind
   * that runs it whole is to be compared with.
   */
  observeBlocks(task: TaskRecord, { blocks, processors }: RunningPlan): void {
    const place = blocks[0]?.place;
    if (place === undefined) return;
    const { kind } = place.processor;
    const micros = blocks.reduce((total, { estimate }) => total + estimate, 0);
    const { times } = task.fn;
    times.observe(kind, sizeClass(this.inputBytes(task)), micros / processors);
    times.worked += place.share * micros;
  }

  /** Expected µs to bring what `place` lacks; what it has a copy of counts nothing (C2). */
  transfer(task: TaskRecord, place: Place): number {
    let micros = 0;
    const { args } = task;
    const to = place.processor.space.id;
    for (let i = 0; i < args.length; i++) {
      const arg = args[i];
      if (typeof arg !== 'object' || arg === null) continue;
      if (arg instanceof SnapshotArgument || arg.hosted) {
        if (!place.sharesHostMemory && !hasCopy(task, i, place))
          micros += this.transfers.expected('host', to, arg.bytes);
      } else if (arg.residence !== undefined && arg.residence !== place) {
        micros += this.transfers.expected(arg.residence.processor.space.id, 'host', arg.bytes);
        if (!place.sharesHostMemory) micros += this.transfers.expected('host', to, arg.bytes);
      }
    }
    return micros;
  }

  terms(task: TaskRecord, place: Place): CostTerms {
    const queued = place.queuedMicros;
    const transfer = this.transfer(task, place);
    const run = this.hoped(task, place.processor.kind, transfer) * place.stretch();
    const measured = this.measured(task, place.processor.kind);
    return { queued, transfer, run, total: queued + transfer + run, measured };
  }
}

/** Whether an input that is on the host is in the memory of `place` too. */
function hasCopy(task: TaskRecord, index: number, place: Place): boolean {
  const { space } = place.processor;
  if (space.holds !== undefined) return space.holds(task, index);
  const arg = task.args[index];
  return arg instanceof TaskRecord && arg.residence === place;
}

/** A run time that is longer by this factor at most is about the same. */
const ABOUT = 1.05;

/**
 * The default: the earliest expected finish. Tasks that cost about the same everywhere go in runs to one processor
 * before the next gets some, so that neighbours in a graph meet on one worker and messages carry many.
 */
export class EarliestFinish implements PlacementPolicy {
  private last: Place | undefined = undefined;
  /** In µs. Below it, a difference in cost is not worth leaving the last choice. */
  constructor(private readonly stickiness = 50) {}

  choose(task: TaskRecord, candidates: readonly Place[], costs: Costs): Place {
    let best = candidates[0] as Place;
    if (candidates.length === 1) return best;
    let least = Number.POSITIVE_INFINITY;
    let lastCost = Number.POSITIVE_INFINITY;
    let leastRun = 0;
    let lastRun = 0;
    const hasData = hasObjects(task);
    let kind = '';
    let run: number | undefined;
    for (let i = 0; i < candidates.length; i++) {
      const place = candidates[i] as Place;
      if (place.processor.kind !== kind) {
        kind = place.processor.kind;
        run = costs.known(task, kind);
      }
      const transfer = hasData ? costs.transfer(task, place) : 0;
      const hoped = (run ?? costs.hoped(task, kind, transfer)) * place.stretch();
      const cost = place.queuedMicros + transfer + hoped;
      if (place === this.last) {
        lastCost = cost;
        lastRun = hoped;
      }
      if (cost < least) {
        least = cost;
        leastRun = hoped;
        best = place;
      }
    }
    const isAsFast = lastRun <= ABOUT * leastRun;
    if (isAsFast && lastCost - least <= this.stickiness && this.last !== undefined) return this.last;
    this.last = best;
    return best;
  }
}

function hasObjects(task: TaskRecord): boolean {
  const { args } = task;
  for (let i = 0; i < args.length; i++) if (typeof args[i] === 'object' && args[i] !== null) return true;
  return false;
}

/** Whether a processor takes a task, or why not. */
export function admission(task: TaskRecord, place: Place, costs: Costs): true | string {
  const lack = memoryLack(task, place, costs);
  if (lack !== undefined) return lack;
  const answer = place.processor.accepts(task);
  if (answer === true) return true;
  return answer === false ? 'it does not accept this call' : answer.reason;
}

/**
 * What a processor lacks of the memory for a task: for the inputs, which it would have to hold, and for what the user says
 * that it takes besides. What others that it has will take is no longer free.
 */
export function memoryLack(task: TaskRecord, place: Place, costs: Costs): string | undefined {
  const { processor } = place;
  if (processor.freeMemory === undefined) return undefined;
  const { allocUtil } = task.settings;
  if (allocUtil === 0 && !hasObjects(task)) return undefined;
  const needed = costs.inputBytes(task) + allocUtil;
  const free = Math.max(0, processor.freeMemory() - place.memory.reserved);
  return needed > free ? `it has ${free} bytes free and the task takes ${needed}` : undefined;
}
