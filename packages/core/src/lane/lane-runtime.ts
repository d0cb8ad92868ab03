import { anyScope, type Scope } from '@poniard/scopes';
import { CancelledError, PoniardError, showPlaces, TaskFailedError, type TaskSummary } from '../errors.js';
import { Closures } from '../functions/closures.js';
import type { AnyFunction, FunctionCodec } from '../functions/encoded.js';
import { nameOf } from '../functions/name-of.js';
import { checkFunction } from '../handles.js';
import { type InPlace, inPlace, type TaskOptions, travelling } from '../options.js';
import { checkOptions } from '../options-check.js';
import type { Host } from '../ports.js';
import { RuntimeBase } from '../runtime-base.js';
import { runtimeCodec } from '../runtime-codec.js';
import { WorkerIds } from '../task-ids.js';
import { type ChunkType, valueCodec } from '../values/codec.js';
import { decodeError, encodeError } from '../values/errors.js';
import { type CrossingBuffer, type NumberedBuffer, sharedBuffers } from '../values/shared-buffers.js';
import { describe, restore, sizeOf } from '../values/snapshot.js';
import type { CodecBook } from './codec-book.js';
import { LaneArguments } from './lane-arguments.js';
import { type AnyLaneTask, LaneChunk, LaneTask } from './lane-handles.js';
import { type Lesson, Lessons } from './lessons.js';
import type { LentHandle } from './nested-tasks.js';
import { Answer, type Control, type LaneSetup, type NestedRequest, NOBODY } from './protocol.js';
import type { LaneScope, Running } from './running.js';
import type { TaskScope, TaskScopes } from './task-scopes.js';

/** What the runtime needs of its lane. */
export interface LaneChannel {
  /** Shared buffers that values name by number. */
  take(buffers: readonly NumberedBuffer[] | undefined): void;
  /** The same the other way. */
  lend(buffers: readonly SharedArrayBuffer[] | undefined): CrossingBuffer[] | undefined;
  send(...answer: unknown[]): void;
}

export class LaneRuntime extends RuntimeBase {
  static readonly [valueCodec] = runtimeCodec;
  readonly ready = (): Promise<void> => Promise.resolve();
  readonly processors = onlyOutside('processors');
  readonly explain = onlyOutside('explain');
  readonly shard = onlyOutside('shard', 'and pass it: each task that takes it gets its own piece');
  readonly stats = onlyOutside('stats');
  readonly subscribe = onlyOutside('subscribe');
  readonly close = onlyOutside('close');
  private readonly tasks = new Map<number, WeakRef<AnyLaneTask>>();
  /** Tasks that someone awaits, so that they are not collected before they are settled. */
  private readonly awaited = new Map<number, AnyLaneTask>();
  private readonly lessons: Lessons;
  private readonly arguments: LaneArguments;
  private readonly dropped = new FinalizationRegistry<number>((number) => {
    this.tasks.delete(number);
    this.channel.send(Answer.Drop, [number]);
  });
  /** Tasks whose requests wait for something, and what these requests name. */
  private readonly unsent = new Map<LaneTask<unknown>, unknown>();
  /** Who waits for the graph, in the order in which they asked. */
  private readonly dagWaiters: ((dag: Map<number, Set<number>>) => void)[] = [];
  private readonly ids: WorkerIds;

  constructor(
    private readonly channel: LaneChannel,
    private readonly codecs: CodecBook,
    functionCodec: FunctionCodec,
    private readonly scopes: TaskScopes,
    host: Host,
    { defaults, firstTask }: Pick<LaneSetup, 'defaults' | 'firstTask'>,
  ) {
    super(host, () => scopes, defaults);
    this.ids = new WorkerIds(firstTask);
    this.lessons = new Lessons(new Closures(functionCodec, () => codecs.all(), sharedBuffers), functionCodec);
    this.arguments = new LaneArguments(this, channel, codecs);
  }

