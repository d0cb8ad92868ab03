/** @file The core's `FunctionCodec`: functions that need no more than globals and the framework, and those that `task()` marked. */
import { FunctionTransferError } from '../errors.js';
import type {
  AnyFunction,
  EncodedFunction,
  FunctionCodec,
  ImportBinding,
  SourceFunction,
} from './encoded.js';
import { FRAMEWORK_MODULE, isFrameworkName } from './framework-names.js';
import {
  builtInPath,
  type Edit,
  type FreeVariable,
  type FunctionSource,
  loadParser,
  type Parser,
  positionIn,
  readFunction,
} from './free-variables.js';
import { globalKind, isProbe } from './globals.js';
import { nameOf } from './name-of.js';
import { encodePlainly } from './plain-words.js';
import type { LiteralImport, Obstacle } from './scope-walk.js';
import { originOf } from './task-reference.js';
import { helperSource, rewriteOf } from './toolchains.js';
import { cannotTravel, type Hindrance } from './transfer-error.js';

/** What a function's source leaves open: what a bare look at it cannot settle. */
export interface OpenQuestions {
  /** Names that are neither the language's own nor a helper of a tool. */
  readonly variables: readonly FreeVariable[];
  /** Imports whose specifier means something else in another file. */
  readonly imports: readonly LiteralImport[];
}

/** What was found out about a function, from which its source is put together. */
export interface Findings {
  readonly imports?: readonly ImportBinding[];
  /** Names by which the function refers to itself. */
  readonly selfNames?: readonly string[];
  readonly edits?: readonly Edit[];
}

/**
 * Sends a function as source where its free names are globals, names of this package, or its own; sends one that
 * `task()` marked by its module. Everything else is a `FunctionTransferError`. Knows nothing but the source: where the
 * platform can tell more, a subclass overrides {@link SourceFunctionCodec.resolve}.
 *
 * `encode` answers at once when the parser is loaded, which the first call that needs it sees to.
 */
export class SourceFunctionCodec implements FunctionCodec {
  /** What was read, by name and text: a function that is written in a loop is read once. */
  readonly #sources = new Map<string, FunctionSource>();
  #parser: Parser | undefined;
  #loading: Promise<Parser> | undefined;

