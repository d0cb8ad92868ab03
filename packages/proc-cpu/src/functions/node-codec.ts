/** @file Node's `FunctionCodec`: where the source alone does not settle how a function travels, the inspector tells more. */
import { createRequire } from 'node:module';
import * as core from '@poniard/core';
import {
  type AnyFunction,
  type Capture,
  codecInternals,
  type EncodedFunction,
  type FreeVariable,
  type FunctionSource,
  FunctionTransferError,
  type Hindrance,
  type ImportBinding,
  type OpenQuestions,
  originOf,
  type SourceFunction,
  SourceFunctionCodec,
} from '@poniard/core';
import { exportedAs, importedAs, isReference, memberOf, requiredAs } from './exports.js';
import { FunctionInspector, type ScriptInfo } from './function-facts.js';
import {
  isBare,
  isEntryScript,
  loadedCommonJs,
  type ResolveImport,
  resolveRequired,
  resolveSpecifier,
  whyNotImportable,
} from './modules.js';
import { captured, importHindrance, type Needed, type Needs, needBase, pick } from './needs.js';
import { readScript, type ScriptFacts, type ScriptImport } from './script-facts.js';
import { locationIn } from './script-location.js';
import { type Found, Subject } from './subject.js';

type Parser = typeof import('acorn');

export interface NodeFunctionCodecOptions {
  /** What the workers get besides this process's own `execArgv`; a loader for TypeScript may be among it. */
  readonly execArgv?: readonly string[];
}

/**
 * Carries, besides what the core's codec does, exported functions by their module, and functions that use imports of their
 * file as source with these imports. A function that needs no more than the language is never looked at by the inspector.
 */
export class NodeFunctionCodec extends SourceFunctionCodec {
  readonly #execArgv: readonly string[];
  readonly #inspector = new FunctionInspector();
  /** What was read from scripts, by V8's id for them. */
  readonly #scripts = new Map<string, ScriptFacts>();
  /** Functions that have been looked at and are to be encoded soon. */
  readonly #looked = new WeakMap<AnyFunction, Subject>();
  /** Why workers cannot import a module, by its URL: asking the disk takes longer than all the rest. */
  readonly #unfit = new Map<string, string | undefined>();
  #parser: Parser | undefined;
  #framework: ReadonlyMap<unknown, string> | undefined;
  #resolveImport: ResolveImport | undefined;

  constructor(options: NodeFunctionCodecOptions = {}) {
    super();
    this.#execArgv = options.execArgv ?? [];
  }

  protected override marked(origin: EncodedFunction): EncodedFunction {
    if (origin.kind !== 'module') return origin;
    const why = origin.module.startsWith('file:') ? this.#whyNotFrom(origin.module) : undefined;
    if (why === undefined) return origin;
    throw new FunctionTransferError(
      `function "${origin.name}" cannot travel to another thread: task() says that it is export "${origin.path}" of ` +
        `${origin.module}, but ${why}`,
    );
  }

