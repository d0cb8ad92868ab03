/**
 * @file A BLAS library of the system, called in place on shared memory. Its own threads are kept to one inside a worker
 * thread, where the task graph owns the cores; on the main thread it keeps the number that it came with. Libraries that know
 * the number per thread are asked that way. One that knows it only per process (OpenBLAS before 0.3.27) keeps to one thread
 * everywhere as soon as a worker has used it.
 */
import { verifyBlas } from './check.js';
import type { Blas, BlasLoader, Gemm, LoadContext } from './port.js';

/** A C function of a native library. */
export type NativeFunction = (...args: unknown[]) => unknown;

/** Port: opens native libraries. */
export interface NativeLibraries {
  /** Rejects when libraries cannot be opened here at all. */
  prepare(): Promise<void>;
  /** Throws when there is no such library. */
  open(path: string): NativeLibrary;
}

export interface NativeLibrary {
  /** The function of this C prototype, or `undefined` when the library has none of that name. */
  find(prototype: string): NativeFunction | undefined;
}

/** Where BLAS libraries are, by platform: the first that loads and computes rightly is taken. */
const CANDIDATES: Readonly<Record<string, readonly string[]>> = {
  darwin: [
    '/System/Library/Frameworks/Accelerate.framework/Accelerate',
    '/opt/homebrew/opt/openblas/lib/libopenblas.dylib',
    '/usr/local/opt/openblas/lib/libopenblas.dylib',
  ],
  linux: [
    'libopenblas.so.0',
    'libopenblas.so',
    'libblis.so.4',
    'libblis.so',
    'libmkl_rt.so.2',
    'libmkl_rt.so',
  ],
  win32: ['libopenblas.dll', 'openblas.dll', 'mkl_rt.2.dll', 'mkl_rt.dll'],
};

/** The first that a library has is used. The setters of one thread's number come before those of the whole process. */
const SET_THREADS = [
  'int MKL_Set_Num_Threads_Local(int)',
  'int openblas_set_num_threads_local(int)',
  'void openblas_set_num_threads(int)',
  'void bli_thread_set_num_threads(int64_t)',
  // Accelerate since macOS 15; 1 is BLAS_THREADING_SINGLE_THREADED.
  'int BLASSetThreading(int)',
];

const GET_THREADS = [
  'int openblas_get_num_threads()',
  'int MKL_Get_Max_Threads()',
  'int64_t bli_thread_get_num_threads()',
];

const ROW_MAJOR = 101;
const PLAIN = 111;
const TRANSPOSED = 112;

/** Finds a BLAS of the system. `cores` is what a library is taken to use when it does not tell. */
export function systemBlas(libraries: NativeLibraries, platform: string, cores: number): BlasLoader {
  return {
    name: 'system',
    async load(context) {
      await libraries.prepare();
      const paths = context.path === undefined ? (CANDIDATES[platform] ?? []) : [context.path];
      const failures: string[] = [];
      for (const path of paths) {
        try {
          const blas = bind(libraries.open(path), path, context, cores);
          await verifyBlas(blas);
          return blas;
        } catch (error) {
          failures.push(`${path}: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
      throw new Error(failures.length > 0 ? failures.join('; ') : `no library is known for ${platform}`);
    },
  };
}

function bind(library: NativeLibrary, path: string, context: LoadContext, cores: number): Blas {
  const gemms = { float64: required(library, 'd', 'double'), float32: required(library, 's', 'float') };
  if (context.inWorker) first(library, SET_THREADS)?.(1);
  const known = first(library, GET_THREADS)?.();
  return {
    name: 'system',
    library: describe(library, path),
    threads: known === undefined ? (context.inWorker ? 1 : cores) : Number(known),
    slow: false,
    gemm({ dtype, m, n, k, a, b, c }: Gemm) {
      const flagA = a.transposed ? TRANSPOSED : PLAIN;
      const flagB = b.transposed ? TRANSPOSED : PLAIN;
      gemms[dtype](ROW_MAJOR, flagA, flagB, m, n, k, 1, a.data, a.ld, b.data, b.ld, 0, c.data, c.ld);
    },
  };
}

function required(library: NativeLibrary, letter: string, scalar: string): NativeFunction {
  const name = `cblas_${letter}gemm`;
  const found = library.find(
    `void ${name}(int, int, int, int, int, int, ${scalar}, void*, int, void*, int, ${scalar}, void*, int)`,
  );
  if (found === undefined) throw new Error(`it has no ${name}`);
  return found;
}

function first(library: NativeLibrary, prototypes: readonly string[]): NativeFunction | undefined {
  for (const prototype of prototypes) {
    const found = library.find(prototype);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** OpenBLAS tells its version and the kernels that it chose; the others go by their file. */
function describe(library: NativeLibrary, path: string): string {
  const config = library.find('const char* openblas_get_config()')?.();
  const core = library.find('const char* openblas_get_corename()')?.();
  if (typeof config !== 'string') return path;
  const version = /^OpenBLAS \S+/.exec(config)?.[0] ?? 'OpenBLAS';
  return typeof core === 'string' ? `${version} (${core} kernels, ${path})` : `${version} (${path})`;
}
