/**
 * @file The heart of the scheduler: events in, instructions out. It does no I/O, reads no clock and makes no
 * Promise, so that all of it is tested without a thread. How failures spread is in `failing.ts`, where values
 * live in `residence.ts`, how idle processors get work in `stealing.ts`, who may run what in `candidates.ts`.
 */
import { CancelledError, PoniardError } from '../errors.js';
import type { FunctionRecord } from '../functions/registry.js';
import { Absences } from './absences.js';
import { placeBehindInputs, recallBehind, takeBackBehind } from './behind.js';
import { CandidateTable } from './candidates.js';
import { Cores } from './cores.js';
import { sizeClass, TransferTimes, whole } from './costs.js';
import { addDependent, eachDependent, link } from './dependents.js';
import { Instructions, type SchedulerEvent, type Trace } from './events.js';
import { cancelTask, failTask, noProcessor, retryOrFail } from './failing.js';
import { Family, orphaned } from './family.js';
import { LineageBook } from './lineage.js';
import { MemoryPool, Place, sharesHostMemory } from './place.js';
import { Costs, EarliestFinish, type PlacementPolicy } from './placement.js';
import { beginRace, type Loser, learnFromLoser, placeAnew, race, raceEnded } from './racing.js';
import { type Failure, isTerminal, Phase, TaskRecord } from './record.js';
import {
  consumed,
  discard,
  inputsAtHand,
  kept,
  lostProcessor,
  moved,
  needed,
  released,
  sendAhead,
  unmoved,
} from './residence.js';
import { giveWork, stealSent, takeUrgent } from './stealing.js';
import { boundTrials, endTrial } from './trials.js';
import { Waiting } from './waiting.js';
import { Waits } from './waits.js';

/** A dependent with more missing inputs than this is not looked at when one of them is handed out. */
const FEW = 4;

export class SchedulerState {
  readonly places: Place[] = [];
  readonly instructions = new Instructions();
  readonly costs: Costs;
  readonly candidates: CandidateTable;
  private readonly cores: Cores;
  /** Tasks by {@link Phase}. */
  readonly counts = new Int32Array(6);
  /**
   * Tasks that have not been settled. A promise that is an argument does not count: who waits for it does, and when
   * nobody does any more, it keeps neither the process nor `close()`.
   */
  unsettled = 0;
  /** Whether all plug-ins have brought their processors. */
  complete = false;
  readonly absent = new Absences();
  trace: Trace | undefined = undefined;
  readonly waiting = new Waiting(this.instructions);
  /** Functions of which a kind has just been found out how long it takes. */
  private readonly tried: FunctionRecord[] = [];
  /** Runs that came second, whose processors have not answered yet. */
  readonly losers = new Map<TaskRecord, Loser>();
  readonly family = new Family();
  readonly lineage = new LineageBook();
  readonly waits = new Waits();
  private readonly hostMemory = new MemoryPool();
  /** Tasks with all inputs, in the order in which they got them; a list with a head, emptied by `drain`. */
  private readonly ready: TaskRecord[] = [];
  /** Whether any task has had a priority of its own. */
  private prioritised = false;
  /** In the middle of an event. */
  private handling = false;
  /** What came then: a subscriber who is told of a step may cancel tasks or spawn some. */
  private readonly meanwhile: SchedulerEvent[] = [];
  /** Processors that may have room. */
  private readonly hungry: Place[] = [];
  /** Processors that had nothing to do when they were last looked at. */
  private readonly idle: Place[] = [];

  constructor(
    readonly policy: PlacementPolicy = new EarliestFinish(),
    transfers: TransferTimes = new TransferTimes(),
    /** How many the machine has. */
    cores = Number.POSITIVE_INFINITY,
  ) {
    this.cores = new Cores(cores);
    this.costs = new Costs(transfers);
    this.candidates = new CandidateTable(this.places);
  }

  handle(event: SchedulerEvent): void {
    if (this.handling) {
      this.meanwhile.push(event);
      return;
    }
    this.handling = true;
    try {
      this.follow(event);
      while (this.meanwhile.length > 0) this.follow(this.meanwhile.shift() as SchedulerEvent);
    } finally {
      this.handling = false;
    }
  }

