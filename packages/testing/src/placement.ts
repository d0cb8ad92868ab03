/** @file A placement policy that a test decides on. */
import type { PlacementPolicy } from '@poniard/core';

interface Named {
  readonly id: number;
  readonly name: string;
}

/** Port `PlacementPolicy`: puts each task where `pick` says, or in turn on all that admit it; and remembers. */
export class FakePlacement implements PlacementPolicy {
  readonly choices: { readonly task: string; readonly processor: string }[] = [];
  private turn = 0;

  /** `pick`: the id of a processor for a task. */
  constructor(private readonly pick?: (task: Named) => string) {}

  choose<P extends { readonly processor: { readonly id: string } }>(
    task: Named,
    candidates: readonly P[],
  ): P {
    const id = this.pick?.(task);
    const chosen =
      id === undefined
        ? candidates[this.turn++ % candidates.length]
        : candidates.find(({ processor }) => processor.id === id);
    if (chosen === undefined) throw new Error(`${id} is no candidate for ${task.name}`);
    this.choices.push({ task: task.name, processor: chosen.processor.id });
    return chosen;
  }
}
