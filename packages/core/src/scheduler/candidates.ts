/** @file Which processors may run a task: scope, implementation, how its function travels, `accepts`, memory. */
import { constrain, formatScope, includes, isInvalid, type Scope, scopeKey } from '@poniard/scopes';
import type { FunctionRecord } from '../functions/registry.js';
import type { TaskSettings } from '../settings.js';
import { PiecesArgument, scopeOfInput } from './in-place.js';
import type { Place } from './place.js';
import { admission, type Costs, memoryLack } from './placement.js';
import { TaskRecord } from './record.js';

export interface Candidates {
  readonly places: readonly Place[];
  /** The implementation that each of `places` would run. */
  readonly implementations: readonly string[];
  /** Whether some of them need the function to travel. */
  readonly travels: boolean;
  /** Whether they are of several kinds. */
  readonly mixed: boolean;
  /** Why the others were refused, where someone asked. */
  readonly refusals: readonly string[] | undefined;
}

/** Why a processor cannot run a task; undefined where it can. */
export interface Reason {
  readonly place: Place;
  readonly reason: string | undefined;
}

/** By the implementations that a function has. */
type ByScope = WeakMap<Scope, Map<string, Candidates>>;
type Admits = NonNullable<TaskSettings['admits']>;

export class CandidateTable {
  private byKey = new Map<string, Candidates>();
  /** The same by the scope itself: its key takes 2 µs to write. */
  private byScope: ByScope = new WeakMap();
  /** Those of tasks whose user chooses among processors by a function. */
  private byChoice = new WeakMap<Admits, ByScope>();
  private lastSettings: object | undefined = undefined;
  private lastFunction: FunctionRecord | undefined = undefined;
  private last: Candidates | undefined = undefined;
  /** Whether a task was ever admitted by processors of more than one kind. */
  several = false;

  constructor(private readonly all: readonly Place[]) {}

  /** Processors came or went. */
  changed(): void {
    this.byKey = new Map();
    this.byScope = new WeakMap();
    this.byChoice = new WeakMap();
    this.lastSettings = undefined;
  }

  /** Those that scope and implementation admit. */
  of(record: TaskRecord): Candidates {
    const { fn } = record;
    const own = record.settings.scope;
    if (record.settings === this.lastSettings && fn === this.lastFunction && !hasScopedInput(record)) {
      return this.last as Candidates;
    }
    const scope = effectiveScope(record, own);
    const candidates = this.within(scope, fn, record.settings.admits);
    if (scope === own) {
      this.lastSettings = record.settings;
      this.lastFunction = fn;
      this.last = candidates;
    }
    return candidates;
  }

  private within(scope: Scope, fn: FunctionRecord, admits: Admits | undefined): Candidates {
    const byScope = admits === undefined ? this.byScope : this.chosenBy(admits);
    let byImplementation = byScope.get(scope);
    if (byImplementation === undefined) {
      byImplementation = new Map();
      byScope.set(scope, byImplementation);
    }
    let candidates = byImplementation.get(fn.implementationKey);
    if (candidates === undefined) {
      candidates = admits === undefined ? this.byContent(scope, fn) : this.find(fn, scope, admits);
      byImplementation.set(fn.implementationKey, candidates);
    }
    return candidates;
  }

  /** Scopes that say the same share their candidates. */
  private byContent(scope: Scope, fn: FunctionRecord): Candidates {
    const key = `${scopeKey(scope)} ${fn.implementationKey}`;
    const candidates = this.byKey.get(key) ?? this.find(fn, scope, undefined);
    this.byKey.set(key, candidates);
    return candidates;
  }

  private chosenBy(admits: Admits): ByScope {
    let known = this.byChoice.get(admits);
    if (known === undefined) {
      known = new WeakMap();
      this.byChoice.set(admits, known);
    }
    return known;
  }

  /** Of those, the ones that can be reached and take the call. */
  admitting(record: TaskRecord, costs: Costs): Candidates {
    const candidates = this.of(record);
    const { places, implementations } = candidates;
    let refused = false;
    for (let i = 0; i < places.length && !refused; i++) {
      refused = this.refusal(record, places[i] as Place, implementations[i] as string, costs) !== undefined;
    }
    if (!refused) return candidates;
    const refusals: string[] = [];
    const kept = places.flatMap((place, i) => {
      const reason = this.refusal(record, place, implementations[i] as string, costs);
      if (reason === undefined) return [{ place, implementation: implementations[i] as string }];
      refusals.push(`${place.processor.id}: ${reason}`);
      return [];
    });
    return collect(kept, refusals);
  }