  capture(fn: AnyFunction, called = false): Capture | undefined {
    if (originOf(fn) !== undefined) return undefined;
    const parser = this.#parserNow();
    const source = hasSource(fn) ? this.read(fn, parser, called) : undefined;
    const open = source && this.open(source);
    if (source === undefined || open === undefined || open.variables.length === 0) return undefined;
    const subject = this.#look(fn, source, parser);
    if (subject === undefined) return undefined;
    const needs = this.#needs(subject, open);
    const hindered = needs.hindrances.length > 0 || source.obstacles.length > 0;
    if (needs.captured.length > 0 && !hindered && !this.#hasHome(subject)) {
      if (subject.facts.script.url.startsWith('node:')) throw ofNode(source.name);
      return captured(subject, needs, () => this.#assembled(subject, open, needs));
    }
    // Left to encode(), which comes soon and need not look again.
    this.#looked.set(fn, subject);
    return undefined;
  }

  locate(fn: AnyFunction, offset: number): string | undefined {
    const facts = this.#inspector.inspect(fn);
    return facts?.start === undefined ? undefined : locationIn(facts.script, facts.start + offset);
  }

  protected override resolve(
    fn: AnyFunction,
    source: FunctionSource,
    open: OpenQuestions,
  ): EncodedFunction | Promise<EncodedFunction> {
    const subject = this.#looked.get(fn) ?? this.#look(fn, source, this.#parserNow());
    this.#looked.delete(fn);
    if (subject === undefined) return this.resolveByName(source, open);
    const needs = this.#needs(subject, open);
    const { imports, bound } = needs;
    const locate = (offset: number) => subject.locate(offset);
    const others = [...needs.hindrances, ...this.hindrances(source, [], locate)];
    // Variables could be captured if it were not for these.
    const hindrances = others.length > 0 ? others : needs.captured.map(({ hindrance }) => hindrance());
    const leansOnFile =
      open.imports.length > 0 ||
      imports.length > 0 ||
      bound.some(({ module }) => module !== codecInternals.FRAMEWORK_MODULE);
    if (hindrances.length === 0 && !leansOnFile) return this.#assembled(subject, open, needs);
    const home = exportedAs(subject);
    const why = home && this.#whyNotFrom(home.module, subject);
    if (home !== undefined && why === undefined) {
      // A function that a wrapper returned has no name of its own; the export's says more.
      const name = source.name === 'anonymous' ? (home.path.split('.').at(-1) ?? home.path) : source.name;
      return { kind: 'module', name, ...home };
    }
    if (hindrances.length > 0)
      throw this.cannotTravel(source, hindrances, this.#note(subject, home?.path, why));
    return this.#assembled(subject, open, needs);
  }

  /** Whether workers get the function by importing its module. */
  #hasHome(subject: Subject): boolean {
    const home = exportedAs(subject);
    return home !== undefined && this.#whyNotFrom(home.module, subject) === undefined;
  }

  /** The function's source with what it imports; a promise where packages have to be looked for first. */
  #assembled(
    subject: Subject,
    open: OpenQuestions,
    { imports, bound, selfNames, edits }: Needs,
  ): SourceFunction | Promise<SourceFunction> {
    const assemble = () =>
      this.assemble(subject.source, {
        imports: [...bound, ...imports.map((one) => this.#imported(subject, one))],
        selfNames,
        edits: [
          ...edits,
          ...open.imports.map(({ specifier, start, end }) => ({
            start,
            end,
            text: JSON.stringify(this.#resolve(specifier, subject)),
          })),
        ],
      });
    const specifiers = [...imports.map(({ brought }) => brought), ...open.imports];
    if (this.#resolveImport !== undefined || !specifiers.some(({ specifier }) => isBare(specifier)))
      return assemble();
    return import('import-meta-resolve').then(({ resolve }) => {
      this.#resolveImport = resolve;
      return assemble();
    });
  }

  /** What has to come along for each variable. */
  #needs(subject: Subject, open: OpenQuestions): Needs {
    const needs: Needs = {
      bound: [],
      imports: [],
      selfNames: [],
      captured: [],
      hindrances: [],
      edits: [],
    };
    const lost = open.variables.filter((variable) => this.#isLost(subject, variable));
    for (const variable of open.variables) {
      if (!lost.includes(variable)) this.#need(subject, variable, needs);
    }
    const [first] = lost;
    if (first !== undefined) needBase(subject, first, needs);
    return needs;
  }

  /**
   * Whether a variable is used for what the class extends and is not there any more: of those around it a class keeps what
   * its methods use.
   */
  #isLost(subject: Subject, variable: FreeVariable): boolean {
    const { base } = subject.source;
    if (base === undefined || variable.offset < base.start || variable.offset >= base.end) return false;
    return subject.find(variable.name) === undefined && typeof this.undeclared(variable) === 'string';
  }

  #need(subject: Subject, variable: FreeVariable, needs: Needs): void {
    const { name } = variable;
    const locate = (offset: number) => subject.locate(offset);
    const found = subject.find(name);
    if (found === undefined) {
      // Nothing around it has this name, so what it asks by `typeof` has the same answer elsewhere.
      if (variable.guarded) return;
      const why = this.undeclared(variable);
      if (typeof why === 'string') needs.hindrances.push(this.hindrance(variable, locate, why));
      else if (why !== undefined) needs.bound.push(why);
      return;
    }
    const { value } = found;
    if (value === subject.fn) {
      needs.selfNames.push(name);
      return;
    }
    const known = this.#known(name, value) ?? this.#required(subject, name, found);
    if (known !== undefined) {
      needs.bound.push(known);
      return;
    }
    const brought = this.#broughtIn(subject, name, found);
    const why = brought && this.#whyNotImported(subject, brought);
    if (brought !== undefined && why === undefined) {
      needs.imports.push({ name, brought, value, offset: variable.offset });
      return;
    }
    const beside = this.#exportedBeside(subject, name, found);
    if (beside !== undefined) {
      needs.bound.push(beside);
      return;
    }
    const hindrance = (): Hindrance =>
      why === undefined
        ? this.hindrance(variable, locate, subject.describe(found.scope))
        : importHindrance(name, locate(variable.offset), brought as ScriptImport, why);
    const { members } = variable;
    // Of a whole module only what the function uses: `lib.scale`, as it is written or as compilers write `scale`.
    const part = brought !== undefined && members !== undefined ? pick(value, members) : value;
    needs.captured.push({ variable, value: part, live: brought !== undefined, hindrance });
  }

  /** Something that workers get from the framework, or by a mark. */
  #known(name: string, value: unknown): ImportBinding | undefined {
    const framework = this.#frameworkName(value);
    if (framework !== undefined)
      return { local: name, module: codecInternals.FRAMEWORK_MODULE, imported: framework };
    const marked = typeof value === 'function' ? originOf(value) : undefined;
    if (marked?.kind !== 'module') return undefined;
    if (marked.module.startsWith('file:') && this.#whyNotFrom(marked.module) !== undefined) return undefined;
    return { local: name, module: marked.module, imported: marked.path };
  }

  /** What `require()` gave, or a function that travelled was given. */
  #required(subject: Subject, name: string, found: Found): ImportBinding | undefined {
    const brought = this.#broughtIn(subject, name, found);
    if (brought?.via === 'task')
      return { local: name, module: brought.specifier, imported: brought.imported };
    if (brought?.via !== 'require') return undefined;
    const { url } = subject.facts.script;
    const imported = requiredAs(url, brought, found.value);
    if (imported === undefined) return undefined;
    return { local: name, module: resolveRequired(url, brought.specifier), imported };
  }

  /** The import of the file that a variable is. */
  #broughtIn(subject: Subject, name: string, found: Found): ScriptImport | undefined {
    const brought = subject.script.imports.get(name);
    return brought !== undefined && subject.isFilesOwn(found, brought) ? brought : undefined;
  }

