/**
 * @file Tasks that tasks have spawned. When a parent fails or is cancelled, its children are for nobody any more, unless
 * somebody else has got hold of them. Those of a parent that finished well go on by themselves.
 */
import { CancelledError } from '../errors.js';
import { eachDependent } from './dependents.js';
import { isTerminal, Phase, TaskRecord } from './record.js';

export class Family {
  /** The parents of unsettled children that nobody else has got hold of. */
  private readonly parents = new Map<TaskRecord, TaskRecord>();
  private readonly children = new Map<TaskRecord, Set<TaskRecord>>();

  get empty(): boolean {
    return this.parents.size === 0;
  }

  adopt(parent: TaskRecord, child: TaskRecord): void {
    this.parents.set(child, parent);
    const siblings = this.children.get(parent);
    if (siblings === undefined) this.children.set(parent, new Set([child]));
    else siblings.add(child);
  }

  parentOf(child: TaskRecord): TaskRecord | undefined {
    return this.parents.get(child);
  }

  /** The child is settled, or somebody besides its parent wants it. */
  release(child: TaskRecord): void {
    const parent = this.parents.get(child);
    if (parent === undefined) return;
    this.parents.delete(child);
    const siblings = this.children.get(parent) as Set<TaskRecord>;
    siblings.delete(child);
    if (siblings.size === 0) this.children.delete(parent);
  }

  /** The parent has finished: its children are their own masters. */
  disown(parent: TaskRecord): void {
    const children = this.children.get(parent);
    if (children === undefined) return;
    this.children.delete(parent);
    for (const child of children) this.parents.delete(child);
  }

  /** The parent's run has ended badly: its children, without those that others depend on. */
  takeOrphans(parent: TaskRecord): Iterable<TaskRecord> {
    const orphans = this.children.get(parent);
    if (orphans === undefined) return [];
    this.disown(parent);
    const kept = [...orphans].filter((child) => hasOutsider(child, orphans));
    for (let child = kept.pop(); child !== undefined; child = kept.pop()) {
      if (!orphans.delete(child)) continue;
      for (const input of [...child.args, ...child.settings.syncdeps])
        if (input instanceof TaskRecord && orphans.has(input)) kept.push(input);
    }
    return orphans;
  }
}

function hasOutsider(child: TaskRecord, family: ReadonlySet<TaskRecord>): boolean {
  let found = false;
  eachDependent(child, (dependent) => {
    found ||= !isTerminal(dependent) && !family.has(dependent);
  });
  return found;
}

/** Why a child is cancelled. */
export function orphaned(child: TaskRecord, parent: TaskRecord, cause: unknown): CancelledError {
  const how =
    parent.phase === Phase.Cancelled
      ? 'was cancelled'
      : parent.phase === Phase.Failed
        ? 'failed'
        : 'has to start again';
  return new CancelledError(
    `task ${child.name} (#${child.id}) was cancelled, since ${parent.name} (#${parent.id}), which spawned it, ${how}`,
    { cause },
  );
}
