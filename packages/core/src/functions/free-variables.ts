/** @file What a function's source says: how to evaluate it elsewhere, and which names it needs from around it. */
import type { AnyNode, ExpressionStatement } from 'acorn';
import { FunctionTransferError } from '../errors.js';
import type { AnyFunction } from './encoded.js';
import { nameOf } from './name-of.js';
import { type LiteralImport, type Obstacle, walk } from './scope-walk.js';

/** The parser, which is loaded when the first function is read: it takes longer to load than many programs to run. */
export type Parser = typeof import('acorn');

export const loadParser = (): Promise<Parser> => import('acorn');

/** A name that a function uses and does not bind. */
export interface FreeVariable {
  readonly name: string;
  /** Where it is used first, counted in UTF-16 units from the start of the function's source. */
  readonly offset: number;
  /** The same as a line and a column of the function's source, both from 1. */
  readonly line: number;
  readonly column: number;
  /** One of its uses at least is the operand of `typeof`. */
  readonly guarded: boolean;
  /** All of its uses are. */
  readonly onlyTypeof: boolean;
  /** Which members of it are used, where nothing else of it is. */
  readonly members?: readonly string[] | undefined;
  /** Where the function sets it first, if it does. */
  readonly assigned?: number | undefined;
}

/** A function, read. Offsets count in {@link text}. */
export interface FunctionSource {
  /** The function's name, or `'anonymous'`. */
  readonly name: string;
  /** As `Function.prototype.toString` gives it. */
  readonly text: string;
  readonly form: 'function' | 'arrow' | 'method' | 'class';
  /** Of a class: the expression for the class that it extends. */
  readonly base?: { readonly start: number; readonly end: number } | undefined;
  /** One entry per name, in the order of their first use. */
  readonly free: readonly FreeVariable[];
  readonly obstacles: readonly Obstacle[];
  readonly imports: readonly LiteralImport[];
  /** An expression that evaluates to the function, with parts of its text replaced. Keeps line numbers if they do. */
  expression(edits?: readonly Edit[]): string;
}

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Text to put in place of a part of a function's source. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Reads a function's source.
 *
 * @throws FunctionTransferError for what has no source to send (native and bound functions, proxies, accessors) and for
 * source that is not valid in strict mode, which workers evaluate it in.
 */
export function readFunction(fn: AnyFunction, parser: Parser): FunctionSource {
  const name = nameOf(fn);
  const text = Function.prototype.toString.call(fn);
  if (/\{\s*\[native code\]\s*\}\s*$/.test(text)) throw nativeFunction(fn, name);
  const parsed = parseFunction(text, name, parser);
  const { free, obstacles, imports, assigned } = walk(parsed.root);
  const local = (start: number) => start - parsed.shift;
  const variables = new Map<string, FreeVariable>();
  for (const use of free) {
    const known = variables.get(use.name);
    variables.set(use.name, {
      name: use.name,
      ...(known ?? { offset: local(use.start), ...positionIn(text, local(use.start)) }),
      guarded: use.underTypeof || known?.guarded === true,
      onlyTypeof: use.underTypeof && known?.onlyTypeof !== false,
      members: membersOf(known, use.member),
      ...(assigned.has(use.name) && { assigned: local(assigned.get(use.name) as number) }),
    });
  }
  return {
    name,
    text,
    form: parsed.form,
    base: baseOf(parsed.root, parsed.shift),
    free: [...variables.values()],
    obstacles: obstacles.map((one) => ({ ...one, start: local(one.start) })),
    imports: imports.map((one) => ({ ...one, start: local(one.start), end: local(one.end) })),
    expression: (edits = []) => {
      const { key, accessor } = parsed;
      if (key === undefined) return `(${applyEdits(text, edits)})`;
      // The key may be computed, private or a number: under a string it says the same and needs nothing from outside.
      const quoted = JSON.stringify(name);
      const holder = `({${applyEdits(text, [{ ...key, text: quoted }, ...edits])}})`;
      return accessor === undefined
        ? `${holder}[${quoted}]`
        : `Object.getOwnPropertyDescriptor(${holder},${quoted}).${accessor}`;
    },
  };
}

function membersOf(
  known: FreeVariable | undefined,
  member: string | undefined,
): readonly string[] | undefined {
  if (member === undefined || (known !== undefined && known.members === undefined)) return undefined;
  const members = known?.members ?? [];
  return members.includes(member) ? members : [...members, member];
}