  /** Packages are taken for importable until they are looked for. */
  #whyNotImported(subject: Subject, { via, specifier }: ScriptImport): string | undefined {
    if (via === 'require') return 'require() gives something else now';
    if (isBare(specifier) && this.#resolveImport === undefined) return undefined;
    const module = this.#resolve(specifier, subject);
    return module.startsWith('file:') ? this.#whyNotFrom(module) : undefined;
  }

  #imported(subject: Subject, { name, brought, value, offset }: Needed): ImportBinding {
    const why = this.#whyNotImported(subject, brought);
    if (why !== undefined) {
      throw this.cannotTravel(subject.source, [importHindrance(name, subject.locate(offset), brought, why)]);
    }
    const module = this.#resolve(brought.specifier, subject);
    return { local: name, module, imported: importedAs(brought, module, value) };
  }

  /** A variable that the function's own module exports. */
  #exportedBeside(subject: Subject, name: string, found: Found): ImportBinding | undefined {
    const { dialect, exports } = subject.script;
    const { url } = subject.facts.script;
    if (dialect === 'task' || this.#whyNotFrom(url, subject) !== undefined) return undefined;
    if (dialect === 'commonjs') {
      const path = isReference(found.value) ? memberOf(loadedCommonJs(url)?.exports, found.value) : undefined;
      return path === undefined ? undefined : { local: name, module: url, imported: `default.${path}` };
    }
    if (found.scope.kind !== 'Module') return undefined;
    const exported = exports.find(({ local }) => local === name)?.exported;
    return exported === undefined ? undefined : { local: name, module: url, imported: exported };
  }

  /** Why workers cannot import a module, which may be the one that a function stands in. */
  #whyNotFrom(url: string, subject?: Subject): string | undefined {
    if (subject?.standsInTest()) return 'that is a test file, which only its test runner can load';
    if (!this.#unfit.has(url)) {
      this.#unfit.set(
        url,
        isEntryScript(url)
          ? 'that is the script which the program was started with; workers never import it, since the program would start over there'
          : whyNotImportable(url, this.#execArgv),
      );
    }
    return this.#unfit.get(url);
  }

  #resolve(specifier: string, subject: Subject): string {
    return resolveSpecifier(specifier, subject.facts.script.url, this.#resolveImport as ResolveImport);
  }

  #note(subject: Subject, path: string | undefined, why: string | undefined): string | undefined {
    const { url } = subject.facts.script;
    if (why !== undefined) return `It is export "${path}" of ${url}, but ${why}.`;
    const unfit = subject.script.dialect === 'task' ? undefined : this.#whyNotFrom(url, subject);
    if (unfit !== undefined) return `It stands in ${url || 'evaluated code'}, but ${unfit}.`;
    return subject.script.dialect === 'task'
      ? undefined
      : `It is not an export of ${url}, from where workers could import it.`;
  }

  #look(fn: AnyFunction, source: FunctionSource, parser: Parser): Subject | undefined {
    const facts = this.#inspector.inspect(fn);
    return facts && new Subject(fn, source, facts, (script) => this.#readScript(script, parser));
  }

  /** Captured variables are read at once, and so the parser is needed at once. */
  #parserNow(): Parser {
    this.#parser ??= createRequire(import.meta.url)('acorn') as Parser;
    this.useParser(this.#parser);
    return this.#parser;
  }

  /** Reads a script once; functions that use only names of the framework never need it. */
  #readScript(info: ScriptInfo, parser: Parser): ScriptFacts {
    let script = this.#scripts.get(info.id);
    if (script === undefined) {
      script = readScript(info, parser);
      this.#scripts.set(info.id, script);
    }
    return script;
  }

  /** The name under which this framework exports a value. */
  #frameworkName(value: unknown): string | undefined {
    if (!isReference(value)) return undefined;
    this.#framework ??= new Map<unknown, string>([
      ...Object.entries(core).flatMap(([name, one]): [unknown, string][] =>
        isReference(one) ? [[one, name]] : [],
      ),
      [core, '*'],
    ]);
    return this.#framework.get(value);
  }
}

/** Native and bound functions have none, which is told when they are encoded. */
const hasSource = (fn: AnyFunction): boolean =>
  !/\{\s*\[native code\]\s*\}\s*$/.test(Function.prototype.toString.call(fn));

function ofNode(name: string): FunctionTransferError {
  const instead =
    name === 'require'
      ? "Import the module inside the function: await import('…')"
      : 'Wrap it in a function that imports it';
  return new FunctionTransferError(
    `function "${name}" cannot travel to another thread: it belongs to this thread of Node. ${instead}`,
  );
}
