import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gemmCases, isRight } from '../testing/gemm-cases.js';
import { jsGemm } from './js.js';
import { koffiLibraries } from './koffi.js';
import type { Blas, Gemm } from './port.js';
import { type NativeFunction, type NativeLibraries, systemBlas } from './system.js';

const CORES = 4;

/** A library of which each function is a JavaScript one, found by its name. */
function library(functions: Record<string, NativeFunction>): {
  find(prototype: string): NativeFunction | undefined;
} {
  return { find: (prototype) => functions[/(\w+)\(/.exec(prototype)![1]!] };
}

function libraries(found: Record<string, Record<string, NativeFunction>>): NativeLibraries {
  return {
    prepare: async () => {},
    open(path) {
      const functions = found[path];
      if (functions === undefined) throw new Error('no such file');
      return library(functions);
    },
  };
}

/** cblas_?gemm with the arguments of C. */
function cblas(dtype: 'float32' | 'float64'): NativeFunction {
  return (...args) => {
    const [order, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc] = args;
    expect([order, alpha, beta]).toEqual([101, 1, 0]);
    jsGemm({
      dtype,
      m,
      n,
      k,
      a: { data: a, ld: lda, transposed: ta === 112 },
      b: { data: b, ld: ldb, transposed: tb === 112 },
      c: { data: c, ld: ldc },
    } as Gemm);
  };
}

const working = { cblas_dgemm: cblas('float64'), cblas_sgemm: cblas('float32') };
const load = (
  found: Record<string, Record<string, NativeFunction>>,
  platform = 'linux',
  path?: string,
  inWorker = false,
) =>
  systemBlas(libraries(found), platform, CORES).load({ inWorker, ...(path === undefined ? {} : { path }) });

describe('the library', () => {
  test('is the first that loads', async () => {
    const blas = await load({ 'libblis.so.4': working, 'libmkl_rt.so.2': working });
    expect([blas.name, blas.library, blas.slow]).toEqual(['system', 'libblis.so.4', false]);
  });

  test('is the one that the user named, and no other', async () => {
    expect((await load({ '/opt/my.so': working }, 'linux', '/opt/my.so')).library).toBe('/opt/my.so');
    await expect(load({ 'libopenblas.so.0': working }, 'linux', '/opt/my.so')).rejects.toThrow(
      '/opt/my.so: no such file',
    );
  });

  test('tells its version when it is OpenBLAS', async () => {
    const openblas = {
      ...working,
      openblas_get_config: () => 'OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH',
      openblas_get_corename: () => 'Zen',
    };
    expect((await load({ 'libopenblas.so.0': openblas })).library).toBe(
      'OpenBLAS 0.3.21 (Zen kernels, libopenblas.so.0)',
    );
  });

  test('is passed over when it computes wrongly, leaves its place, or lacks a function', async () => {
    const wrong = { ...working, cblas_sgemm: () => {} };
    const transposeBlind = {
      ...working,
      cblas_dgemm: (...args: unknown[]) => working.cblas_dgemm(args[0], 111, 111, ...args.slice(3)),
    };
    await expect(
      load({
        'libopenblas.so.0': wrong,
        'libopenblas.so': transposeBlind,
        'libblis.so': { cblas_dgemm: cblas('float64') },
      }),
    ).rejects.toThrow(
      'libopenblas.so.0: it computed a wrong float32 product (plain × plain) in the self-check; ' +
        'libopenblas.so: it computed a wrong float64 product (plain × transposed) in the self-check; ' +
        'libblis.so.4: no such file; libblis.so: it has no cblas_sgemm; ',
    );
  });

  test('is not looked for on a platform that has none', async () => {
    await expect(load({}, 'sunos')).rejects.toThrow('no library is known for sunos');
  });

  test('cannot be opened without koffi', async () => {
    const broken: NativeLibraries = {
      ...libraries({}),
      prepare: () => Promise.reject(new Error('no prebuilt koffi')),
    };
    await expect(systemBlas(broken, 'linux', CORES).load({ inWorker: false })).rejects.toThrow(
      'no prebuilt koffi',
    );
  });
});

describe('its threads', () => {
  const counted = () => {
    const calls: unknown[] = [];
    let threads = 8;
    const set = (name: string) => (count: unknown) => {
      calls.push([name, count]);
      threads = count as number;
    };
    return { calls, set, get: () => threads };
  };

  test('are one inside a worker', async () => {
    const { calls, set, get } = counted();
    const openblas = { ...working, openblas_set_num_threads: set('process'), openblas_get_num_threads: get };
    const blas = await load({ 'libopenblas.so.0': openblas }, 'linux', undefined, true);
    expect([calls, blas.threads]).toEqual([[['process', 1]], 1]);
  });

  test('are set for the worker alone where the library can', async () => {
    const { calls, set, get } = counted();
    const openblas = {
      ...working,
      openblas_set_num_threads: set('process'),
      openblas_set_num_threads_local: set('thread'),
      openblas_get_num_threads: get,
    };
    await load({ 'libopenblas.so.0': openblas }, 'linux', undefined, true);
    expect(calls).toEqual([['thread', 1]]);
  });

  test('are left as they are on the main thread', async () => {
    const { calls, set, get } = counted();
    const openblas = { ...working, openblas_set_num_threads: set('process'), openblas_get_num_threads: get };
    expect((await load({ 'libopenblas.so.0': openblas })).threads).toBe(8);
    expect(calls).toEqual([]);
    expect((await load({ 'libblis.so': working })).threads).toBe(CORES);
  });
});

const real: Blas | undefined = await systemBlas(koffiLibraries(), process.platform, CORES)
  .load({ inWorker: false })
  .catch(() => undefined);

test.runIf(real !== undefined)(
  'the library of this machine multiplies rightly in place on shared memory',
  async () => {
    await fc.assert(
      fc.asyncProperty(gemmCases(70), async (generated) => {
        expect(await isRight(real!, generated)).toBe(true);
      }),
    );
  },
);