  /** An event on its own, or one that is a part of another. */
  follow(event: SchedulerEvent): void {
    switch (event.type) {
      case 'spawn':
        this.spawn(event.record);
        if (event.parent !== undefined) this.spawnedBy(event.parent, event.record);
        break;
      case 'finished':
        this.finished(event.record, event);
        break;
      case 'kept': {
        const { place } = event.record;
        if (this.answered(event.record, event.micros))
          kept(this, event.record, place as Place, event.resident);
        else if (place !== undefined) discard(this, event.record, place);
        break;
      }
      case 'failed':
        if (event.record.cancelling) learnFromLoser(this, event.record, undefined);
        if (this.answered(event.record, undefined)) retryOrFail(this, event.record, event.error);
        break;
      case 'revoked':
        if (this.outOfHands(event.record, undefined)) this.again(event.record);
        break;
      case 'suspended':
        // Code that a task left running may wait for another task when it has ended itself.
        if (event.record.phase !== Phase.Sent && !event.record.cancelling) break;
        event.record.place?.suspend(event.record);
        if (event.record.dependents !== undefined) takeBackBehind(this, event.record);
        this.feedLater(event.record.place);
        break;
      case 'resumed':
        event.record.place?.resume(event.record);
        break;
      case 'handedOut':
        this.family.release(event.record);
        break;
      case 'prepared':
        for (const record of this.waiting.prepared(event.fn)) this.inputCame(record);
        break;
      case 'moved':
        moved(this, event.record, event);
        break;
      case 'unmoved':
        unmoved(this, event.record, event.from, event.error);
        break;
      case 'needed':
        needed(this, event.record);
        break;
      case 'released':
        released(this, event.record);
        break;
      case 'cancel':
        cancelTask(this, event.record, event.error, event.force);
        break;
      case 'race':
        beginRace(this, event.record, event.twin, event.place);
        break;
      case 'planned':
        this.planned(event.record, event.blocks);
        break;
      case 'processorUp':
        this.processorUp(event.processor);
        break;
      case 'processorLost':
        lostProcessor(this, event.place, event.loss);
        break;
      case 'complete':
        this.complete = true;
        this.settleHomeless();
        break;
      case 'tick':
        for (const record of this.waiting.takeCrowded()) this.ready.push(record);
        for (const place of this.places) if (place.hasRoom(undefined)) stealSent(this, place, true);
        break;
      default:
        event satisfies never;
    }
    this.drain();
  }

  /** Follows what an event has set going until nothing moves. */
  private drain(): void {
    const { ready, hungry } = this;
    for (let fn = this.tried.pop(); fn !== undefined; fn = this.tried.pop()) placeAnew(this, fn);
    // Each step settles, queues or hands out a task; a task can take each step a few times only.
    let steps = 1000 + 100 * (this.unsettled + this.places.length);
    while (ready.length > 0 || hungry.length > 0 || this.takeUncut()) {
      for (let i = 0; i < ready.length && steps-- > 0; i++) this.place(ready[i] as TaskRecord);
      // Setting `length` takes 50 ns, even to what it is.
      if (ready.length === 1) ready.pop();
      else if (ready.length > 1) ready.length = 0;
      for (let place = hungry.pop(); place !== undefined && steps-- > 0; place = hungry.pop()) {
        place.hungry = false;
        this.feed(place);
      }
      if (steps <= 0) throw new PoniardError('the scheduler does not come to rest; please report this');
    }
  }

  private takeUncut(): boolean {
    const record = this.waiting.uncut.next();
    return record !== undefined && this.ready.push(record) > 0;
  }

  setPhase(record: TaskRecord, phase: Phase): void {
    this.counts[record.phase]!--;
    this.counts[phase]!++;
    const was = isTerminal(record);
    record.phase = phase;
    if (phase >= Phase.Finished) {
      if (this.waiting.outside.size > 0) this.waiting.outside.delete(record);
      if (!this.family.empty) this.family.release(record);
      if (!this.waits.empty) this.waits.end(record);
      if (this.waiting.uncut.end(record)) this.tried.push(record.fn);
    }
    if (was !== phase >= Phase.Finished && !record.given) this.unsettled += was ? 1 : -1;
  }

