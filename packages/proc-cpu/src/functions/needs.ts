/** @file What a function needs of the variables around it, and how those that it captures are told. */
import {
  type Capture,
  codecInternals,
  type Edit,
  type FreeVariable,
  type Hindrance,
  type ImportBinding,
  type SourceFunction,
} from '@poniard/core';
import { isReference } from './exports.js';
import type { ScriptImport } from './script-facts.js';
import type { Subject } from './subject.js';

/** A variable that the file imports. */
export interface Needed {
  readonly name: string;
  readonly brought: ScriptImport;
  readonly value: unknown;
  readonly offset: number;
}

/** What a function needs of the variables around it. */
export interface Needs {
  readonly bound: ImportBinding[];
  readonly imports: Needed[];
  /** Names by which it refers to itself. */
  readonly selfNames: string[];
  /** Variables that only their values can stand for; and what is to be said where these cannot come along. */
  readonly captured: {
    readonly variable: FreeVariable;
    readonly value: unknown;
    /** It stands for another module's variables, which that may set. */
    readonly live: boolean;
    hindrance(): Hindrance;
  }[];
  readonly hindrances: Hindrance[];
  readonly edits: Edit[];
}

/** What a function captures: those of its needs that only values can meet. */
export function captured(
  subject: Subject,
  needs: Needs,
  assemble: () => SourceFunction | Promise<SourceFunction>,
): Capture {
  const { source, facts } = subject;
  const { bound, imports, selfNames } = needs;
  const locate = (offset: number) => subject.locate(offset);
  const assigned = needs.captured.flatMap(({ variable }) => assignment(variable, locate) ?? []);
  if (assigned.length > 0) throw codecInternals.cannotTravel(source.name, assigned);
  const variables = new Map(needs.captured.map(({ variable, value }) => [variable.name, value]));
  const imported = imports.map(({ name, brought }) => [name, brought]);
  const isClass = source.form === 'class';
  return {
    name: source.name,
    key: JSON.stringify([
      facts.script.id,
      source.name,
      source.text,
      [...variables.keys()],
      bound,
      imported,
      selfNames,
    ]),
    variables,
    constant: needs.captured.every(
      ({ variable, value, live }) =>
        // One that is not initialised yet looks as if it were undefined.
        value !== undefined && !live && (variable.name === BASE || !subject.mayChange(variable.name)),
    ),
    locate: (name) =>
      locate(needs.captured.find(({ variable }) => variable.name === name)?.variable.offset ?? 0),
    encode() {
      const found = assemble();
      return found instanceof Promise
        ? found.then((source) => ({ ...source, isClass }))
        : { ...found, isClass };
    },
  };
}

/** A variable that the function sets: over there it would set a copy. */
function assignment(
  { name, assigned }: FreeVariable,
  locate: (offset: number) => string,
): Hindrance | undefined {
  if (assigned === undefined) return undefined;
  return {
    text: name,
    where: locate(assigned),
    what: 'which it sets: only a copy of the variable would change, over there',
    instead: `Return the new value, and set \`${name}\` where the task is awaited.`,
  };
}

export function importHindrance(
  name: string,
  where: string,
  { specifier }: ScriptImport,
  why: string,
): Hindrance {
  return { text: name, where, what: `an import of '${specifier}', but ${why}` };
}

/** Of a module's namespace the members that are used. */
export function pick(namespace: unknown, members: readonly string[]): unknown {
  if (!isReference(namespace)) return namespace;
  return Object.fromEntries(members.map((key) => [key, (namespace as Record<string, unknown>)[key]]));
}

const BASE = 'poniardBase';

/** Stands in a class for the expression that it extends, whose variables are gone: the class that it gave is still known. */
export function needBase(subject: Subject, variable: FreeVariable, needs: Needs): void {
  const { start, end } = subject.source.base as { start: number; end: number };
  needs.edits.push({ start, end, text: BASE });
  needs.captured.push({
    variable: { ...variable, name: BASE },
    value: Object.getPrototypeOf(subject.fn),
    live: false,
    hindrance: () => ({
      text: variable.name,
      where: subject.locate(variable.offset),
      what: 'a variable of the code around it',
    }),
  });
}
