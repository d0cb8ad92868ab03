import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Data } from '../dtype.js';
import { gemmCases, isRight } from '../testing/gemm-cases.js';
import { jsGemm } from './js.js';
import { koffiAlias } from './koffi.js';
import { type Alias, type OnnxRuntime, onnxBlas } from './onnx.js';
import { gemmModel } from './onnx-model.js';
import type { Blas, Gemm } from './port.js';

class FakeTensor {
  constructor(
    readonly dtype: 'float32' | 'float64',
    readonly data: Data,
    readonly dims: readonly number[],
  ) {
    if (data.buffer instanceof SharedArrayBuffer) throw new TypeError('shared memory is refused');
  }
}

/** Finds the orientation of a product by comparing its model with the four that there are. */
const orientation = (model: Uint8Array) =>
  [false, true]
    .flatMap((a) => [false, true].map((b) => [a, b] as const))
    .find(([a, b]) =>
      ['float32', 'float64'].some((t) => Buffer.from(model).equals(gemmModel(t as 'float32', a, b))),
    )!;

/** What a session computes is what JavaScript computes; `events` tells sessions and overlapping runs. */
function fakeRuntime(events: string[] = []): OnnxRuntime {
  let running = 0;
  return {
    Tensor: FakeTensor,
    InferenceSession: {
      async create(model, options) {
        const [transA, transB] = orientation(model);
        events.push(`session of ${options['intraOpNumThreads']} threads`);
        return {
          async run({ a, b }, { c }) {
            if (++running > 1) events.push('overlap');
            await Promise.resolve();
            const [x, y, z] = [a, b, c] as unknown as FakeTensor[];
            const [m, n] = z!.dims as [number, number];
            const factor = ({ data, dims }: FakeTensor, transposed: boolean) => ({
              data,
              ld: dims[1]!,
              transposed,
            });
            jsGemm({
              dtype: z!.dtype,
              m,
              n,
              k: x!.dims[transA ? 0 : 1]!,
              a: factor(x!, transA),
              b: factor(y!, transB),
              c: { data: z!.data, ld: n },
            } as Gemm);
            running--;
          },
        };
      },
    },
    env: { versions: { node: '9.9.9' } },
  };
}

const noAlias = async () => undefined;
const load = (runtime: OnnxRuntime, inWorker = false, alias?: Alias) =>
  onnxBlas(
    async () => runtime,
    async () => alias,
    4,
  ).load({ inWorker });

describe('onnxruntime', () => {
  test('is named with its version', async () => {
    const blas = await load(fakeRuntime());
    expect([blas.name, blas.library, blas.slow]).toEqual(['onnxruntime', 'onnxruntime-node 9.9.9', false]);
  });

  test('uses one thread inside a worker, all cores elsewhere, and makes each session once', async () => {
    const events: string[] = [];
    expect((await load(fakeRuntime(events), true)).threads).toBe(1);
    expect(events).toEqual(new Array(8).fill('session of 1 threads'));
    expect((await load(fakeRuntime())).threads).toBe(4);
  });

  test('gets operands on ordinary memory, whatever their rows, and gives the product back', async () => {
    const blas = await load(fakeRuntime());
    await fc.assert(
      fc.asyncProperty(gemmCases(12), async (generated) => {
        expect(await isRight(blas, generated)).toBe(true);
      }),
    );
  });

  test('computes one product at a time, since they share buffers', async () => {
    const events: string[] = [];
    const blas = await load(fakeRuntime(events));
    await fc.assert(
      fc.asyncProperty(gemmCases(8), gemmCases(8), async (one, other) => {
        expect(await Promise.all([isRight(blas, one), isRight(blas, other)])).toEqual([true, true]);
      }),
      { numRuns: 20 },
    );
    expect(events).not.toContain('overlap');
  });

  test('works in place where shared memory can be had as ordinary', async () => {
    const seen: Data[] = [];
    // Not the same bytes, as a real alias has, but seen to be asked for exactly where rows have no gaps.
    const blas = await load(fakeRuntime(), false, (data) => {
      seen.push(data);
      return data.slice() as typeof data;
    }).catch((error: Error) => error);
    expect(blas).toBeInstanceOf(Error);
    expect((blas as Error).message).toContain('wrong float64 product');
    expect(seen).toHaveLength(3);
  });

  test('goes on after a product that failed', async () => {
    const runtime = fakeRuntime();
    const blas = await load(runtime);
    const { product } = fc.sample(gemmCases(4), 1)[0]!;
    await expect(blas.gemm({ ...product, a: { ...product.a, data: null as never } })).rejects.toThrow(
      TypeError,
    );
    await expect(blas.gemm(product)).resolves.toBeUndefined();
  });

  test('tells when it is not installed, or does not load', async () => {
    const missing = Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
    const fails = (error: Error) =>
      onnxBlas(() => Promise.reject(error), noAlias, 4).load({ inWorker: false });
    await expect(fails(missing)).rejects.toThrow('onnxruntime-node is not installed');
    await expect(fails(new Error('wrong glibc'))).rejects.toThrow(
      'onnxruntime-node does not load: wrong glibc',
    );
  });
});

async function importReal(): Promise<OnnxRuntime> {
  const module = (await import('onnxruntime-node')) as unknown as { default: OnnxRuntime };
  return module.default;
}

const load1 = (findAlias: () => Promise<Alias | undefined>) =>
  onnxBlas(importReal, findAlias, 1)
    .load({ inWorker: true })
    .catch(() => undefined);
const alias = await koffiAlias();
const copying: Blas | undefined = await load1(noAlias);
const aliasing: Blas | undefined = alias && (await load1(async () => alias));

test.runIf(copying !== undefined)('the installed one multiplies rightly by copies', async () => {
  await fc.assert(
    fc.asyncProperty(gemmCases(70), async (generated) => {
      expect(await isRight(copying!, generated)).toBe(true);
    }),
  );
});

test.runIf(aliasing !== undefined)('and in place on shared memory', async () => {
  await fc.assert(
    fc.asyncProperty(gemmCases(70), async (generated) => {
      expect(await isRight(aliasing!, generated)).toBe(true);
    }),
  );
});
