/** @file How a function looks while it travels: plain data that structured clone carries. */

/** A name that a source function takes from a module. */
export interface ImportBinding {
  /** The identifier in the function's source. */
  readonly local: string;
  /** An absolute URL or a bare specifier that the worker can import. */
  readonly module: string;
  /** The export's name, `'default'`, or `'*'` for the whole namespace; dots go into objects (`'default.readFile'`). */
  readonly imported: string;
}

/** F1: the source of a function that needs nothing but globals and `imports`. */
export interface SourceFunction {
  readonly kind: 'source';
  readonly name: string;
  /** An expression that evaluates to the function. */
  readonly source: string;
  readonly imports: readonly ImportBinding[];
}

/** F2: an export of a module that workers import. */
export interface ModuleFunction {
  readonly kind: 'module';
  readonly name: string;
  /** An absolute URL. */
  readonly module: string;
  /** The export; dots go into objects (`'kernels.add'`). */
  readonly path: string;
}

/** One function of a closure: its source, and what it finds around it. */
export interface ClosurePart extends SourceFunction {
  /** A class is evaluated with its variables there: it may extend one of them. */
  readonly isClass: boolean;
  /** Its variables, and at which of the closure's values each begins. */
  readonly variables: readonly (readonly [local: string, index: number])[];
  /** Which of the values holds properties of the function itself. */
  readonly properties: number | undefined;
}

/**
 * F3: a function with all functions that it captures, the function itself first. What else they capture comes with each
 * call as its first argument (see `closures.ts`), so that one closure stands for all that differ in their values only.
 */
export interface ClosureFunction {
  readonly kind: 'closure';
  readonly name: string;
  readonly parts: readonly (ClosurePart | SourceFunction | ModuleFunction)[];
}

export type EncodedFunction = SourceFunction | ModuleFunction | ClosureFunction;

/** The variables that a function captures, as they are at this moment. */
export interface Capture {
  readonly name: string;
  /** The same for functions that differ in nothing but what their variables hold. */
  readonly key: string;
  readonly variables: ReadonlyMap<string, unknown>;
  /** Whether these variables will always hold the same. */
  readonly constant: boolean;
  /** Where the function uses a variable: `'/app/main.ts:12:7'`. */
  locate(variable: string): string;
  /** How the function travels, its variables aside. */
  encode(): CapturingSource | Promise<CapturingSource>;
}

export interface CapturingSource extends SourceFunction {
  readonly isClass: boolean;
}

// biome-ignore lint/complexity/noBannedTypes: any callable will do
export type AnyFunction = Function;

/**
 * Port: turns a function into what travels. The core's own codec carries self-contained functions and those
 * marked by `task()`; the CPU plug-in replaces it by one that also finds modules through Node's inspector.
 * Rejects or throws with `FunctionTransferError`.
 */
export interface FunctionCodec {
  /** `called`: other functions call it and not the task itself, so that it may use the `this` which they give it. */
  encode(fn: AnyFunction, called?: boolean): EncodedFunction | Promise<EncodedFunction>;
  /**
   * What a function captures, at once: what comes later may find other values. `undefined`: nothing, or something that
   * `encode` sees to. Without this method functions travel without their variables.
   */
  capture?(fn: AnyFunction, called?: boolean): Capture | undefined;
  /** Where an offset of a function's source was written, `'/app/main.ts:12:7'`, for the stacks of errors. */
  locate?(fn: AnyFunction, offset: number): string | undefined;
}
