/** @file What holders get to see of a failure, and the warning about one that nobody looked at (S11). */
import { CancelledError, TaskFailedError } from '../errors.js';
import type { Host } from '../ports.js';
import { foldStack, withoutStack } from '../stacks.js';
import type { Failure, TaskRecord } from './record.js';

/** The error that `fetch` rejects with (E2). */
export function taskFailedError(record: TaskRecord, failure: Failure): TaskFailedError {
  const { rootTask, error } = failure;
  return withoutStack(
    () =>
      new TaskFailedError(record.summary, rootTask, failure.chain(), error, (failure.root ?? failure).origin),
  );
}

/** How many holders there still are of tasks that failed for one reason. */
interface Unseen {
  holders: number;
}

/**
 * Failures by their root. One that nobody has looked at is reported once: when the last handle on any task that
 * failed because of it is collected, when the runtime closes, or when the process ends by itself.
 */
export class Failures {
  private readonly unseen = new Map<Failure, Unseen>();
  private readonly seen = new WeakSet<Failure>();
  private readonly registry = new FinalizationRegistry<Failure>((root) => this.gone(root));
  private stopListening: (() => void) | undefined = undefined;

  constructor(private readonly host: Host) {}

  register(handle: object, failure: Failure, observed: boolean): void {
    const root = failure.root ?? failure;
    // Whoever cancelled it knows.
    if (root.error instanceof CancelledError) return;
    if (observed) this.observe(failure);
    if (this.seen.has(root)) return;
    const unseen = this.unseen.get(root);
    if (unseen === undefined) this.unseen.set(root, { holders: 1 });
    else unseen.holders++;
    this.registry.register(handle, root);
    this.stopListening ??= this.host.beforeExit(() => this.report());
  }

  observe(failure: Failure): void {
    const root = failure.root ?? failure;
    this.seen.add(root);
    this.unseen.delete(root);
  }

  /** Warns of everything that nobody has looked at. */
  report(): void {
    this.stopListening?.();
    this.stopListening = undefined;
    for (const root of this.unseen.keys()) this.warn(root);
    this.unseen.clear();
  }

  private gone(root: Failure): void {
    const unseen = this.unseen.get(root);
    if (unseen === undefined) return;
    unseen.holders--;
    if (unseen.holders > 0) return;
    this.unseen.delete(root);
    this.warn(root);
  }

  private warn(root: Failure): void {
    const { error, task, origin } = root;
    const what =
      error instanceof Error
        ? foldStack(error.stack ?? `${error.name}: ${error.message}`, origin?.findPlace)
        : String(error);
    this.host.warn(
      `task ${task.name} (#${task.id}) failed and nobody looked at it: ${what}`,
      'PONIARD_UNSEEN_FAILURE',
    );
  }
}
