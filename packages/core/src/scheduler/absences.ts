/** @file Processors that are not there: what plug-ins found none of, or could not start, and why. */
import type { FunctionRecord } from '../functions/registry.js';

export interface Absence {
  /** The kind, or the plug-in that could not start. */
  readonly kind: string;
  readonly reason: string;
}

export class Absences {
  private readonly all: (Absence & { readonly implementation: string | undefined })[] = [];

  /** `implementation`: of what would run there; `undefined`: nobody knows, and it may be anything. */
  add(kind: string, reason: string, implementation: string | undefined): void {
    this.all.push({ kind, reason, implementation });
  }

  /** Those that might have run the function. */
  of(fn: FunctionRecord): readonly Absence[] {
    return this.all
      .filter(({ implementation }) => implementation === undefined || fn.has(implementation))
      .map(({ kind, reason }) => ({ kind, reason }));
  }
}