  encode(fn: AnyFunction, called = false): EncodedFunction | Promise<EncodedFunction> {
    if (typeof fn !== 'function') throw new FunctionTransferError(`a function is needed, not ${typeof fn}`);
    const origin = originOf(fn);
    if (origin !== undefined) return this.marked(origin);
    const plain = encodePlainly(fn);
    if (plain !== undefined) return plain;
    const name = nameOf(fn);
    const path = called ? builtInPath(fn, name) : undefined;
    if (path !== undefined) return { kind: 'source', name, source: path, imports: [] };
    if (this.#parser !== undefined) return this.#read(fn, this.#parser, called);
    return this.parser().then((parser) => this.#read(fn, parser, called));
  }

  /** Loads the parser ahead of time, so that the first `encode` need not wait for it. */
  async preload(): Promise<void> {
    await this.parser();
  }

  /** A parser that is there already. */
  protected useParser(parser: Parser): void {
    this.#parser ??= parser;
  }

  /** Reads a function's source, where the parser is there. */
  protected read(fn: AnyFunction, parser: Parser, called: boolean): FunctionSource {
    const text = `${nameOf(fn)} ${Function.prototype.toString.call(fn)}`;
    let source = this.#sources.get(text);
    if (source === undefined) {
      source = readFunction(fn, parser);
      if (this.#sources.size === MOST_SOURCES) this.#sources.clear();
      this.#sources.set(text, source);
    }
    return called ? withReceiver(source) : source;
  }

  protected parser(): Promise<Parser> {
    this.#loading ??= loadParser().then((parser) => {
      this.#parser = parser;
      return parser;
    });
    return this.#loading;
  }

  /** A function that says itself how it travels. Throws where that cannot work. */
  protected marked(origin: EncodedFunction): EncodedFunction {
    return origin;
  }

  /** A function that its source alone does not settle. Here names decide; a platform may look at the variables. */
  protected resolve(
    _fn: AnyFunction,
    source: FunctionSource,
    open: OpenQuestions,
  ): EncodedFunction | Promise<EncodedFunction> {
    return this.resolveByName(source, open);
  }

  /** Settles what a name alone can settle. */
  protected resolveByName(source: FunctionSource, open: OpenQuestions): SourceFunction {
    const imports: ImportBinding[] = [];
    const selfNames: string[] = [];
    const hindrances: Hindrance[] = [];
    const locate = locateIn(source);
    for (const variable of open.variables) {
      const { name } = variable;
      if (name === source.name && source.form !== 'method') {
        selfNames.push(name);
        continue;
      }
      const found = this.undeclared(variable);
      if (typeof found === 'string') hindrances.push(this.hindrance(variable, locate, found));
      else if (found !== undefined) imports.push(found);
    }
    hindrances.push(...this.hindrances(source, open.imports, locate));
    if (hindrances.length > 0) throw this.cannotTravel(source, hindrances);
    return this.assemble(source, { imports, selfNames });
  }

  /**
   * What to make of a name that no variable is known to have: an import of the framework, the reason why it cannot come
   * along, or `undefined` where it is a global or its absence is asked for.
   */
  protected undeclared(variable: FreeVariable): ImportBinding | string | undefined {
    const { name } = variable;
    const kind = globalKind(name);
    if (kind === 'platform') return undefined;
    if (isFrameworkName(name)) return { local: name, module: FRAMEWORK_MODULE, imported: name };
    if (variable.onlyTypeof || (variable.guarded && isProbe(name))) return undefined;
    return kind === 'program'
      ? 'a global that exists in this thread only'
      : 'which is neither its own nor a global';
  }

  /** A variable that cannot come along. Names that a tool wrote are explained as such, whatever else is known of them. */
  protected hindrance(variable: FreeVariable, locate: Locate, what: string): Hindrance {
    return { text: variable.name, where: locate(variable.offset), what, ...rewriteOf(variable.name) };
  }

  /** What but variables ties a function to its place. */
  protected hindrances(
    source: FunctionSource,
    imports: readonly LiteralImport[],
    locate: Locate,
  ): readonly Hindrance[] {
    return [
      ...source.obstacles.map((one) => ({
        text: one.text,
        where: locate(one.start),
        ...OBSTACLES[one.what],
      })),
      ...imports.map(({ specifier, start }) => ({
        text: `import('${specifier}')`,
        where: locate(start),
        what: 'which means another file where the function is sent to',
        instead:
          'Export the function from a module and mark it, task(import.meta.url, fn), or import an absolute URL.',
      })),
    ];
  }

  protected cannotTravel(
    source: FunctionSource,
    hindrances: readonly Hindrance[],
    note?: string | undefined,
  ): FunctionTransferError {
    return cannotTravel(source.name, hindrances, note);
  }

  /** Puts the travelling form of a function together. All of it stays on the lines where it was. */
  protected assemble(source: FunctionSource, findings: Findings): SourceFunction {
    const { imports = [], selfNames = [], edits = [] } = findings;
    let expression = source.expression(edits);
    if (selfNames.length > 0) {
      const [first, ...others] = selfNames;
      const aliases = others.map((name) => `,${name}=${first}`).join('');
      expression = `(()=>{const ${first}=${expression}${aliases};return ${first}})()`;
    }
    const helpers = source.free.flatMap(({ name }) => {
      const helper = helperSource(name);
      return helper === undefined ? [] : [`${name}=${helper}`];
    });
    if (helpers.length > 0) expression = `((${helpers.join(',')})=>${expression})()`;
    return { kind: 'source', name: source.name, source: expression, imports };
  }

  #read(fn: AnyFunction, parser: Parser, called: boolean): EncodedFunction | Promise<EncodedFunction> {
    const source = this.read(fn, parser, called);
    const open = this.open(source);
    return open === undefined ? this.assemble(source, {}) : this.resolve(fn, source, open);
  }

  /** `undefined`: nothing, the source says it all. */
  protected open(source: FunctionSource): OpenQuestions | undefined {
    const variables = source.free.filter(
      ({ name }) => globalKind(name) !== 'language' && helperSource(name) === undefined,
    );
    const imports = source.imports.filter(({ specifier }) => !isAbsolute(specifier));
    const none = variables.length === 0 && imports.length === 0 && source.obstacles.length === 0;
    return none ? undefined : { variables, imports };
  }
}

/** Who calls it gives it a `this`, unless it is an arrow function. */
function withReceiver(source: FunctionSource): FunctionSource {
  if (source.form === 'arrow' || source.obstacles.length === 0) return source;
  return { ...source, obstacles: source.obstacles.filter(({ what }) => what !== 'this') };
}

/** Functions that are evaluated from ever new texts do not fill the memory. */
const MOST_SOURCES = 2000;

/** Whether a specifier means the same in every file. */
const isAbsolute = (specifier: string): boolean => /^[a-z][a-z\d+.-]+:/i.test(specifier);

/** Says where something at an offset of a function's text stands, in words. */
export type Locate = (offset: number) => string;

const locateIn =
  (source: FunctionSource): Locate =>
  (offset) => {
    const { line, column } = positionIn(source.text, offset);
    return `line ${line}, column ${column} of its source`;
  };

const OBSTACLES: Readonly<Record<Obstacle['what'], { what: string; instead: string }>> = {
  this: { what: 'which only the code around it has', instead: 'Pass the object as an argument of its own.' },
  super: {
    what: 'which only the class around it has',
    instead: 'Pass the object as an argument of its own.',
  },
  arguments: {
    what: 'which are those of the function around it',
    instead: 'Pass the values as arguments of its own.',
  },
  'import.meta': {
    what: 'which only a module has',
    instead:
      'Export the function from a module and mark it, task(import.meta.url, fn), or pass the URL as an argument.',
  },
  private: {
    what: 'a private name of the class around it',
    instead: 'Read what the function needs first, and pass it as an argument.',
  },
};