  spawnTask(fn: AnyFunction, args: readonly unknown[], given: TaskOptions | undefined): LaneTask<unknown> {
    this.scopes.follow();
    checkFunction(fn);
    const own = given === undefined ? undefined : checkOptions(given, `spawn ${nameOf(fn)}`);
    const held = this.optionsContext.get();
    const { syncdeps = [], signal } = { ...held, ...own };
    const parent = this.scopes.get();
    const waits: PromiseLike<unknown>[] = [];
    const closure = this.lessons.closure(fn, waits);
    const lesson = closure === undefined ? this.lessons.of(fn) : this.lessons.ofClosure(fn, closure);
    const name = own?.name ?? held?.name ?? lesson.options?.name ?? lesson.name;
    const task = new LaneTask<unknown>(this, this.ids.take(), name, parent);
    task.fn = fn;
    task.travels = lesson;
    if (parent?.failed) {
      const error = new CancelledError(`task ${name} was cancelled: the task that spawned it had failed`);
      task.submitted = Promise.reject(error);
      task.submitted.catch(() => {});
      this.refuse(task, error);
      return task;
    }
    const taken = closure?.take();
    const around = held?.allowErrors ?? this.defaults.allowErrors ?? lesson.options?.allowErrors;
    const allowErrors = own?.allowErrors ?? around ?? false;
    const captured = this.arguments.captured(taken, name, waits);
    const request = {
      task: task.number,
      parent: slotOf(parent),
      args: this.arguments.of(args, name, waits, allowErrors, captured),
      options: travelling(signal === undefined ? own : this.withSignal(own, lesson)),
      around: travelling(held),
      inPlace: own === undefined ? undefined : (own as { readonly [inPlace]?: InPlace })[inPlace],
      syncdeps:
        syncdeps.length === 0
          ? undefined
          : syncdeps.map((dependency) => this.arguments.numberOf(dependency, 'a task in syncdeps', waits)),
    };
    this.tasks.set(task.number, new WeakRef(task));
    this.dropped.register(task, task.number, task);
    if (lesson.implementations instanceof Promise) waits.push(lesson.implementations);
    const send = (): void => this.request(request, lesson);
    if (waits.length === 0) send();
    else this.sendLater(task, waits, [...args, ...syncdeps, taken?.handles], send);
    if (signal !== undefined) cancelBy(signal, task);
    return task;
  }

  /** The signal stays here. Where equal calls share a task, the host is to know that this one may end before the others. */
  private withSignal(own: TaskOptions | undefined, lesson: Lesson): TaskOptions | undefined {
    const { cache, timeout } = { ...lesson.options, ...this.getOptions(), ...own };
    return cache && timeout === undefined ? { ...own, timeout: Number.POSITIVE_INFINITY } : own;
  }

  /** Sends a request when everything is there that it waits for, unless the task is cancelled before. */
  private sendLater(
    task: LaneTask<unknown>,
    waits: readonly PromiseLike<unknown>[],
    inputs: unknown,
    send: () => void,
  ): void {
    // The request names tasks by number: while it waits, nobody may drop them.
    // Until then the host counts on it, so that no program ends before a task that was spawned.
    if (this.unsent.size === 0) this.channel.send(Answer.Unsent, true);
    this.unsent.set(task, inputs);
    const cancelled = new Promise<never>((_, reject) => {
      task.callOff = reject;
    });
    task.submitted = Promise.race([Promise.all(waits), cancelled]).then(send);
    const waited = (): void => {
      task.callOff = undefined;
      this.unsent.delete(task);
      if (this.unsent.size === 0) this.channel.send(Answer.Unsent, false);
    };
    task.submitted.then(
      () => {
        task.submitted = undefined;
        waited();
      },
      (error) => {
        waited();
        this.refuse(task, error);
      },
    );
  }

  protected wrap<T>(value: T, scope: Scope): LaneChunk<T> {
    const where = scope === anyScope ? undefined : { scope, resultScope: scope };
    const options = { name: 'tochunk', cache: false, ...where };
    const task = this.spawnTask((kept: unknown) => kept, [value], options) as LaneTask<T>;
    // A chunk is there to be handed to others.
    task.handOut();
    task.hidden = true;
    const codecs = this.codecs.all();
    return new LaneChunk<T>(task, describe(value, codecs), sizeOf(value, codecs), 'host', scope);
  }

  toJSON(): object {
    return { state: 'open' };
  }
  override toString(): string {
    return 'Runtime (seen from one of its threads)';
  }

  dag(): Promise<Map<number, Set<number>>> {
    return new Promise((resolve) => {
      this.dagWaiters.push(resolve);
      this.channel.send(Answer.Dag);
    });
  }

  halt(reason?: unknown): void {
    this.channel.send(Answer.Halt, slotOf(this.scopes.get()), encodeError(reason));
  }

  protected chunkOf<T>(task: LaneTask<T>): LaneChunk<T> {
    task.hidden = true;
    return new LaneChunk<T>(task, { kind: 'object' }, 0, 'host');
  }

  /** A handle that the host lends (`meta`). */
  borrow(lent: LentHandle): LaneChunk<unknown> {
    const task = new LaneTask<unknown>(this, lent.task, lent.name, this.scopes.get());
    task.id = lent.id;
    this.tasks.set(lent.task, new WeakRef(task));
    this.dropped.register(task, lent.task, task);
    task.hidden = true;
    const { kind, dtype, shape } = lent;
    const type: ChunkType = {
      kind,
      ...(dtype !== undefined && { dtype }),
      ...(shape !== undefined && { shape }),
    };
    return new LaneChunk(task, type, lent.bytes, lent.space);
  }

  /** The host tells of a nested task. */
  receive(message: Control): void {
    if (message.type === 'settled') {
      const task = this.takeAwaited(message.task);
      if (task === undefined) return;
      if (!message.ok) task.reject(this.withPlaces(task, decodeError(message.value)));
      else this.deliver(task, message);
    } else if (message.type === 'range') {
      this.ids.grant(message.first);
    } else if (message.type === 'dag') {
      this.dagWaiters.shift()?.(message.dag);
    } else if (message.type === 'deadlock') {
      this.tasks.get(message.task)?.deref()?.refuse(message.id, decodeError(message.error));
    }
  }

