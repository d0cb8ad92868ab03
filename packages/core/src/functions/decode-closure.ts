/** @file A closure becomes a function again. */
import { type Captured, countHandles, type Patch } from './closure.js';
import type { AnyFunction, ClosureFunction, ClosurePart, EncodedFunction } from './encoded.js';
import { evaluate, type ImportModule, importAll, VARIABLES } from './evaluate.js';

/** A part of a closure for one call: its variables are put in when all parts are there. */
interface Part {
  bind(values: readonly unknown[]): void;
  make(): AnyFunction;
}

interface PreparedPart {
  readonly isClass: boolean;
  /** At which of the closure's values its variables begin, and how many they are. */
  readonly variables: readonly number[];
  readonly properties: number | undefined;
  begin(): Part;
}

/**
 * Makes a function whose first argument holds the closure's variables, and the next ones the handles among them
 * (see `closures.ts`). The sources are evaluated here, once; a call makes functions of them and no more.
 */
export async function decodeClosure(
  encoded: ClosureFunction,
  importModule: ImportModule,
  decode: (part: EncodedFunction) => Promise<AnyFunction>,
): Promise<AnyFunction> {
  const prepared = await Promise.all(encoded.parts.map((part) => prepare(part, importModule, decode)));
  return (captured: Captured, ...args: unknown[]): unknown => {
    const [values, patches] = captured;
    const fn = assemble(prepared, values, patches, args);
    return fn(...args.slice(countHandles(captured)));
  };
}

async function prepare(
  part: ClosureFunction['parts'][number],
  importModule: ImportModule,
  decode: (part: EncodedFunction) => Promise<AnyFunction>,
): Promise<PreparedPart> {
  if (!('variables' in part)) {
    const fn = await decode(part);
    return {
      isClass: false,
      variables: [],
      properties: undefined,
      begin: () => ({ bind() {}, make: () => fn }),
    };
  }
  const begin = evaluate(part, around(part), await importAll(part, importModule)) as () => Part;
  const { isClass, properties } = part;
  return { isClass, variables: part.variables.map(([, index]) => index), properties, begin };
}

/** The part's source with its variables around it. All of it stays on the line where the source begins. */
export function around({ name, source, variables, isClass }: ClosurePart): string {
  const locals = variables.map(([local]) => local).join(',');
  const quoted = JSON.stringify(name);
  // An arrow that is evaluated on its own has no name, and stacks would not show one.
  const named = isClass
    ? source
    : `((f)=>f.name===''?Object.defineProperty(f,'name',{value:${quoted},configurable:true}):f)(${source})`;
  const declared = locals === '' ? '' : `let ${locals};`;
  return `(()=>{${declared}return{bind(${VARIABLES}){[${locals}]=${VARIABLES}},make:()=>${isClass ? source : named}}})`;
}

function assemble(
  prepared: readonly PreparedPart[],
  values: unknown[],
  patches: readonly Patch[],
  handles: readonly unknown[],
): AnyFunction {
  const parts = prepared.map(({ begin }) => begin());
  const made: (AnyFunction | undefined)[] = parts.map((part, index) =>
    prepared[index]?.isClass ? undefined : part.make(),
  );
  const bind = (): void => {
    for (const [what, isTask, ...path] of patches) {
      const value = what < 0 ? handleOf(handles[-what - 1], isTask) : made[what];
      if (value !== undefined) put(values, path, value);
    }
    parts.forEach((part, index) => {
      const { variables, properties } = prepared[index] as PreparedPart;
      part.bind(variables.map((at) => values[at]));
      if (properties !== undefined) Object.assign(made[index] as AnyFunction, values[properties]);
    });
  };
  bind();
  // A class may extend another, or use it in its static fields: those that it names come first.
  const making = new Set<number>();
  const makeClass = (index: number): void => {
    if (making.has(index)) return;
    making.add(index);
    const { variables } = prepared[index] as PreparedPart;
    for (const [what, , step, at] of patches) {
      if (what >= 0 && step === 'index' && variables.includes(at as number) && made[what] === undefined)
        makeClass(what);
    }
    made[index] = (parts[index] as Part).make();
    bind();
  };
  prepared.forEach(({ isClass }, index) => {
    if (isClass) makeClass(index);
  });
  return made[0] as AnyFunction;
}

/** A Task where the variable held one; what came is a Chunk in any case. */
function handleOf(chunk: unknown, isTask: boolean): unknown {
  return isTask ? ((chunk as { readonly task?: unknown }).task ?? chunk) : chunk;
}

function put(values: unknown[], path: readonly unknown[], value: unknown): void {
  let holder: unknown = values;
  for (let i = 0; i < path.length - 2; i += 2) {
    const key = path[i + 1];
    holder = path[i] === 'get' ? (holder as Map<unknown, unknown>).get(key) : (holder as never)[key as never];
  }
  const key = path.at(-1);
  if (path.at(-2) === 'get') (holder as Map<unknown, unknown>).set(key, value);
  else {
    Object.defineProperty(holder, key as PropertyKey, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
}
