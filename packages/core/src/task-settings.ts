/** @file The settings of a runtime's tasks: found once for all that have the same said of them. */
import type { FunctionRecord } from './functions/registry.js';
import type { Inputs } from './inputs.js';
import type { TaskOptions } from './options.js';
import { checkOptions } from './options-check.js';
import type { OptionsContext } from './options-context.js';
import { NOTHING } from './scheduler/state.js';
import { resolveSettings, type TaskSettings } from './settings.js';

type ByFunction = Map<TaskOptions | undefined, TaskSettings>;

export class SettingsOfTasks {
  /** Of tasks of which nothing is said. */
  readonly plain: TaskSettings;
  private readonly known = new WeakMap<TaskOptions, ByFunction>();

  constructor(
    private readonly defaults: TaskOptions,
    private readonly context: OptionsContext,
    private readonly inputs: Pick<Inputs, 'recordOf'>,
  ) {
    this.plain = resolveSettings([defaults], NOTHING);
  }

  /** `options`: the task's own. */
  of(fn: FunctionRecord, options: TaskOptions | undefined): TaskSettings {
    const around = this.context.get();
    if (options === undefined) {
      if (around === undefined && fn.defaults === undefined) return this.plain;
      return this.shared(around, fn.defaults);
    }
    const own = checkOptions(options, `spawn ${fn.name}`);
    return this.resolve([own, around, this.defaults, fn.defaults], own.syncdeps ?? around?.syncdeps, around);
  }

  /** Of tasks that say nothing themselves: one object for all that have the same said around them and by their function. */
  private shared(around: TaskOptions | undefined, byFunction: TaskOptions | undefined): TaskSettings {
    const resolve = (): TaskSettings =>
      this.resolve([around, this.defaults, byFunction], around?.syncdeps, around);
    const held = byFunction === undefined ? this.context.held() : undefined;
    if (held !== undefined && held.options === around) {
      held.settings ??= resolve();
      return held.settings;
    }
    const key = around ?? this.defaults;
    const known: ByFunction = this.known.get(key) ?? new Map();
    const settings = known.get(byFunction) ?? resolve();
    this.known.set(key, known.set(byFunction, settings));
    return settings;
  }

  private resolve(
    layers: readonly (TaskOptions | undefined)[],
    syncdeps: TaskOptions['syncdeps'],
    around: TaskOptions | undefined,
  ): TaskSettings {
    const records = syncdeps?.map((task) => this.inputs.recordOf(task, 'syncdeps')) ?? NOTHING;
    return resolveSettings(layers, records, around);
  }
}
