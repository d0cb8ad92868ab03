/**
 * @file A graph of tasks on fake processors, where everything that can happen happens in an order that a list of
 * numbers decides; and the plain sequential evaluation that it must agree with.
 */
import { FakeMemory, FakeProcessor } from '@poniard/testing';
import { CancelledError, SchedulingError, WorkerLostError } from '../../errors.js';
import type { FunctionRecord } from '../../functions/registry.js';
import { inPlace } from '../../options.js';
import type { Call } from '../../processor.js';
import { PiecesArgument } from '../in-place.js';
import { type Failure, Phase, type TaskRecord } from '../record.js';
import { Driver } from './driver.js';
import { ERROR, PIECE, type ProcessorSpec, result, type Scenario, type TaskSpec } from './scenario.js';

/** How one task of the scenario went, on the test's side. */
interface Ledger {
  runs: number;
  throws: number;
  /** Runs that a lost processor cut off. */
  cutOff: number;
  cancelled: boolean;
  /** The task whose code spawned it. */
  readonly parent: TaskRecord | undefined;
  /** An input of it had failed when it was spawned. */
  readonly late: boolean;
}

export class Simulation {
  readonly driver: Driver;
  private readonly processors: FakeProcessor[];
  private readonly late: FakeProcessor[] = [];
  private readonly tasks: TaskRecord[] = [];
  private readonly ledger: Ledger[] = [];
  private readonly preparing: { fn: FunctionRecord; implementation: string }[] = [];
  private readonly down = new Set<FakeProcessor>();
  private readonly suspended = new Map<Call, FakeProcessor>();
  /** Calls that did not end well on a processor, so that later ones there cannot have their results. */
  private readonly ended = new Map<FakeProcessor, Set<number>>();
  private complete = false;
  private losses = 0;
  /** Tasks whose handles are gone: nobody can ask for their results. */
  private readonly dropped = new Set<TaskRecord>();
  private readonly shard: PiecesArgument;
  private readonly fns: Record<TaskSpec['sort'], ReturnType<Simulation['makeFunction']>>;

  constructor(private readonly scenario: Scenario) {
    this.processors = scenario.processors.map((spec, i) => this.makeProcessor(spec, i));
    // The last one, where there are several, comes late.
    if (this.processors.length > 1) this.late.push(this.processors.pop() as FakeProcessor);
    this.driver = new Driver(this.processors, {
      incomplete: true,
      prepare: (fn, implementation) => void this.preparing.push({ fn, implementation }),
    });
    this.fns = {
      plain: this.makeFunction({}),
      other: this.makeFunction({}),
      onlyB: this.makeFunction({ onlyB: true }),
      both: this.makeFunction({ both: true }),
      planned: this.makeFunction({ planned: true }),
      either: this.makeFunction({ planned: true, both: true }),
    };
    this.shard = this.makeShard();
  }

  /** Lets everything happen, and compares. */
  run(): void {
    try {
      for (const number of this.scenario.steps) this.step(number);
      this.finishAll();
      this.compare();
      this.releaseAll();
    } catch (error) {
      throw new Error(`${(error as Error).message}\n\n${this.driver.story()}`, { cause: error });
    }
  }

  private makeProcessor(spec: ProcessorSpec, i: number): FakeProcessor {
    const { keeps, sharesHost, ...traits } = spec;
    const id = `${spec.kind}:${i}`;
    return new FakeProcessor({
      ...traits,
      id,
      implementations: spec.kind === 'b' ? ['b', 'host'] : ['host'],
      space: new FakeMemory(`memory of ${id}`, sharesHost),
      keeps: (call) => (call as TaskRecord).inPlace || (keeps > 0 && call.id % keeps === 0),
      // One task in eleven is refused by one processor in two.
      accepts: (call) => i % 2 === 0 || call.id % 11 !== 0,
    });
  }

