/**
 * @file What Node's inspector tells about a function: where it stands and what its variables hold.
 *
 * The session is of this thread with itself, and ends before anything else runs: no port is opened, and another debugger
 * is not disturbed. A look costs about 140 µs. The debugger proper is needed once per script only: enabling it announces
 * every script of the thread (2 ms with 130 of them), and makes `await` several times slower while it lasts.
 */
import type { Debugger, Runtime, Session } from 'node:inspector';
import type { AnyFunction } from '@poniard/core';

/** The variables of one scope around a function, from the innermost outwards. */
export interface ScopeFacts {
  /** `'Module'`, `'Closure'`, `'Closure (name)'`, `'Block'`, `'Script'`, … as V8 names them. The global scope is left out. */
  readonly kind: string;
  /** As they are at this moment. A variable that is not initialised yet is `undefined`. */
  readonly variables: Readonly<Record<string, unknown>>;
}

/** The script that a function was compiled from. */
export interface ScriptInfo {
  readonly id: string;
  /** A URL for files; what stands in `//# sourceURL=` for evaluated code; empty where nothing is known. */
  readonly url: string;
  readonly isModule: boolean;
  readonly text: string;
  readonly sourceMapUrl: string;
  /** Where the text's first character stands, in lines and columns from 0: wrappers shift it. */
  readonly startLine: number;
  readonly startColumn: number;
  /** Where each line of the text begins. */
  readonly lineStarts: readonly number[];
}

export class FunctionFacts {
  #start: { readonly offset: number | undefined } | undefined;

  constructor(
    private readonly fn: AnyFunction,
    private readonly readScript: () => ScriptInfo,
    private readonly location: Debugger.Location,
    readonly scopes: readonly ScopeFacts[],
  ) {}

  /** Read when it is asked for, once: finding it takes 2 to 20 ms. */
  get script(): ScriptInfo {
    return this.readScript();
  }

  /** Where the function's source begins in the script's text. */
  get start(): number | undefined {
    this.#start ??= { offset: startOf(this.fn, this.script, this.location) };
    return this.#start.offset;
  }
}

type Inspector = typeof import('node:inspector');

/** The inspector reads expressions, not values, so what it is to look at stands in a global for that moment. */
const HANDOVER = Symbol.for('poniard.inspect');

interface Handover {
  readonly fn: AnyFunction;
  take(...scopes: MaterializedScope[]): void;
}

/** Looks at functions, one at a time and at once. */
export class FunctionInspector {
  /** Undefined where Node was built without it. */
  readonly #inspector = process.getBuiltinModule('node:inspector') as Inspector | undefined;
  readonly #scripts = new Map<string, ScriptInfo>();

  /** `undefined` where the inspector is missing, or knows nothing about the function. */
  inspect(fn: AnyFunction): FunctionFacts | undefined {
    if (this.#inspector === undefined) return undefined;
    const session = new this.#inspector.Session();
    try {
      session.connect();
      return this.#examine(fn, session);
    } catch {
      // What the inspector refuses to tell is as good as unknown; the codec then goes by names.
      return undefined;
    } finally {
      session.disconnect();
    }
  }

  #examine(fn: AnyFunction, session: Session): FunctionFacts | undefined {
    let scopes: ScopeFacts[] = [];
    const handover: Handover = {
      fn,
      take: (...found) => {
        scopes = found.map(({ description, object }) => ({ kind: description, variables: object }));
      },
    };
    Object.defineProperty(globalThis, HANDOVER, { value: handover, configurable: true });
    try {
      const expression = `globalThis[Symbol.for('poniard.inspect')].fn`;
      const { result } = post<Runtime.EvaluateReturnType>(session, 'Runtime.evaluate', {
        expression,
        silent: true,
      });
      const { objectId } = result;
      if (objectId === undefined) return undefined;
      const { internalProperties = [] } = properties(session, objectId);
      const internal = (name: string) => internalProperties.find((one) => one.name === name)?.value;
      const location = internal('[[FunctionLocation]]')?.value as Debugger.Location | undefined;
      const scopesId = internal('[[Scopes]]')?.objectId;
      if (location === undefined || scopesId === undefined) return undefined;
      const scopeIds = properties(session, scopesId).result.flatMap(({ name, value }) =>
        /^\d+$/.test(name) && value?.objectId !== undefined && value.description !== 'Global'
          ? [{ objectId: value.objectId }]
          : [],
      );
      post(session, 'Runtime.callFunctionOn', {
        objectId,
        functionDeclaration: `function (...scopes) { globalThis[Symbol.for('poniard.inspect')].take(...scopes); }`,
        arguments: scopeIds,
        silent: true,
      });
      return new FunctionFacts(fn, () => this.#script(location.scriptId), location, scopes);
    } finally {
      Reflect.deleteProperty(globalThis, HANDOVER);
    }
  }

  /** The first function of a script makes the debugger announce all of them. */
  #script(id: string): ScriptInfo {
    let script = this.#scripts.get(id);
    if (script === undefined) {
      script = readScript(id, this.#inspector as Inspector);
      this.#scripts.set(id, script);
    }
    return script;
  }
}

function readScript(id: string, inspector: Inspector): ScriptInfo {
  const session = new inspector.Session();
  try {
    session.connect();
    let found: Debugger.ScriptParsedEventDataType | undefined;
    session.on('Debugger.scriptParsed', ({ params }) => {
      if (params.scriptId === id) found = params;
    });
    post(session, 'Debugger.enable');
    if (found === undefined) throw new Error('its script is not known to the inspector');
    const { scriptSource } = post<Debugger.GetScriptSourceReturnType>(session, 'Debugger.getScriptSource', {
      scriptId: id,
    });
    return {
      id,
      url: found.url,
      isModule: found.isModule === true,
      text: scriptSource,
      sourceMapUrl: found.sourceMapURL ?? '',
      startLine: found.startLine,
      startColumn: found.startColumn,
      lineStarts: lineStartsOf(scriptSource),
    };
  } finally {
    session.disconnect();
  }
}

/** What V8 makes of a scope when it is handed out as a value. */
interface MaterializedScope {
  readonly description: string;
  readonly object: Record<string, unknown>;
}

const properties = (session: Session, objectId: string) =>
  post<Runtime.GetPropertiesReturnType>(session, 'Runtime.getProperties', { objectId, ownProperties: true });

/** In the same thread a session answers before `post` returns. */
function post<Result>(session: Session, method: string, params?: object): Result {
  let failure: Error | null | undefined;
  let answer: unknown;
  session.post(method, params, (error, result) => {
    failure = error;
    answer = result;
  });
  if (failure === null) return answer as Result;
  throw failure ?? new Error(`${method} was not answered`);
}

/** The location that V8 gives is that of the parameters; the source begins before it, or there. */
function startOf(fn: AnyFunction, script: ScriptInfo, location: Debugger.Location): number | undefined {
  const line = location.lineNumber - script.startLine;
  const column = (location.columnNumber ?? 0) - (line === 0 ? script.startColumn : 0);
  const offset = (script.lineStarts[line] ?? 0) + column;
  const text = Function.prototype.toString.call(fn);
  const start = script.text.lastIndexOf(text, offset);
  return start >= 0 && start + text.length >= offset ? start : undefined;
}

function lineStartsOf(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