  feedLater(place: Place | undefined): void {
    if (place === undefined || place.hungry) return;
    place.hungry = true;
    this.hungry.push(place);
  }

  /** There is more to do than before: processors without work look for some. */
  private wakeIdle(): void {
    if (this.idle.length === 0) return;
    for (const place of this.idle) {
      place.idle = false;
      this.feedLater(place);
    }
    this.idle.length = 0;
  }

  readyLater(record: TaskRecord): void {
    this.ready.push(record);
  }

  private spawn(record: TaskRecord): void {
    this.counts[Phase.Waiting]!++;
    this.trace?.('task:spawn', record, undefined);
    if (record.given) {
      this.waiting.outside.add(record);
      return;
    }
    this.unsettled++;
    if (record.settings.priority !== 0) this.prioritised = true;
    let failed: TaskRecord | undefined;
    const { args } = record;
    for (let i = 0; i < args.length; i++) {
      const arg = args[i];
      if (arg instanceof TaskRecord && !link(arg, record)) failed ??= arg;
    }
    for (const input of record.settings.syncdeps)
      if (!args.includes(input) && !link(input, record)) failed ??= input;
    if (failed !== undefined && !record.settings.allowErrors) {
      failTask(this, record, (failed.value as Failure).error, failed.value as Failure);
      return;
    }
    const candidates = this.candidates.of(record);
    if (candidates.travels && record.fn.readyFor !== candidates)
      this.waiting.prepare(record, record.fn, candidates);
    if (record.pending === 0) this.ready.push(record);
    else if (record.pending <= FEW) this.tryBehind(record);
  }

  /** A task's own task. Code that a task left running when it failed may still spawn: for nobody. */
  private spawnedBy(parent: TaskRecord, child: TaskRecord): void {
    if (isTerminal(child) || parent.phase === Phase.Finished) return;
    if (!isTerminal(parent)) this.family.adopt(parent, child);
    else cancelTask(this, child, orphaned(child, parent, (parent.value as Failure).error), false);
  }

  /** One of the things that a task waits for is there. */
  inputCame(record: TaskRecord): void {
    record.pending--;
    if (record.phase === Phase.Waiting) {
      if (record.pending === 0) this.ready.push(record);
      else if (record.pending <= FEW) this.tryBehind(record);
    }
  }

  /** Puts a task with all inputs into the queue of the processor that the policy picks. */
  private place(record: TaskRecord): void {
    if (record.phase !== Phase.Waiting || record.pending > 0) return;
    if (record.plan !== undefined) {
      this.waiting.assemble(record);
      return;
    }
    const admitted = this.candidates.admitting(record, this.costs);
    if (admitted.places.length === 0) {
      if (!this.complete) this.waiting.forProcessor(record);
      else if (this.candidates.mayGetMemory(record, this.costs)) this.waiting.forMemory(record);
      else failTask(this, record, noProcessor(this, record), undefined);
      return;
    }
    if (admitted.travels && record.fn.readyFor !== admitted) {
      // Processors that came since it was spawned may need to know how its function travels.
      this.waiting.prepare(record, record.fn, admitted);
      if (record.pending > 0) return;
    }
    if (record.isTwin) {
      cancelTask(this, record, new CancelledError('its processor gave it back'), false);
      return;
    }
    if (!inputsAtHand(this, record, undefined)) return;
    const places = admitted.mixed ? boundTrials(record, admitted.places, this.costs) : admitted.places;
    const place = this.policy.choose(record, places, this.costs);
    const mayBeCut = this.waiting.mayBeCut(record, place);
    if (mayBeCut && admitted.mixed && this.waiting.uncut.holds(record, place, admitted.places, this.costs))
      return;
    // Blocks are cut from values on the host: what a device has comes there first.
    if (mayBeCut && !inputsAtHand(this, record, place)) return;
    if (!this.waiting.askPlanner(record, admitted, place)) this.enqueue(record, place);
    else if (admitted.mixed) this.waiting.uncut.begin(record, place, this.costs);
  }