  /** A piece on each of the processors that are there. */
  private makeShard(): PiecesArgument {
    const wanted = this.scenario.tasks.some(({ takesPiece }) => takesPiece);
    const keys = wanted ? this.processors.map(({ id }) => id) : [];
    const make = (): number => PIECE;
    const pieces = keys.map((id) =>
      this.driver.spawn(make, [], { name: `piece on ${id}`, processor: id, ...{ [inPlace]: 'piece' } }),
    );
    return new PiecesArgument(pieces, keys, ({ processor }) => processor.id);
  }

  private makeFunction({ onlyB, both, planned }: { onlyB?: boolean; both?: boolean; planned?: boolean }) {
    const body = (index: number, ...values: number[]): number => {
      const ledger = this.ledger[index] as Ledger;
      const spec = this.scenario.tasks[index] as TaskSpec;
      ledger.runs++;
      if (ledger.throws < spec.throws) {
        ledger.throws++;
        throw new Error(`task ${index} throws`);
      }
      return result(index, values);
    };
    const block = (values: number[], index: number): number => result(index, values);
    const plan = (args: readonly unknown[]) => {
      const [index, ...values] = args as [number, ...number[]];
      if (index % 3 === 0) return undefined;
      return {
        blocks: [
          { fn: block, args: [values, index] },
          { fn: () => 1, args: [] },
        ],
        finish: (results: unknown[]) => {
          const [value, one] = results as [number, number];
          if (one !== 1) throw new Error(`a block gave ${one}`);
          return value;
        },
      };
    };
    const implementations = both ? { host: body, b: body } : { [onlyB ? 'b' : 'host']: body };
    return { body, shape: { implementations, ...(planned && { plan }) } };
  }

  // --- what can happen ---------------------------------------------------------------------------------------

  private step(number: number): void {
    const choose = <T>(list: readonly T[]): T | undefined => list[Math.floor(number / 64) % list.length];
    const kind = number % 64;
    if (kind < 16) this.spawnNext();
    else if (kind < 38) this.endOne(choose(this.up()), Math.floor(number / 512));
    else if (kind < 42) this.arrive(Math.floor(number / 64));
    else if (kind < 45) this.prepareOne();
    else if (kind < 48) this.giveBack(choose(this.up()), number);
    else if (kind < 50) this.suspend(choose(this.up()));
    else if (kind < 52) this.resume();
    else if (kind < 54) this.addLate();
    else if (kind < 55) this.bringBack();
    else if (kind < 57) this.fetch(choose(this.tasks));
    else if (kind < 59) this.drop(choose(this.tasks));
    else if (kind < 60) this.driver.handle({ type: 'tick' });
    else if (kind < 61) this.completeNow();
    else if (this.scenario.faults && kind < 62) this.lose(choose(this.up()), number);
    else if (this.scenario.faults) this.cancel(choose(this.tasks), number);
  }

  private up(): FakeProcessor[] {
    return this.processors.filter((processor) => !this.down.has(processor));
  }

  private spawnNext(): boolean {
    const index = this.tasks.length;
    const spec = this.scenario.tasks[index];
    if (spec === undefined) return false;
    const earlier = (back: number): TaskRecord[] =>
      index === 0 ? [] : [this.tasks[Math.max(0, index - back)] as TaskRecord];
    const [inputs, syncdeps] = [spec.inputs.flatMap(earlier), spec.after.flatMap(earlier)];
    const parent = spec.nested && !spec.takesPiece ? this.running(index) : undefined;
    const late = [...inputs, ...syncdeps].some(({ phase }) => phase > Phase.Finished);
    this.ledger.push({ runs: 0, throws: 0, cutOff: 0, cancelled: false, parent, late });
    const { body, shape } = this.fns[spec.sort];
    this.driver.fn(body, { name: spec.sort, ...shape });
    const args = [index, ...inputs];
    const options = {
      name: `${spec.sort} ${index}`,
      syncdeps,
      retries: spec.retries,
      priority: spec.priority,
      occupancy: spec.occupancy,
      allowErrors: spec.tolerant,
      ...{ [inPlace]: spec.inPlace },
    };
    this.tasks.push(
      spec.takesPiece
        ? this.driver.spawnOnShard(body, args, this.shard, options)
        : this.driver.spawn(body, args, options, parent),
    );
    return true;
  }

