/**
 * @file The ports of execution and of the data plane: what a processor plug-in implements. The scheduler knows
 * processors only through these interfaces; CPU threads, the inline processor and a user's own are equals.
 */
import type { AnyFunction, EncodedFunction } from './functions/encoded.js';
import type { InPlace, TaskOptions } from './options.js';
import type { ChunkType, ValueCodec } from './values/codec.js';

/** Where values live: the host's memory, one worker thread's heap, a GPU. */
export interface MemorySpace {
  readonly id: string;
  /** What is on the host's shared memory is at hand here too, such as in another thread. */
  readonly sharesHost?: boolean;
  /** Frees values that live here, by the keys under which they were reported. */
  free?(keys: readonly number[]): void;
  /** Whether an argument that is on the host has a copy here, so that it need not come again (C2). */
  holds?(call: Call, index: number): boolean;
}

/** Why a processor does not take a call. */
export interface Refusal {
  readonly reason: string;
}

/** A function as processors see it: one per identity and runtime. */
export interface FunctionRef {
  readonly id: number;
  readonly name: string;
  /** What it says of all its tasks. */
  readonly defaults?: TaskOptions | undefined;
  /** The function for an implementation, where this thread holds it (not one that came from a worker as source). */
  local(implementation: string): AnyFunction | undefined;
  /** How the function travels. Prepared before `run` is called on a processor that is not `local`. */
  encoded(implementation: string): EncodedFunction;
}

/** A value in the host's memory, in the form in which values cross threads (see `snapshot`). */
export interface HostValue {
  readonly value: unknown;
  /** The codecs of marked values in it; undefined where it needs no `restore`. */
  readonly codecs?: readonly ValueCodec[] | undefined;
  /** The shared buffers that it names by number. */
  readonly buffers?: readonly SharedArrayBuffer[] | undefined;
}

/**
 * One argument of a call. `value`: in the host's memory, as plain data that structured clone carries; where
 * `codecs` is set it holds marked values, to be restored with `restore` on arrival. `local`: the result of
 * another task that is in the processor's own space or will be when this call starts.
 */
export type CallArgument =
  | ({ readonly kind: 'value' } & HostValue)
  | { readonly kind: 'local'; readonly call: Call }
  | { readonly kind: 'handle'; readonly call: Call };

/** One run of one task on one processor. The scheduler's own record, seen from the processor's side. */
export interface Call {
  readonly id: number;
  readonly name: string;
  readonly fn: FunctionRef;
  /** The implementation of `fn` that this processor runs: `'host'`, `'thread'`, `'webgpu'` … */
  readonly implementation: string;
  /** How many runs of this task were lost or failed before this one. */
  readonly attempt: number;
  /** The share of the processor that the task takes, 0 to 1. */
  readonly occupancy: number;
  /** What `withOptions` says where the task was spawned: for what the task spawns itself. */
  readonly around?: TaskOptions | undefined;
  /** The result is to come with the answer, whatever its size, rather than be `kept`. */
  readonly getResult?: boolean;
  /** The result is to be `kept` as it is, whatever its size: calls that come later change it in place. */
  readonly inPlace?: boolean;
  /** Whether the processor should call `report.started` when the call begins. */
  readonly watched: boolean;
  /** The processor's to write while it has the call: where it keeps it. */
  ticket: number;
  readonly arity: number;
  argument(index: number): CallArgument;
  /**
   * The arguments as private plain values: what a processor in the host's memory hands to the function. With `meta`,
   * results of other tasks are given as `handle` makes them, where it is there.
   */
  values(handle?: (call: Call) => unknown): unknown[];
}

/** A result that stays in the space of the processor that made it, under the call's id. */
export interface Resident {
  readonly bytes: number;
  readonly kind: string;
}

