/**
 * @file What Node's inspector tells about a function: where it stands and what its variables hold.
 *
 * The session is of this thread with itself: no port is opened, and another debugger is not disturbed. `Debugger.enable`
 * announces every script of the thread (2 ms with 140 of them) and makes `await` several times slower while it lasts, so
 * all functions that are asked for in one turn share one session, which ends before anything else runs.
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
}

export interface FunctionFacts {
  readonly script: ScriptInfo;
  /** Where the function's source begins in the script's text. */
  readonly start: number | undefined;
  readonly scopes: readonly ScopeFacts[];
}

type Inspector = typeof import('node:inspector');

interface Request {
  readonly fn: AnyFunction;
  answer(facts: FunctionFacts | undefined): void;
}

export class FunctionInspector {
  #waiting: Request[] = [];
  #inspector: Promise<Inspector | undefined> | undefined;

  /** `undefined` where the inspector is missing, or knows nothing about the function. */
  inspect(fn: AnyFunction): Promise<FunctionFacts | undefined> {
    return new Promise((answer) => {
      if (this.#waiting.push({ fn, answer }) === 1) void this.#flush();
    });
  }

  async #flush(): Promise<void> {
    // Some builds of Node come without it.
    this.#inspector ??= import('node:inspector').catch(() => undefined);
    const inspector = await this.#inspector;
    const requests = this.#waiting;
    this.#waiting = [];
    const found = inspector ? lookUp(requests, inspector) : [];
    requests.forEach((request, index) => {
      request.answer(found[index]);
    });
  }
}

/** One session for all of them. Nothing asynchronous happens between its start and its end. */
function lookUp(requests: readonly Request[], inspector: Inspector): (FunctionFacts | undefined)[] {
  const session = new inspector.Session();
  try {
    session.connect();
    const scripts = new Map<string, Debugger.ScriptParsedEventDataType>();
    session.on('Debugger.scriptParsed', ({ params }) => scripts.set(params.scriptId, params));
    post(session, 'Debugger.enable');
    return requests.map(({ fn }) => {
      try {
        return examine(fn, session, scripts);
      } catch {
        // What the inspector refuses to tell is as good as unknown; the codec then goes by names.
        return undefined;
      }
    });
  } catch {
    return [];
  } finally {
    session.disconnect();
  }
}

/** The inspector reads expressions, not values, so what it is to look at stands in a global for that moment. */
const HANDOVER = Symbol.for('poniard.inspect');

function examine(
  fn: AnyFunction,
  session: Session,
  scripts: ReadonlyMap<string, Debugger.ScriptParsedEventDataType>,
): FunctionFacts | undefined {
  const handover: { fn: AnyFunction; take(...scopes: MaterializedScope[]): void; scopes: ScopeFacts[] } = {
    fn,
    scopes: [],
    take: (...scopes) => {
      handover.scopes = scopes.map(({ description, object }) => ({ kind: description, variables: object }));
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
    const script = location && scripts.get(location.scriptId);
    if (!location || !script || scopesId === undefined) return undefined;
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
    const { scriptSource } = post<Debugger.GetScriptSourceReturnType>(session, 'Debugger.getScriptSource', {
      scriptId: location.scriptId,
    });
    const info: ScriptInfo = {
      id: script.scriptId,
      url: script.url,
      isModule: script.isModule === true,
      text: scriptSource,
      sourceMapUrl: script.sourceMapURL ?? '',
      startLine: script.startLine,
      startColumn: script.startColumn,
    };
    return { script: info, start: startOf(fn, info, location), scopes: handover.scopes };
  } finally {
    Reflect.deleteProperty(globalThis, HANDOVER);
  }
}

/** What V8 makes of a scope when it is handed out as a value. */
interface MaterializedScope {
  readonly description: string;
  readonly object: Record<string, unknown>;
}

const properties = (session: Session, objectId: string) =>
  post<Runtime.GetPropertiesReturnType>(session, 'Runtime.getProperties', { objectId, ownProperties: true });

/** The location that V8 gives is that of the parameters; the source begins before it, or there. */
function startOf(fn: AnyFunction, script: ScriptInfo, location: Debugger.Location): number | undefined {
  const line = location.lineNumber - script.startLine;
  const column = (location.columnNumber ?? 0) - (line === 0 ? script.startColumn : 0);
  let lineStart = 0;
  for (let i = 0; i < line; i++) lineStart = script.text.indexOf('\n', lineStart) + 1;
  const offset = lineStart + column;
  const text = Function.prototype.toString.call(fn);
  const start = script.text.lastIndexOf(text, offset);
  return start >= 0 && start + text.length >= offset ? start : undefined;
}

/** In the same thread a session answers before `post` returns. */
function post<Result>(session: Session, method: string, params?: object): Result {
  let failure: Error | null = new Error(`${method} was not answered`);
  let answer: unknown;
  session.post(method, params, (error, result) => {
    failure = error;
    answer = result;
  });
  if (failure !== null) throw failure;
  return answer as Result;
}
