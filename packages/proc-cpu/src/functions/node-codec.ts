/** @file Node's `FunctionCodec`: where the source alone does not settle how a function travels, the inspector tells more. */
import * as core from '@poniard/core';
import {
  type AnyFunction,
  type EncodedFunction,
  type Findings,
  FRAMEWORK_MODULE,
  type FreeVariable,
  type FunctionSource,
  FunctionTransferError,
  type Hindrance,
  type ImportBinding,
  type OpenQuestions,
  originOf,
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
import { readScript, type ScriptFacts } from './script-facts.js';
import { type Found, Subject } from './subject.js';

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

  protected override async resolve(
    fn: AnyFunction,
    source: FunctionSource,
    open: OpenQuestions,
  ): Promise<EncodedFunction> {
    const facts = await this.#inspector.inspect(fn);
    if (facts === undefined) return this.resolveByName(source, open);
    try {
      const parser = await this.parser();
      const subject = new Subject(fn, source, facts, () => this.#readScript(facts.script, parser));
      if (this.#needsResolver(subject, open)) {
        this.#resolveImport ??= (await import('import-meta-resolve')).resolve;
      }
      return this.#settle(subject, open);
    } catch (error) {
      if (error instanceof FunctionTransferError) throw error;
      throw new FunctionTransferError(
        `function "${source.name}" cannot travel to another thread: looking for its variables failed (${String(error)}). ` +
          'Mark it where it is exported: task(import.meta.url, fn)',
        { cause: error },
      );
    }
  }

  #settle(subject: Subject, open: OpenQuestions): EncodedFunction {
    const { source } = subject;
    const imports: ImportBinding[] = [];
    const selfNames: string[] = [];
    const hindrances: Hindrance[] = [];
    const locate = (offset: number) => subject.locate(offset);
    for (const variable of open.variables) {
      const found = this.#variable(subject, variable);
      if (found === 'self') selfNames.push(variable.name);
      else if (found !== undefined && 'local' in found) imports.push(found);
      else if (found !== undefined) hindrances.push(found);
    }
    hindrances.push(...this.hindrances(source, [], locate));
    const sendable = hindrances.length === 0;
    const send = (edits: Findings['edits'] = []) => this.assemble(source, { imports, selfNames, edits });
    const leansOnFile = open.imports.length > 0 || imports.some(({ module }) => module !== FRAMEWORK_MODULE);
    if (sendable && !leansOnFile) return send();
    const home = exportedAs(subject);
    const why = home && this.#whyNotFrom(home.module, subject);
    if (home !== undefined && why === undefined) {
      // A function that a wrapper returned has no name of its own; the export's says more.
      const name = source.name === 'anonymous' ? (home.path.split('.').at(-1) ?? home.path) : source.name;
      return { kind: 'module', name, ...home };
    }
    if (!sendable) throw this.cannotTravel(source, hindrances, this.#note(subject, home?.path, why));
    return send(
      open.imports.map(({ specifier, start, end }) => ({
        start,
        end,
        text: JSON.stringify(this.#resolve(specifier, subject)),
      })),
    );
  }

  /** How a variable comes along, or why it does not, or `undefined` where nothing has to come. */
  #variable(subject: Subject, variable: FreeVariable): ImportBinding | 'self' | Hindrance | undefined {
    const { name } = variable;
    const locate = (offset: number) => subject.locate(offset);
    const found = subject.find(name);
    if (found === undefined) {
      // Nothing around it has this name, so what it asks by `typeof` has the same answer elsewhere.
      if (variable.guarded) return undefined;
      const why = this.undeclared(variable);
      return typeof why === 'string' ? this.hindrance(variable, locate, why) : why;
    }
    if (found.value === subject.fn) return 'self';
    const framework = this.#frameworkName(found.value);
    if (framework !== undefined) return { local: name, module: FRAMEWORK_MODULE, imported: framework };
    const marked = typeof found.value === 'function' ? originOf(found.value) : undefined;
    if (
      marked?.kind === 'module' &&
      !(marked.module.startsWith('file:') && this.#whyNotFrom(marked.module))
    ) {
      return { local: name, module: marked.module, imported: marked.path };
    }
    return (
      this.#broughtIn(subject, variable, found) ??
      this.#exportedBeside(subject, name, found) ??
      this.hindrance(variable, locate, subject.describe(found.scope))
    );
  }

  /** A variable that the file imports. */
  #broughtIn(subject: Subject, variable: FreeVariable, found: Found): ImportBinding | Hindrance | undefined {
    const { name } = variable;
    const brought = subject.script.imports.get(name);
    if (brought === undefined || !subject.isFilesOwn(found, brought)) return undefined;
    const { specifier } = brought;
    if (brought.via === 'task') return { local: name, module: specifier, imported: brought.imported };
    const { url } = subject.facts.script;
    if (brought.via === 'require') {
      const imported = requiredAs(url, brought, found.value);
      return imported === undefined
        ? undefined
        : { local: name, module: resolveRequired(url, specifier), imported };
    }
    const module = this.#resolve(specifier, subject);
    const why = module.startsWith('file:') ? this.#whyNotFrom(module) : undefined;
    if (why === undefined) return { local: name, module, imported: importedAs(brought, module, found.value) };
    return {
      text: name,
      where: subject.locate(variable.offset),
      what: `an import of '${specifier}', but ${why}`,
    };
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
    if (isEntryScript(url)) {
      return 'that is the script which the program was started with; workers never import it, since the program would start over there';
    }
    if (subject?.standsInTest()) return 'that is a test file, which only its test runner can load';
    return whyNotImportable(url, this.#execArgv);
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

  /** Reads a script once; functions that use only names of the framework never need it. */
  #readScript(info: ScriptInfo, parser: Awaited<ReturnType<NodeFunctionCodec['parser']>>): ScriptFacts {
    let script = this.#scripts.get(info.id);
    if (script === undefined) {
      script = readScript(info, parser);
      this.#scripts.set(info.id, script);
    }
    return script;
  }

  /** Whether a bare specifier must be resolved, for which alone the resolver is loaded. */
  #needsResolver(subject: Subject, open: OpenQuestions): boolean {
    const imported = open.variables.filter(({ name }) => {
      const found = subject.find(name);
      return (
        found !== undefined && found.value !== subject.fn && this.#frameworkName(found.value) === undefined
      );
    });
    const specifiers = imported.flatMap(({ name }) => subject.script.imports.get(name)?.specifier ?? []);
    return [...specifiers, ...open.imports.map(({ specifier }) => specifier)].some(isBare);
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
