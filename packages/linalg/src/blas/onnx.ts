/**
 * @file onnxruntime's matrix product. It refuses shared memory, though all it needs is an address. Where koffi can make
 * an ordinary buffer over the same bytes, it works in place; else, and where rows have gaps between them, operands are
 * copied to ordinary memory and the product back. The memory for that is kept, since touching new memory costs more
 * than the copy (3 ms of 58 for half of a 2048² float32 product, 2 of 16 for float64 1024²).
 */
import type { Data, DataOf } from '../dtype.js';
import { allocateScratch, isShared } from '../memory.js';
import { verifyBlas } from './check.js';
import { gemmModel } from './onnx-model.js';
import type { Blas, BlasLoader, Gemm, Matrix } from './port.js';

type Float = 'float32' | 'float64';

interface Tensor {
  readonly dims: readonly number[];
}

interface Session {
  run(feeds: Record<string, Tensor>, fetches: Record<string, Tensor>): Promise<unknown>;
}

/** The part of onnxruntime-node that is used. */
export interface OnnxRuntime {
  readonly Tensor: new (dtype: Float, data: Data, dims: readonly number[]) => Tensor;
  readonly InferenceSession: {
    create(model: Uint8Array, options: Readonly<Record<string, unknown>>): Promise<Session>;
  };
  readonly env?: { readonly versions?: { readonly node?: string; readonly common?: string } };
}

/** Port: an ordinary typed array over the bytes of one on shared memory, which it keeps. */
export type Alias = <A extends Data>(data: A) => A;

/** Buffers above this size are not kept after the product that needed them. */
const KEEP_BYTES = 64 * 1024 * 1024;

/** `importRuntime` rejects where onnxruntime-node is not installed; `findAlias` gives nothing where koffi cannot do it. */
export function onnxBlas(
  importRuntime: () => Promise<OnnxRuntime>,
  findAlias: () => Promise<Alias | undefined>,
  cores: number,
): BlasLoader {
  return {
    name: 'onnxruntime',
    async load({ inWorker }) {
      let runtime: OnnxRuntime;
      try {
        runtime = await importRuntime();
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        const missing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
        throw new Error(
          missing ? 'onnxruntime-node is not installed' : `onnxruntime-node does not load: ${message}`,
        );
      }
      const blas = new OnnxBlas(runtime, await findAlias(), inWorker ? 1 : cores);
      await verifyBlas(blas);
      return blas;
    },
  };
}

class OnnxBlas implements Blas {
  readonly name = 'onnxruntime';
  readonly library: string;
  readonly slow = false;
  private readonly sessions = new Map<string, Promise<Session>>();
  private readonly kept = new Map<string, Data>();
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly runtime: OnnxRuntime,
    private readonly alias: Alias | undefined,
    readonly threads: number,
  ) {
    const version = runtime.env?.versions?.node ?? runtime.env?.versions?.common;
    this.library = version === undefined ? 'onnxruntime-node' : `onnxruntime-node ${version}`;
  }

  /** One product at a time: they share the buffers, and `run` yields to other tasks of this thread. */
  gemm(product: Gemm): Promise<void> {
    const done = this.last.then(() => this.multiply(product));
    this.last = done.catch(() => {});
    return done;
  }

  private async multiply({ dtype, m, n, k, a, b, c }: Gemm): Promise<void> {
    const session = await this.session(dtype, a.transposed, b.transposed);
    const [rowsA, columnsA] = a.transposed ? [k, m] : [m, k];
    const [rowsB, columnsB] = b.transposed ? [n, k] : [k, n];
    const inA = this.inPlace(a, rowsA, columnsA) ?? this.copied('a', dtype, a, rowsA, columnsA);
    const inB = this.inPlace(b, rowsB, columnsB) ?? this.copied('b', dtype, b, rowsB, columnsB);
    const outInPlace = this.inPlace(c, m, n);
    const out = outInPlace ?? this.buffer('c', dtype, m * n);
    const { Tensor } = this.runtime;
    await session.run(
      { a: new Tensor(dtype, inA, [rowsA, columnsA]), b: new Tensor(dtype, inB, [rowsB, columnsB]) },
      { c: new Tensor(dtype, out, [m, n]) },
    );
    if (outInPlace === undefined) copyRows(c.data, c.ld, out, n, m, n);
  }

  private session(dtype: Float, transA: boolean, transB: boolean): Promise<Session> {
    const key = `${dtype} ${transA} ${transB}`;
    let session = this.sessions.get(key);
    if (session === undefined) {
      session = this.runtime.InferenceSession.create(gemmModel(dtype, transA, transB), {
        intraOpNumThreads: this.threads,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        logSeverityLevel: 3,
      });
      this.sessions.set(key, session);
    }
    return session;
  }

  /** The matrix itself, as onnxruntime takes it, where it is dense and can be had on ordinary memory. */
  private inPlace({ data, ld }: Matrix, rows: number, columns: number): Data | undefined {
    if (ld !== columns || data.length !== rows * columns) return undefined;
    return isShared(data.buffer) ? this.alias?.(data) : data;
  }

  private copied(slot: string, dtype: Float, { data, ld }: Matrix, rows: number, columns: number): Data {
    const buffer = this.buffer(slot, dtype, rows * columns);
    copyRows(buffer, columns, data, ld, rows, columns);
    return buffer;
  }

  private buffer<D extends Float>(slot: string, dtype: D, length: number): DataOf<D> {
    const key = `${slot} ${dtype}`;
    const kept = this.kept.get(key) as DataOf<D> | undefined;
    if (kept !== undefined && kept.length >= length) return kept.subarray(0, length) as DataOf<D>;
    const made = allocateScratch(dtype, length);
    if (made.byteLength <= KEEP_BYTES) this.kept.set(key, made);
    return made;
  }
}

/** Copies rows; in one go where they lie one behind the other on both sides. */
function copyRows(to: Data, ldTo: number, from: Data, ldFrom: number, rows: number, columns: number): void {
  if (ldTo === columns && ldFrom === columns) {
    to.set(from.subarray(0, rows * columns));
    return;
  }
  for (let row = 0; row < rows; row++) {
    to.set(from.subarray(row * ldFrom, row * ldFrom + columns), row * ldTo);
  }
}
