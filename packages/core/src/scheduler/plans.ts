/** @file Large calls that are cut into blocks: asks the operation's planner, runs the blocks, puts their results together. */
import type { FunctionRegistry } from '../functions/registry.js';
import type { Block, Plan } from '../operation.js';
import { settingsOfPart, type TaskSettings } from '../settings.js';
import { CapturedArgument } from './arguments.js';
import type { HostValues } from './host-values.js';
import { hostValue, type TaskRecord } from './record.js';
import type { Shell } from './shell.js';

export class Plans {
  constructor(
    private readonly shell: Shell,
    private readonly registry: FunctionRegistry,
    private readonly values: HostValues,
  ) {}

  /** Cuts a call for so many processors, or leaves it whole where its planner says so. */
  cut(record: TaskRecord, processors: number): void {
    try {
      const planner = record.fn.shape.plan;
      const plan = planner?.(record.values(), processors) as Plan<unknown> | undefined;
      const settings = settingsOfPart(record.settings, { name: undefined });
      const blocks = plan === undefined ? [] : plan.blocks.map((block) => this.spawn(block, settings));
      if (plan !== undefined) record.plan = { blocks, finish: plan.finish, processors };
      this.shell.state.handle({ type: 'planned', record, blocks });
    } catch (error) {
      this.shell.end(record, error);
    }
  }

  /** All blocks are there. */
  async assemble(record: TaskRecord): Promise<void> {
    const { plan } = record;
    if (plan === undefined) return;
    try {
      const hosted = plan.blocks.every((block) => block.hosted);
      const results = hosted
        ? plan.blocks.map(hostValue)
        : await Promise.all(plan.blocks.map((block) => this.shell.fetch(block)));
      if (record.plan === plan) this.shell.finishLocally(record, plan.finish(results), 0);
    } catch (error) {
      this.shell.end(record, error);
    }
    this.shell.flushSoon();
  }

  private spawn(block: Block, settings: TaskSettings): TaskRecord {
    const known = this.registry.record(block.fn);
    const args = block.args.map((arg, index) =>
      this.values.argument(arg, () => `argument ${index + 1} of ${known.name}`),
    );
    if (!known.captures) return this.shell.spawn(known, args, settings);
    const { record, taken } = this.registry.take(block.fn, known);
    if (taken !== undefined) args.unshift(CapturedArgument.from(taken.encoded));
    return this.shell.spawn(record, args, settings);
  }
}
