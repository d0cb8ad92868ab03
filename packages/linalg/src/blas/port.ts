/** @file Port: what multiplies matrices. */

/** A matrix as BLAS wants it: rows that lie `ld` elements apart. */
export interface Matrix<T extends Float32Array | Float64Array = Float32Array | Float64Array> {
  /** Begins with the first element and holds at least as many as the matrix reaches. */
  readonly data: T;
  /** How far apart the rows are, in elements; at least their length. */
  readonly ld: number;
}

/** A factor: the matrix as it is stored, and whether its transpose is meant. */
export interface Factor extends Matrix {
  readonly transposed: boolean;
}

/**
 * c = a·b, where a is m × k, b is k × n and c is m × n; c is overwritten. All three are of type `dtype`, row-major, and
 * none of the extents is 0.
 */
export interface Gemm {
  readonly dtype: 'float32' | 'float64';
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Factor;
  readonly b: Factor;
  readonly c: Matrix;
}

/** The names of the providers, in the order in which they are tried. */
export type BlasName = 'system' | 'onnxruntime' | 'js';

/** A provider that was found to work on this thread. */
export interface Blas {
  readonly name: BlasName;
  /** The library, as people know it: `'OpenBLAS 0.3.21'`, `'onnxruntime-node 1.30.0'`. */
  readonly library: string;
  /** How many threads one product uses. */
  readonly threads: number;
  /** Whether it is so slow that people should hear of it. */
  readonly slow: boolean;
  /** Computes one product, in place on shared memory or by copies. */
  gemm(product: Gemm): void | Promise<void>;
}

/** What a loader is told. */
export interface LoadContext {
  /** Whether this is a worker thread, where products must keep to one thread: the other cores have tasks of their own. */
  readonly inWorker: boolean;
  /** The library to load, where the user named one. */
  readonly path?: string;
}

/** Finds a provider. Rejects with an error whose message tells why there is none. */
export interface BlasLoader {
  readonly name: BlasName;
  load(context: LoadContext): Promise<Blas>;
}