  /** The task is that of an equal call. */
  spawned(number: number, id: number): void {
    const task = this.tasks.get(number)?.deref();
    if (task !== undefined) task.id = id;
  }

  /** A task has finished with a primitive. */
  finished(number: number, value: unknown): void {
    this.takeAwaited(number)?.resolve(value);
  }

  private takeAwaited(number: number): AnyLaneTask | undefined {
    const task = this.awaited.get(number) ?? this.tasks.get(number)?.deref();
    this.awaited.delete(number);
    return task;
  }

  /** Asks for a task's outcome; the running task gives its place up until it comes. */
  await(task: AnyLaneTask, by: TaskScope | undefined | null): void {
    if (by !== null && by !== task.parent) task.wanted = true;
    this.awaited.set(task.number, task);
    task.whenSubmitted(() => this.channel.send(Answer.Await, task.number, by === null ? NOBODY : slotOf(by)));
  }

  /** The end of `persist`. */
  releaseTask(task: AnyLaneTask): void {
    task.whenSubmitted(() => this.channel.send(Answer.Release, task.number));
  }

  /** Code of a task, or of none, waits for a task. */
  want(task: AnyLaneTask, by: TaskScope | undefined): void {
    if (by !== task.parent) task.wanted = true;
    task.whenSubmitted(() => this.channel.send(Answer.Want, task.number, slotOf(by)));
  }

  /** A task has failed: what it has asked for and the host has not heard of is not asked for any more. */
  callOff(run: Running): void {
    for (const task of this.unsent.keys()) {
      if ((task.parent as LaneScope | undefined)?.run !== run || task.wanted) continue;
      task.callOff?.(
        new CancelledError(`task ${task.name} was cancelled: the task that spawned it had failed`),
      );
    }
  }

  /** Where something here still counts on it, its collection tells the host later. */
  dropTask(task: AnyLaneTask): void {
    const { number } = task;
    if (this.unsent.size > 0 || this.awaited.has(number)) return;
    this.dropped.unregister(task);
    this.tasks.delete(number);
    this.channel.send(Answer.Drop, [number]);
  }

  cancelTask(task: AnyLaneTask, reason: unknown, force: boolean): void {
    if (task.callOff !== undefined) {
      task.callOff(new CancelledError(`task ${task.name} was cancelled`, { cause: reason }));
      return;
    }
    const encoded = encodeError(reason);
    task.whenSubmitted(() => this.channel.send(Answer.Cancel, task.number, encoded, force));
  }

  currentScope(): TaskScope | undefined {
    return this.scopes.get();
  }

  /** What the host cannot know: where on this thread the function was written. */
  private withPlaces({ fn, travels }: AnyLaneTask, error: unknown): unknown {
    const places = fn && travels && this.lessons.places(fn, travels);
    if (places !== undefined) showPlaces(error, places);
    return error;
  }

  private deliver(task: AnyLaneTask, message: Extract<Control, { type: 'settled' }>): void {
    this.channel.take(message.buffers);
    this.codecs.resolve(
      message.codecs,
      (codecs) => {
        if (codecs === undefined) task.resolve(message.value);
        else {
          const find = (tag: string) => this.codecs.get(tag) ?? codecs.find((codec) => codec.tag === tag);
          task.resolve(
            restore(message.value, (tag) => find(tag) as NonNullable<ReturnType<typeof find>>, sharedBuffers),
          );
        }
      },
      (error) => task.reject(error),
    );
  }

  private request(request: NestedRequest, lesson: Lesson): void {
    const fn = this.lessons.teach(lesson);
    const { task, parent, args, options, around, inPlace: kept, syncdeps } = request;
    this.channel.send(Answer.Spawn, lesson.fnId, fn, task, parent, args, options, around, kept, syncdeps);
  }

  /** The host never hears of it: what it is asked for, and what takes it, ends here too. */
  private refuse(task: LaneTask<unknown>, error: unknown): void {
    const summary: TaskSummary = { id: task.id, name: task.name };
    task.reject(new TaskFailedError(summary, summary, [summary], error));
  }
}

/** Listens to a signal until the task is settled: it may outlive many tasks. */
function cancelBy(signal: AbortSignal, task: LaneTask<unknown>): void {
  const cancel = (): void => task.cancel(signal.reason);
  if (signal.aborted) {
    cancel();
    return;
  }
  signal.addEventListener('abort', cancel, { once: true });
  task.whenSettled(() => signal.removeEventListener('abort', cancel));
}

/** Where the host finds a task of this lane. */
function slotOf(scope: TaskScope | undefined): number {
  return (scope as { readonly slot?: number } | undefined)?.slot ?? -1;
}

/** What a task cannot ask of the runtime that runs it. */
function onlyOutside(
  name: string,
  hint = 'or in taskContext().scheduler.exec(…), which runs a function there',
): () => never {
  return () => {
    throw new PoniardError(
      `${name}(): a task cannot call it; do so on the thread that made the runtime, ${hint}`,
    );
  };
}
