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

export type EncodedFunction = SourceFunction | ModuleFunction;

// biome-ignore lint/complexity/noBannedTypes: any callable will do
export type AnyFunction = Function;

/**
 * Port: turns a function into what travels. The core's own codec carries self-contained functions and those
 * marked by `task()`; the CPU plug-in replaces it by one that also finds modules through Node's inspector.
 * Rejects or throws with `FunctionTransferError`.
 */
export interface FunctionCodec {
  encode(fn: AnyFunction): EncodedFunction | Promise<EncodedFunction>;
}