  enqueue(record: TaskRecord, place: Place): void {
    const { kind } = place.processor;
    const known = this.costs.known(record, kind);
    record.estimate = whole(known ?? this.costs.unknown(record));
    if (known === undefined && this.candidates.several && !record.fn.trials.has(kind))
      record.fn.trials.set(kind, record);
    this.counts[record.phase]!--;
    this.counts[Phase.Queued]!++;
    // Told before: a listener may ask what it costs everywhere.
    this.trace?.('task:ready', record, place);
    place.enqueue(record, record.args.length === 0 || record.depth === 0);
    this.feedLater(place);
  }

  /** Hands queued tasks to a processor while it has room, and finds it others when its queue is empty. */
  private feed(place: Place): void {
    for (;;) {
      const next = place.backlog.peek();
      if (next === undefined) {
        if (place.up && place.hasRoom(undefined) && giveWork(this, place)) continue;
        if (this.candidates.several) race(this, place);
        if (place.sentCount === 0 && !place.idle && place.processor.defaultEnabled) {
          place.idle = true;
          this.idle.push(place);
        }
        return;
      }
      // What has been learnt since it was queued: the first run of a function may be a thousand times its later ones.
      place.reestimate(next, whole(this.costs.run(next, place.processor.kind)));
      if (!place.hasRoom(next)) {
        if (next.depth > 0) sendAhead(this, next, place);
        // A policy may have left others idle. Looking less and less often keeps it cheap where they can take nothing.
        if (this.idle.length > 0 && (place.backlogCount & (place.backlogCount - 1)) === 0) this.wakeIdle();
        return;
      }
      if (this.prioritised && takeUrgent(this, place, next)) continue;
      place.backlog.shift();
      place.forget(next);
      this.send(next, place);
    }
  }

  private send(record: TaskRecord, place: Place): void {
    this.counts[record.phase]!--;
    this.counts[Phase.Waiting]!++;
    record.phase = Phase.Waiting;
    if (!inputsAtHand(this, record, place)) {
      endTrial(record, place);
      return;
    }
    this.counts[Phase.Waiting]!--;
    this.counts[Phase.Sent]!++;
    place.send(record);
    if (place.outbox.length === 0) this.instructions.run.push(place);
    place.outbox.push(record);
    this.instructions.pending = true;
    this.trace?.('task:assigned', record, place);
    // One whose time is not known: others may run it too.
    if (this.candidates.several && record.fn.trials.size > 0)
      for (const other of this.idle) race(this, other);
    if (record.dependents !== undefined && place.processor.queues) {
      eachDependent(record, (dependent) => {
        if (dependent.phase === Phase.Waiting && dependent.pending <= FEW) this.tryBehind(dependent);
      });
    }
  }

  private tryBehind(record: TaskRecord): void {
    const place = placeBehindInputs(this, record);
    if (place !== undefined) this.enqueue(record, place);
  }

  /** A processor has answered. Whether the answer still matters. */
  private answered(record: TaskRecord, micros: number | undefined): boolean {
    const { place } = record;
    if (!this.outOfHands(record, micros)) return false;
    this.trace?.('task:answer', record, place, undefined, micros);
    return true;
  }

  /** Takes the task out of its processor's hands. Whether that still had a right to it. */
  private outOfHands(record: TaskRecord, micros: number | undefined): boolean {
    const { place } = record;
    const { fn } = record;
    if (place === undefined || (record.phase !== Phase.Sent && !record.cancelling)) return false;
    place.unsend(record);
    this.feedLater(place);
    this.waiting.memoryCame();
    const wasTrial = endTrial(record, place);
    if (wasTrial && micros !== undefined && this.candidates.of(record).mixed) this.tried.push(fn);
    const alone = micros === undefined ? undefined : this.costs.alone(record, place, micros, wasTrial);
    if (record.cancelling) {
      record.cancelling = false;
      if (alone !== undefined) learnFromLoser(this, record, alone);
      this.losers.delete(record);
      return false;
    }
    if (alone !== undefined) {
      const bytes = this.costs.inputBytes(record);
      fn.times.observe(place.processor.kind, sizeClass(bytes), alone);
      if (bytes > 0) record.hadData = true;
      record.estimate = whole(alone);
      place.finished++;
    }
    return true;
  }