  /** A task that runs. */
  private running(which: number): TaskRecord | undefined {
    const begun = this.up().flatMap((processor) =>
      processor.calls.filter((call) => processor.missing(call).length === 0),
    );
    return begun[which % begun.length] as TaskRecord | undefined;
  }

  /** Ends a call that has all its inputs; or one that never will, as a lane does. */
  private endOne(processor: FakeProcessor | undefined, which: number): boolean {
    if (processor === undefined) return false;
    const ready = processor.calls.filter((call) => processor.missing(call).length === 0);
    const call = ready[which % ready.length];
    if (call !== undefined) {
      this.suspended.delete(call);
      processor.finish(call, 10 + (which % 2000));
      if (!(call as TaskRecord).terminal || (call as TaskRecord).phase > Phase.Finished)
        this.endedBadly(processor, call);
      return true;
    }
    const stuck = processor.calls.find((waiting) =>
      processor.missing(waiting).some(({ id }) => !has(processor, id)),
    );
    if (stuck === undefined) return false;
    for (const { id } of processor.missing(stuck)) {
      if (!has(processor, id) && !this.ended.get(processor)?.has(id)) {
        throw new Error(`${processor.id} waits for #${id}, which it neither has nor had`);
      }
    }
    this.endedBadly(processor, stuck);
    processor.giveBack(stuck);
    return true;
  }

  private endedBadly(processor: FakeProcessor, call: Call): void {
    const ended = this.ended.get(processor);
    if (ended === undefined) this.ended.set(processor, new Set([call.id]));
    else ended.add(call.id);
  }

  private arrive(which: number): boolean {
    const { moving } = this.driver;
    if (moving.length === 0) return false;
    this.driver.arrive(which % moving.length);
    return true;
  }

  private prepareOne(): boolean {
    const next = this.preparing.shift();
    if (next === undefined) return false;
    const { fn, implementation } = next;
    fn.setTravel(implementation, {
      state: 'ready',
      encoded: { kind: 'source', name: fn.name, source: '', imports: [] },
    });
    this.driver.handle({ type: 'prepared', fn });
    return true;
  }

  private giveBack(processor: FakeProcessor | undefined, number: number): boolean {
    const call = processor?.asked.shift();
    if (processor === undefined || call === undefined) return false;
    // It may have begun meanwhile, or ended.
    if (!processor.calls.includes(call) || this.suspended.has(call) || number % 5 === 0) return true;
    this.endedBadly(processor, call);
    processor.giveBack(call);
    return true;
  }

  private suspend(processor: FakeProcessor | undefined): void {
    const call = processor?.calls.find(
      (one) => processor.missing(one).length === 0 && !this.suspended.has(one),
    );
    if (processor === undefined || call === undefined) return;
    this.suspended.set(call, processor);
    processor.report?.suspended(call);
  }

  private resume(): boolean {
    const [first] = this.suspended;
    if (first === undefined) return false;
    const [call, processor] = first;
    this.suspended.delete(call);
    processor.report?.resumed(call);
    return true;
  }

  private addLate(): boolean {
    const processor = this.late.pop();
    if (processor === undefined) return false;
    this.processors.push(processor);
    this.driver.add(processor);
    return true;
  }

  private bringBack(): boolean {
    const [processor] = this.down;
    if (processor === undefined) return false;
    this.down.delete(processor);
    this.driver.back(processor);
    return true;
  }

  private fetch(task: TaskRecord | undefined): void {
    if (task !== undefined && !this.dropped.has(task)) this.driver.fetch(task);
  }

  private drop(task: TaskRecord | undefined): void {
    if (task?.handles !== 1 || task.listeners !== undefined || this.isStillUsed(this.tasks.indexOf(task)))
      return;
    this.dropped.add(task);
    this.driver.drop(task);
  }