/** How a processor answers. Each call is answered exactly once, in any order and at any time. */
export interface Report {
  /** The result is `value`, in the host's memory. `micros`: the run time, measured next to the function. */
  finished(call: Call, value: unknown, micros: number): void;
  /** The same for a result that is in the form in which values cross threads, of about `bytes` bytes. */
  delivered(call: Call, result: HostValue, bytes: number, micros: number): void;
  /** The same for a primitive. */
  deliveredPrimitive(call: Call, value: unknown, micros: number): void;
  /** The result stays where it was made until someone needs it elsewhere. */
  kept(call: Call, resident: Resident, micros: number): void;
  failed(call: Call, error: unknown, micros: number): void;
  /** The call was not started and never will be: it is the scheduler's again. */
  revoked(call: Call): void;
  /** The call has begun; asked for by `call.watched`. */
  started(call: Call): void;
  /** The call waits for a task of its own and has given its place up; `resumed` when it goes on. */
  suspended(call: Call): void;
  resumed(call: Call): void;
}

/** What is known of a processor that died. */
export interface Loss {
  /** Completes the sentence "cpu:0 …": `'exited with code 3'`, `'ran out of memory'`. */
  readonly reason: string;
  /** The calls that had begun, finished ones whose answers were lost with it too; the others were only waiting there. */
  readonly started: readonly Call[];
  /** Of these, the ones that it was at: they may be what it died of. Default: all that had begun. */
  readonly running?: readonly Call[];
  /** Whether the processor comes back by itself under the same id. */
  readonly restarts: boolean;
}

/**
 * Port: runs calls. A complete one takes about 30 lines: see the example `custom-processor`.
 * Dagger's counterpart: a subtype of `Processor` with `execute!`.
 */
export interface Processor {
  readonly id: string;
  readonly kind: string;
  readonly space: MemorySpace;
  /** How many calls (of full occupancy) run at the same time. */
  readonly capacity: number;
  /**
   * How many of the machine's cores a call keeps busy: 1 on a thread; `Infinity` for as many as there are, as on a GPU in
   * software. What a processor with several does slows down those that compute on the same cores, and placement counts it so
   * (P1). Default: none, as on a device.
   */
  readonly cores?: number | undefined;
  /** Whether tasks without a scope may run here. */
  readonly defaultEnabled: boolean;
  readonly parent?: Processor;
  readonly node?: string;
  readonly process?: string;
  /** The implementations that it can run, best first. Plain functions are `'host'`. */
  readonly implementations: readonly string[];
  /** Functions run on the calling thread as they are, and need not travel. */
  readonly local?: boolean;
  /**
   * Takes more calls than it can run at once, starts them in the order in which they came, and resolves an
   * argument that is the result of an earlier call by itself. Without it, calls come one by one as others end.
   */
  readonly queues?: boolean;
  /** The most calls that it holds at a time, where it `queues`. */
  readonly window?: number;
  freeMemory?(): number;
  accepts(call: Call): boolean | Refusal;
  run(batch: readonly Call[], report: Report): void;
  /** Takes back what has not begun; each call is answered by `report.revoked`, or later by its outcome. */
  revoke?(calls: readonly Call[]): void;
  /**
   * Tells running calls that nobody wants them any more; one that waits then gives its place up. `force` stops them, at
   * the price of the processor: its loss then blames no other call that it was running.
   */
  abort?(calls: readonly Call[], reason: unknown, force: boolean): void;
  /** Whether a call that was sent has begun. */
  hasStarted?(call: Call): boolean;
  /** Delivers reports that have arrived, from inside a long synchronous loop of the caller. */
  poll?(): void;
  onLost(listener: (loss: Loss) => void): void;
  close(): Promise<void>;
}

/**
 * Port: carries a value between two memory spaces, each named by a space's id. Where none is registered for a
 * pair, the value goes through `'host'`.
 */
export interface Mover {
  readonly from: string;
  readonly to: string;
  /** To `'host'`: gives plain data. To another space: gives what the processor's calls find there. */
  move(call: Call): Promise<MovedValue>;
}

/** A value that a {@link Mover} has carried. */
export interface MovedValue extends HostValue {
  /** How long the way took, in µs, where it also had to wait for something else. Default: the whole time. */
  readonly micros?: number | undefined;
}