interface ParsedFunction {
  readonly root: AnyNode;
  readonly form: FunctionSource['form'];
  /** How far the parser's offsets are ahead of the text's. */
  readonly shift: number;
  /** Where a method's key stands in the text. */
  readonly key?: { readonly start: number; readonly end: number };
  readonly accessor?: 'get' | 'set' | undefined;
}

function parseFunction(text: string, name: string, parser: Parser): ParsedFunction {
  let syntaxError: unknown;
  try {
    const root = expressionOf(parse(`(${text}\n)`, parser));
    if (root.type === 'FunctionExpression') return { root, form: 'function', shift: 1 };
    if (root.type === 'ArrowFunctionExpression') return { root, form: 'arrow', shift: 1 };
    if (root.type === 'ClassExpression') return { root, form: 'class', shift: 1 };
  } catch (error) {
    syntaxError = error;
  }
  const opening = '(class{';
  let member: AnyNode | undefined;
  try {
    const around = expressionOf(parse(`${opening}${text}\n})`, parser));
    if (around.type === 'ClassExpression' && around.body.body.length === 1) member = around.body.body[0];
  } catch (error) {
    // A method's source is no expression: what the second reading stumbles over says more about it.
    if (/^(?:async\b|\*|\[|#|get\b|set\b|[\w$]+\s*\()/.test(text) && !/^(?:async\s+)?function\b/.test(text)) {
      syntaxError = error;
    }
  }
  if (member?.type === 'MethodDefinition') {
    const { key } = member;
    const end = member.computed ? text.indexOf(']', key.end - opening.length) + 1 : key.end - opening.length;
    const start = member.computed
      ? text.lastIndexOf('[', key.start - opening.length - 1)
      : key.start - opening.length;
    const { kind } = member;
    const accessor = kind === 'get' || kind === 'set' ? kind : undefined;
    return { root: member.value, form: 'method', shift: opening.length, key: { start, end }, accessor };
  }
  throw new FunctionTransferError(
    `function "${name}" cannot travel: its source cannot be read as strict-mode JavaScript (${messageOf(syntaxError)})`,
    { cause: syntaxError },
  );
}

function baseOf(root: AnyNode, shift: number): FunctionSource['base'] {
  const base = root.type === 'ClassExpression' ? root.superClass : undefined;
  return base ? { start: base.start - shift, end: base.end - shift } : undefined;
}

/** As a module: strict, as almost all code is today, and `import.meta` parses. */
const parse = (code: string, parser: Parser) =>
  parser.parse(code, {
    ecmaVersion: 'latest',
    sourceType: 'module',
    allowSuperOutsideMethod: true,
    checkPrivateFields: false,
  });

function expressionOf(program: { body: AnyNode[] }): AnyNode {
  const only = program.body.length === 1 ? program.body[0] : undefined;
  if (only?.type !== 'ExpressionStatement') throw new SyntaxError('it is not one expression');
  return (only as ExpressionStatement).expression;
}

function nativeFunction(fn: AnyFunction, name: string): FunctionTransferError {
  if (name.startsWith('bound ')) {
    return new FunctionTransferError(
      `function "${name}" cannot travel: bound functions have no source. Spawn an arrow function that gets the bound values as arguments`,
    );
  }
  const path = builtInPath(fn, name);
  const what = path ? 'it is built into the engine' : 'it is native code or a Proxy, and so has no source';
  const call = path ?? (name === 'anonymous' ? 'fn' : name);
  return new FunctionTransferError(
    `function "${name}" cannot travel: ${what}. Wrap it in a function: (...args) => ${call}(...args)`,
  );
}

/** How a built-in function is written, where it is a global or a member of one. */
export function builtInPath(fn: AnyFunction, name: string): string | undefined {
  const globals = globalThis as unknown as Record<string, unknown>;
  if (globals[name] === fn) return name;
  for (const holder of [
    'Math',
    'Object',
    'Array',
    'Number',
    'String',
    'JSON',
    'Reflect',
    'Atomics',
    'Date',
    'console',
  ]) {
    const object = globals[holder] as Record<string, unknown> | undefined;
    if (object?.[name] === fn) return `${holder}.${name}`;
  }
  return undefined;
}

/** The line and the column of an offset, both from 1. */
export function positionIn(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - lineStart + 1 };
}

function applyEdits(text: string, edits: readonly Edit[]): string {
  let result = text;
  for (const edit of [...edits].sort((a, b) => b.start - a.start)) {
    result = result.slice(0, edit.start) + edit.text + result.slice(edit.end);
  }
  return result;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
