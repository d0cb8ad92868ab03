/** @file A function on its way out, with all that is known about it. */
import { type AnyFunction, codecInternals, type FunctionSource } from '@poniard/core';
import type { FunctionFacts, ScopeFacts, ScriptInfo } from './function-facts.js';
import type { ScriptFacts, ScriptImport } from './script-facts.js';
import { locationIn } from './script-location.js';

/** A variable as the function sees it. */
export interface Found {
  readonly value: unknown;
  readonly scope: ScopeFacts;
  /** No scope further out has a variable of this name. */
  readonly outermost: boolean;
}

export class Subject {
  constructor(
    readonly fn: AnyFunction,
    readonly source: FunctionSource,
    readonly facts: FunctionFacts,
    private readonly readScript: (script: ScriptInfo) => ScriptFacts,
  ) {}

  /** What the function's script says. Reading it is put off until it is asked for. */
  get script(): ScriptFacts {
    return this.readScript(this.facts.script);
  }

  find(name: string): Found | undefined {
    const holders = this.facts.scopes.filter(({ variables }) => Object.hasOwn(variables, name));
    const [scope] = holders;
    return scope && { value: scope.variables[name], scope, outermost: holders.length === 1 };
  }

  /** What a variable of the file itself holds, whatever scopes in between have one of the same name. */
  fileVariable(name: string): unknown {
    return this.facts.scopes.findLast(({ variables }) => Object.hasOwn(variables, name))?.variables[name];
  }

  /** Whether a variable is the file's import of that name, and not one in between that hides it. */
  isFilesOwn(found: Found, brought: ScriptImport): boolean {
    switch (brought.via) {
      case 'import':
        return found.scope.kind === 'Module';
      case 'task':
        return found.scope.kind === `Closure (${codecInternals.IMPORTS_SCOPE})`;
      case 'compiled':
        return found.outermost;
      case 'require':
        // Its value is compared with what require() gives.
        return true;
    }
  }

  /** What kind of variable one of this scope is, in words. */
  describe(scope: ScopeFacts): string {
    if (scope.kind === 'Module') return 'a variable of its module';
    if (scope === this.facts.scopes.at(-1) && this.script.dialect !== 'task') return 'a variable of its file';
    const name = /^Closure \((.+)\)$/.exec(scope.kind)?.[1];
    if (name !== undefined) return `a variable of the function ${name} around it`;
    return scope.kind === 'Closure'
      ? 'a variable of the function around it'
      : 'a variable of the block around it';
  }

  /** Whether the function's file is one that a test runner loads. */
  standsInTest(): boolean {
    return [...this.script.imports.values()].some(({ specifier }) =>
      /^(?:vitest|node:test|bun:test|@jest\/globals)$|\/node_modules\/vitest\//.test(specifier),
    );
  }

  /** Whether a variable that the function uses may be set again. */
  mayChange(name: string): boolean {
    const { start } = this.facts;
    return start === undefined || this.script.mayChange(name, start);
  }

  /** Where an offset of the function's source stands in its file. */
  locate(offset: number): string {
    const { script, start } = this.facts;
    return start === undefined ? `in ${script.url || 'evaluated code'}` : locationIn(script, start + offset);
  }
}