/** A value that a processor has carried by itself, such as an argument into its own memory. */
export interface Transfer {
  /** The ids of the memory spaces. */
  readonly from: string;
  readonly to: string;
  readonly bytes: number;
  readonly micros: number;
  /** For which call; none where it was done to learn what moving costs: that only ever makes the way seem better. */
  readonly call?: Call | undefined;
}

/** What a plug-in registers under `PROCESSOR_PROVIDER`. */
export interface ProcessorProvider {
  readonly name: string;
  /**
   * An implementation: it starts when a function that has this one is first spawned, or `ready()` is called. Default: with
   * the runtime.
   */
  readonly startsFor?: string;
  /** Called once. Processors given at once, when the runtime is made, are there before the first task. */
  start(host: ProcessorHost): readonly Processor[] | Promise<readonly Processor[]>;
}

/** What the runtime offers to a provider. */
export interface ProcessorHost {
  /** Announces processors that came later. */
  add(...processors: Processor[]): void;
  /** Carries results between spaces. */
  addMover(mover: Mover): void;
  /** A processor has carried a value by itself: placement learns from it (P2), and subscribers hear of it. */
  moved(transfer: Transfer): void;
  /** Says why there is no processor of a kind: `explain` and errors then show it. */
  absent(kind: string, reason: string): void;
  /** Serves tasks that spawn tasks from another thread; see `lane/host.ts`. */
  readonly nested: NestedHost;
}

/** The runtime as a worker's nested `spawn` sees it. */
export interface NestedHost {
  /** What the runtime was made with. */
  readonly defaults: TaskOptions;
  spawn(request: NestedSpawn): NestedTask;
  /** The first number of a range that nobody else uses: a lane numbers its tasks by itself. */
  range(): number;
  /** A handle on the task behind a call's argument, for `meta`. */
  handle(call: Call): NestedTask;
  /** The unsettled tasks by id, each with those that wait for it. */
  dag(): Map<number, Set<number>>;
  /** Cancels everything that is unsettled; `by` is the call that asked for it, where it is known. */
  halt(by: Call | undefined, reason: unknown): void;
  /** Spawns are on their way, or not any more: the runtime does not count as idle meanwhile. */
  expect(coming: boolean): void;
}

/** A task that a running call asks for. */
export interface NestedSpawn {
  /** What the lane calls it: a number of its {@link NestedHost.range}. */
  readonly id: number;
  readonly parent: Call | undefined;
  readonly fn: NestedFunction;
  readonly args: readonly NestedArgument[];
  /** Task options; `syncdeps` come on their own. */
  readonly options: TaskOptions | undefined;
  /** What `withOptions` says there. */
  readonly around: TaskOptions | undefined;
  /** The result is used where it is made, and changed there. */
  readonly inPlace?: InPlace | undefined;
  readonly syncdeps: readonly NestedTask[];
}

/** A function's implementations, as they travel. The same object stands for the same function. */
export interface NestedFunction {
  readonly name: string;
  readonly implementations: Readonly<Record<string, EncodedFunction>>;
  /** What it says of all its tasks. */
  readonly options?: TaskOptions | undefined;
}

export type NestedArgument =
  | ({ readonly kind: 'value' } & HostValue)
  | { readonly kind: 'task'; readonly task: NestedTask };

/** A nested task's handle on the host's side. */
export interface NestedTask {
  readonly id: number;
  readonly name: string;
  /** What is known of its value, for a handle that stands in for it. */
  describe(): { readonly type: ChunkType; readonly bytes: number; readonly space: string };
  /** Calls back once, when the task is settled. The value is plain data in the host's memory. */
  settled(listener: (outcome: NestedOutcome) => void): void;
  /** `by` waits for it; `undefined`: code that belongs to no running call. Gives the error of a wait without end. */
  awaitedBy(by: Call | undefined): Error | undefined;
  cancel(reason: unknown, force: boolean): void;
  /** Its result is not to be kept any more, where `persist` does. */
  release(): void;
  /** Nobody there holds a handle on it any more. */
  drop(): void;
}

export type NestedOutcome =
  | ({ readonly ok: true } & HostValue)
  | { readonly ok: false; readonly error: unknown };
