/** @file The system's BLAS called directly through koffi, with all its threads, in place. */
import { availableParallelism } from 'node:os';
import koffi from 'koffi';
import { matmulJob } from './matmul-job.js';
import { square } from './matrices.js';
import type { Rival } from './rival.js';

const ACCELERATE = '/System/Library/Frameworks/Accelerate.framework/Accelerate';
const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  linux: [
    'libopenblas.so.0',
    'libopenblas.so',
    'libmkl_rt.so.2',
    'libmkl_rt.so',
    'libblis.so.4',
    'libblis.so',
  ],
  darwin: [ACCELERATE, 'libopenblas.dylib', '/opt/homebrew/opt/openblas/lib/libopenblas.dylib'],
  win32: ['libopenblas.dll', 'mkl_rt.2.dll'],
};

/** The functions that set a BLAS' own number of threads; Accelerate sets its own. */
const SET_THREADS = ['openblas_set_num_threads', 'MKL_Set_Num_Threads', 'bli_thread_set_num_threads'];

const ROW_MAJOR = 101;
const NO_TRANSPOSE = 111;

/** Throws where no BLAS is found; the harness then leaves this rival out. */
export async function createRival(): Promise<Rival> {
  const { library, name } = load();
  const threads = availableParallelism();
  for (const setter of SET_THREADS) {
    try {
      library.func(`void ${setter}(int)`)(threads);
      break;
    } catch {
      // Another BLAS: it names this function otherwise.
    }
  }
  const gemm = (symbol: string, type: string) =>
    library.func(
      `void ${symbol}(int, int, int, int, int, int, ${type}, const void*, int, const void*, int, ${type}, void*, int)`,
    );
  const dgemm = gemm('cblas_dgemm', 'double');
  const sgemm = gemm('cblas_sgemm', 'float');
  return {
    version: name,
    settings: `cblas_?gemm through koffi, ${threads} threads, in place`,
    jobs: {
      matmul: matmulJob(async (a, b, n, dtype) => {
        const multiply = dtype === 'f64' ? dgemm : sgemm;
        const c = square(dtype, n);
        return async () => {
          multiply(ROW_MAJOR, NO_TRANSPOSE, NO_TRANSPOSE, n, n, n, 1, a, n, b, n, 0, c, n);
          return c;
        };
      }),
    },
    close: async () => {},
  };
}

function load() {
  for (const name of LIBRARIES[process.platform] ?? []) {
    try {
      return { library: koffi.load(name), name };
    } catch {
      // Not on this system: the next one.
    }
  }
  throw new Error('no system BLAS found (install libopenblas0, say)');
}