  /** Whether `place` may be handed the call as things are: it admits it, and the function can travel there. */
  takes(record: TaskRecord, place: Place, costs: Costs): boolean {
    const { places, implementations } = this.of(record);
    const index = places.indexOf(place);
    if (index < 0 || place.gone) return false;
    if (!place.processor.local && record.fn.travel(implementations[index] as string)?.state !== 'ready')
      return false;
    return admission(record, place, costs) === true;
  }

  /** Whether some processor would take the task if it had more memory, and runs tasks that may leave some. */
  mayGetMemory(record: TaskRecord, costs: Costs): boolean {
    const { places, implementations } = this.of(record);
    return places.some((place, i) => {
      if (!place.memory.busy || memoryLack(record, place, costs) === undefined) return false;
      const travel = place.processor.local ? undefined : record.fn.travel(implementations[i] as string);
      return travel?.state !== 'impossible' && place.processor.accepts(record) === true;
    });
  }

  /** Each processor with the reason why it cannot run the task, for errors and `explain`. */
  reasons(record: TaskRecord, costs: Costs): Reason[] {
    return this.lastingReasons(record).map(({ place, reason }) => ({
      place,
      reason: reason ?? this.refusal(record, place, bestImplementation(record.fn, place) as string, costs),
    }));
  }

  /** The same as far as it depends on no input. */
  lastingReasons(record: TaskRecord): Reason[] {
    const { fn, settings } = record;
    const scope = effectiveScope(record, settings.scope);
    return this.all
      .filter(({ gone }) => !gone)
      .map((place) => ({ place, reason: outOfScope(fn, scope, settings.admits, place) }));
  }

  private refusal(
    record: TaskRecord,
    place: Place,
    implementation: string,
    costs: Costs,
  ): string | undefined {
    if (!place.processor.local) {
      const travel = record.fn.travel(implementation);
      if (travel?.state === 'impossible') {
        return travel.error instanceof Error ? travel.error.message : String(travel.error);
      }
    }
    const answer = admission(record, place, costs);
    return answer === true ? undefined : answer;
  }

  private find(fn: FunctionRecord, scope: Scope, admits: Admits | undefined): Candidates {
    const kept = this.all.flatMap((place) => {
      if (place.gone || outOfScope(fn, scope, admits, place) !== undefined) return [];
      return [{ place, implementation: bestImplementation(fn, place) as string }];
    });
    const found = collect(kept, undefined);
    if (found.mixed) this.several = true;
    return found;
  }
}

function collect(
  kept: { place: Place; implementation: string }[],
  refusals: string[] | undefined,
): Candidates {
  const places = kept.map(({ place }) => place);
  return {
    places,
    implementations: kept.map(({ implementation }) => implementation),
    travels: places.some(({ processor }) => !processor.local),
    mixed: new Set(places.map(({ processor }) => processor.kind)).size > 1,
    refusals,
  };
}

function bestImplementation(fn: FunctionRecord, place: Place): string | undefined {
  return fn.bestOf(place.processor.implementations);
}

function outOfScope(
  fn: FunctionRecord,
  scope: Scope,
  admits: Admits | undefined,
  place: Place,
): string | undefined {
  if (isInvalid(scope)) return `the scopes exclude each other: ${formatScope(scope)}`;
  if (!includes(scope, place.processor)) {
    if (!place.processor.defaultEnabled)
      return `it runs only what names it, and the scope is ${formatScope(scope)}`;
    return `it is outside the scope ${formatScope(scope)}`;
  }
  if (admits !== undefined && !admits(place.processor)) return 'its proclist refuses it';
  if (bestImplementation(fn, place) === undefined) {
    const has = Object.keys(fn.shape.implementations).join(', ');
    return `it runs ${place.processor.implementations.join(', ')}, and ${fn.name} has ${has}`;
  }
  return undefined;
}

function hasScopedInput(record: TaskRecord): boolean {
  const { args } = record;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg instanceof TaskRecord && arg.settings.restricts) return true;
  }
  return record.fn.shape.scope !== undefined;
}

/** K2: the task's own scope, those of its inputs, and its function's. */
function effectiveScope(record: TaskRecord, own: Scope): Scope {
  let scope = own;
  if (!hasScopedInput(record)) return scope;
  for (let i = 0; i < record.arity; i++) {
    const arg = record.args[i];
    const allowed =
      arg instanceof TaskRecord ? scopeOfInput(arg) : arg instanceof PiecesArgument ? arg.scope : undefined;
    if (allowed !== undefined) scope = constrain(scope, allowed);
  }
  const { scope: functionScope } = record.fn.shape;
  return functionScope === undefined ? scope : constrain(scope, functionScope);
}