  /** Whether a task that has not been spawned yet takes it as an input. */
  private isStillUsed(index: number): boolean {
    return this.scenario.tasks.some(({ inputs, after }, i) => {
      return i >= this.tasks.length && [...inputs, ...after].some((back) => Math.max(0, i - back) === index);
    });
  }

  private completeNow(): void {
    if (this.complete || this.late.length > 0) return;
    this.complete = true;
    this.driver.handle({ type: 'complete' });
  }

  private lose(processor: FakeProcessor | undefined, number: number): void {
    if (processor === undefined) return;
    this.losses++;
    const begun = processor.calls.filter(
      (call, i) =>
        processor.missing(call).length === 0 && (this.suspended.has(call) || (number >> (i % 16)) % 3 === 0),
    );
    for (const call of begun) {
      const index = this.tasks.indexOf(call as TaskRecord);
      // The blocks of a plan are not in the ledger.
      if (index >= 0) this.ledger[index]!.cutOff++;
      this.suspended.delete(call);
    }
    this.ended.delete(processor);
    processor.asked.length = 0;
    const restarts = number % 3 !== 0 || this.processors.length === 1;
    if (restarts) this.down.add(processor);
    else this.processors.splice(this.processors.indexOf(processor), 1);
    processor.lose(begun, restarts);
  }

  private cancel(task: TaskRecord | undefined, number: number): void {
    if (task === undefined || number % 4 !== 0) return;
    if (!task.terminal) this.ledger[this.tasks.indexOf(task)]!.cancelled = true;
    this.driver.cancel(task, number % 8 === 0);
  }

  // --- the end -----------------------------------------------------------------------------------------------

  private finishAll(): void {
    while (this.spawnNext());
    while (this.addLate());
    this.completeNow();
    const { state } = this.driver;
    for (let moves = true; moves; ) {
      moves = this.bringBack() || this.prepareOne() || this.arrive(0) || this.resume();
      for (const processor of this.up())
        moves = this.giveBack(processor, 1) || this.endOne(processor, 0) || moves;
      if (moves) continue;
      const lost = this.tasks.find(
        (task) =>
          task.phase === Phase.Finished && !task.hosted && !isInPlace(task) && !this.dropped.has(task),
      );
      if (state.unsettled === 0 && lost !== undefined) {
        this.driver.fetch(lost);
        moves = true;
      }
    }
    if (state.unsettled > 0) throw new Error(`${state.unsettled} tasks are left, and nothing moves`);
  }

  private compare(): void {
    const expected: number[] = [];
    // An input that was lost may fail when it is made again, after a task has had its value.
    const unsure = new Set<number>();
    for (const [index, task] of this.tasks.entries()) {
      const inputs = this.inputs(index);
      const piece = this.scenario.tasks[index]?.takesPiece ? [PIECE] : [];
      const failed = inputs.filter((input) => (this.tasks[input] as TaskRecord).phase > Phase.Finished);
      expected.push(
        result(index, [
          ...inputs.map((input) => (failed.includes(input) ? ERROR : expected[input])),
          ...piece,
        ]),
      );
      if (inputs.some((input) => unsure.has(input)) || (this.losses > 0 && failed.length > 0))
        unsure.add(index);
      if (task.phase === Phase.Finished) {
        const known = task.hosted || isInPlace(task);
        if (known && !unsure.has(index)) this.compareValue(task, expected[index] as number);
      } else this.checkFailure(task);
      this.checkRuns(index);
    }
  }

  private inputs(index: number): number[] {
    const { inputs } = this.scenario.tasks[index] as TaskSpec;
    return index === 0 ? [] : inputs.map((back) => Math.max(0, index - back));
  }

  private compareValue(task: TaskRecord, expected: number): void {
    const value = isInPlace(task) ? this.driver.fetch(task).value : task.read();
    if (value !== expected)
      throw new Error(`${task.name} gave ${value} and not ${expected}\n${this.driver.story(task)}`);
  }