  private finished(record: TaskRecord, event: Extract<SchedulerEvent, { type: 'finished' }>): void {
    if (!record.given && record.plan === undefined && !this.answered(record, event.micros)) return;
    if (isTerminal(record)) return;
    if (record.plan !== undefined) this.costs.observeBlocks(record, record.plan);
    record.value = event.value;
    record.codecs = event.codecs;
    record.buffers = event.buffers;
    record.bytes = event.bytes;
    record.hosted = true;
    record.depth = 0;
    this.settleFinished(record);
    record.args = NOTHING;
  }

  /** Common to results on the host and elsewhere. */
  settleFinished(record: TaskRecord): void {
    consumed(this, record);
    record.plan = undefined;
    this.setPhase(record, Phase.Finished);
    if (!this.family.empty) this.family.disown(record);
    this.trace?.('task:finish', record, undefined, record.bytes);
    const { dependents } = record;
    record.dependents = undefined;
    if (dependents !== undefined) {
      if (Array.isArray(dependents)) {
        for (const dependent of dependents) this.finishInput(record, dependent);
        if (this.idle.length > 0) this.wakeIdle();
      } else this.finishInput(record, dependents);
    }
    this.settle(record);
    if (record.twin !== undefined) raceEnded(this, record);
  }

  private finishInput(record: TaskRecord, dependent: TaskRecord): void {
    if (isTerminal(dependent)) return;
    record.consumers++;
    this.inputCame(dependent);
  }

  settle(record: TaskRecord): void {
    if (record.settled && record.listeners === undefined) return;
    record.settled = true;
    this.instructions.settle.push(record);
    this.instructions.pending = true;
  }

  /** A task that was handed out comes back unstarted, or starts anew. */
  again(record: TaskRecord): void {
    if (record.phase === Phase.Sent) this.setPhase(record, Phase.Waiting);
    const { place } = record;
    record.place = undefined;
    if (place !== undefined && place.outbox.length > 0 && record.dependents !== undefined)
      recallBehind(this, record, place);
    if (record.pending === 0) this.ready.push(record);
  }

  private planned(record: TaskRecord, blocks: readonly TaskRecord[]): void {
    if (isTerminal(record)) return;
    if (blocks.length === 0) this.waiting.uncut.end(record);
    for (const block of blocks) {
      if (block.phase > Phase.Finished) {
        failTask(this, record, (block.value as Failure).error, block.value as Failure);
        return;
      }
      if (block.phase === Phase.Finished) block.consumers++;
      else {
        record.pending++;
        addDependent(block, record);
      }
    }
    this.inputCame(record);
  }

  /** Everything that is unsettled. */
  live(): Set<TaskRecord> {
    const found = new Set<TaskRecord>();
    const work: TaskRecord[] = [...this.waiting.all(), ...this.ready];
    for (const place of this.places) work.push(...place.backlog, ...place.sent(), ...place.residents);
    for (let record = work.pop(); record !== undefined; record = work.pop()) {
      if (found.has(record)) continue;
      found.add(record);
      eachDependent(record, (dependent) => work.push(dependent));
    }
    for (const record of found) if (isTerminal(record)) found.delete(record);
    return found;
  }

  private processorUp(processor: Place['processor']): void {
    const existing = this.places.find((place) => place.processor === processor);
    const memory = sharesHostMemory(processor) ? this.hostMemory : new MemoryPool();
    if (existing === undefined) this.places.push(new Place(processor, this.places.length, memory));
    else existing.up = true;
    this.processorsChanged();
    this.trace?.('processor:up', undefined, existing ?? this.places.at(-1));
    for (const place of this.places) this.feedLater(place);
    this.settleHomeless();
  }

  processorsChanged(): void {
    this.candidates.changed();
    this.cores.arrange(this.places);
  }

  settleHomeless(): void {
    for (const record of this.waiting.takeHomeless()) {
      if (isTerminal(record)) continue;
      const candidates = this.candidates.of(record);
      if (candidates.travels && record.fn.readyFor !== candidates)
        this.waiting.prepare(record, record.fn, candidates);
      if (record.pending === 0) this.ready.push(record);
    }
  }
}

export const NOTHING: readonly never[] = [];