  /** A task may only fail for a reason that the scenario gave, to it or to one that it depends on. */
  private checkFailure(task: TaskRecord): void {
    const failure = task.value as Failure;
    const root = this.tasks.findIndex(({ id }) => id === failure.rootTask.id);
    const { error } = failure;
    const ledger = this.ledger[root];
    const spec = this.scenario.tasks[root];
    const excused =
      error instanceof CancelledError
        ? ledger?.cancelled || this.isOrphan(this.tasks.indexOf(task), root)
        : error instanceof WorkerLostError
          ? this.losses > 0 &&
            (ledger === undefined ||
              ledger.cutOff > (spec?.retries ?? 1) ||
              spec?.retries === 0 ||
              spec?.sort === 'planned' ||
              spec?.sort === 'either' ||
              spec?.inPlace === 'mutable' ||
              ledger.throws > 0)
          : error instanceof SchedulingError
            ? true
            : ledger !== undefined &&
              ledger.throws > 0 &&
              ledger.throws + ledger.cutOff > (spec?.retries ?? 0);
    if (!excused)
      throw new Error(`${task.name} failed without a cause: ${error}\n${this.driver.story(task)}`);
    if (root >= 0 && !this.dependsOn(this.tasks.indexOf(task), root)) {
      throw new Error(`${task.name} failed because of ${failure.rootTask.name}, which it does not depend on`);
    }
  }

  /**
   * Whether the root was cancelled since its parent's run had ended badly. Then only its siblings are lost with it, which
   * nobody else wanted either; and tasks that were spawned on what had failed already.
   */
  private isOrphan(index: number, root: number): boolean {
    const parent = this.ledger[root]?.parent;
    const own = this.ledger[index];
    if (parent === undefined || own === undefined) return false;
    const ledger = this.ledger[this.tasks.indexOf(parent)];
    const badly = parent.phase > Phase.Finished || ledger === undefined || ledger.throws + ledger.cutOff > 0;
    return badly && (index === root || own.late || own.parent === parent);
  }

  private dependsOn(index: number, root: number): boolean {
    // Each task once: there are as many ways back as there are paths.
    const seen = new Set([index]);
    for (const at of seen) {
      const { inputs, after, tolerant } = this.scenario.tasks[at] as TaskSpec;
      if (at === root) return true;
      if (at < root || tolerant) continue;
      for (const back of [...inputs, ...after]) seen.add(Math.max(0, at - back));
    }
    return false;
  }

  /** Without losses each task runs once, once more for each throw, and a second time where its kind is tried. */
  private checkRuns(index: number): void {
    const { runs, throws, cutOff } = this.ledger[index] as Ledger;
    const sort = this.scenario.tasks[index]?.sort;
    const twice = sort === 'both' || sort === 'either' ? 1 : 0;
    if (this.losses === 0 && runs > throws + 1 + twice)
      throw new Error(`task ${index} ran ${runs} times and threw ${throws} times`);
    if (this.scenario.tasks[index]?.retries === 0 && runs + cutOff > 1) {
      throw new Error(`task ${index} may start once and started ${runs + cutOff} times`);
    }
  }

  /** When all handles are gone, so are all results. */
  private releaseAll(): void {
    for (const task of [...this.tasks, ...this.shard.pieces]) while (task.handles > 0) this.driver.drop(task);
    for (const place of this.driver.state.places) {
      const left = [...place.residents].map(({ name, id }) => `${name} (#${id})`);
      if (left.length > 0)
        throw new Error(`${place.processor.id} still has the results of ${left.join(', ')}`);
      const { values } = (place.processor as FakeProcessor).space;
      if (values.size > 0)
        throw new Error(`${place.processor.id} still has the values of ${[...values.keys()].join(', ')}`);
    }
  }
}

/** Whether it has a value that stays where it is. */
function isInPlace(task: TaskRecord): boolean {
  return task.inPlace && task.residence !== undefined;
}

function has(processor: FakeProcessor, id: number): boolean {
  return processor.calls.some((call) => call.id === id);
}
