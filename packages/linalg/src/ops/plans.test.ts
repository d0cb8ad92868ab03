import { createHash } from 'node:crypto';
import { valueCodec } from '@poniard/core';
import { describe, expect, test } from 'vitest';
import { array, rand, zeros } from '../create.js';
import { NDArray } from '../ndarray.js';
import { spans } from '../plan.js';
import { runPlan } from '../testing/arrays.js';
import { argmaxHost, argmaxPlan } from './argmax.js';
import { addHost, addPlan, mulHost, mulPlan, scaleHost, scalePlan, subHost, subPlan } from './elementwise.js';
import { formula } from './formula.js';
import { elementwiseHost, elementwisePlan } from './fused.js';
import { matmulHost, matmulPlan } from './matmul.js';
import { sumHost, sumPlan } from './sum.js';
import { topkHost, topkPlan } from './topk.js';

/** Arrays as a worker gets them. */
function carry(value: unknown): unknown {
  const codec = NDArray[valueCodec];
  return codec.test(value) ? codec.decode(codec.encode(value)) : value;
}

const plain = (value: unknown): unknown => {
  if (!(value instanceof NDArray)) return value;
  // A hash: comparing a million elements one by one takes seconds.
  const hash = createHash('sha1').update(value.copy().data).digest('hex');
  return { dtype: value.dtype, shape: value.shape, hash };
};

const large = rand([1100, 1000], { seed: 1 });
const odd = rand([3, 500_001], { seed: 2 }).step(1, -1);

const blend = formula((x, y, n) => x.mul(y).add(x.scale(3)).sub(n));

describe('blocks together give what one task gives', () => {
  const cases: [string, () => unknown, (processors: number) => unknown][] = [
    ['add', () => addHost(large, large), (p) => addPlan([large, large], p)],
    ['sub of a row', () => subHost(large, large.slice(0)), (p) => subPlan([large, large.slice(0)], p)],
    ['mul across rows', () => mulHost(odd, 2), (p) => mulPlan([odd, 2], p)],
    ['scale of a private copy', () => scaleHost(large, 3), (p) => scalePlan([large.copy(), 3], p)],
    [
      'a formula',
      () => elementwiseHost(blend, odd, large.slice(0, 0), 2),
      (p) => elementwisePlan([blend, odd, large.slice(0, 0), 2], p),
    ],
    ['sum', () => sumHost(large), (p) => sumPlan([large], p)],
    ['sum along rows', () => sumHost(large, 1), (p) => sumPlan([large, 1], p)],
    ['sum along columns', () => sumHost(large, 0), (p) => sumPlan([large, 0], p)],
    ['argmax', () => argmaxHost(large), (p) => argmaxPlan([large], p)],
    ['argmax along an axis', () => argmaxHost(odd, 0), (p) => argmaxPlan([odd, 0], p)],
    [
      'topk',
      () => topkHost(large, 3).values,
      async (p) => {
        const made = topkPlan([large, 3], p)!;
        return { ...made, finish: () => made.finish([]).values };
      },
    ],
    [
      'topk positions',
      () => topkHost(odd, 2, 0).indices,
      async (p) => {
        const made = topkPlan([odd, 2, 0], p)!;
        return { ...made, finish: () => made.finish([]).indices };
      },
    ],
  ];

  test.each(cases)('%s', async (_, whole, makePlan) => {
    const expected = plain(whole());
    for (const processors of [2, 3, 8]) {
      const made = (await makePlan(processors)) as Parameters<typeof runPlan>[0];
      expect(made.blocks).toHaveLength(processors === 8 && made.blocks.length === 3 ? 3 : processors);
      expect(plain(await runPlan(made, carry))).toEqual(expected);
    }
  });
});

describe('matmul in blocks', () => {
  const tall = rand([1030, 300], { seed: 3 });
  const square = rand([300, 300], { seed: 4 });
  const exact = (x: NDArray<'float64'>) => x.astype('int32').astype('float64');
  const whole = exact(rand([300, 1030], { seed: 5 }));
  const stack = rand([6, 240, 240], { seed: 6, dtype: 'float32' });

  test.each<[string, Parameters<typeof matmulPlan>[0]]>([
    ['by rows', [tall, square]],
    ['by columns', [square, whole]],
    ['by columns of a transpose', [square, tall, { transposeB: true }]],
    ['by rows of a transpose', [whole, square, { transposeA: true }]],
    ['by matrices of a stack', [stack, stack]],
    ['of integers', [tall.slice([0, 200]).astype('int32'), square.astype('int32')]],
  ])('%s', async (_, [x, y, options]) => {
    const expected = await matmulHost(x, y, options);
    for (const processors of [2, 3]) {
      const made = matmulPlan([x, y, options], processors)!;
      expect(made.blocks).toHaveLength(processors);
      const found = await runPlan(made, carry);
      expect(found.shape).toEqual(expected.shape);
      const reference = [...expected];
      // Kernels of another block size may add in another order.
      expect([...found].every((value, at) => Math.abs(value - reference[at]!) <= 1e-4)).toBe(true);
    }
  });

  test('a matrix by a vector keeps its shape', () => {
    const wide = zeros([20_000, 4000], 'float32');
    const made = matmulPlan([wide, zeros(4000, 'float32')], 2)!;
    expect(made.finish([false, false]).shape).toEqual([20_000]);
  });

  test('blocks write to out', async () => {
    const out = zeros([1030, 300]);
    const made = matmulPlan([tall, square, { out }], 2)!;
    const found = await runPlan(made, carry);
    expect(found.data).toBe(out.data);
    expect(plain(out)).toEqual(plain(await runPlan(matmulPlan([tall, square], 2)!, carry)));
  });

  test('blocks of a very large product are cut smaller', () => {
    const huge = zeros([4096, 4096], 'float32');
    expect(matmulPlan([huge, huge], 2)!.blocks).toHaveLength(8);
  });
});

test.each<[string, unknown]>([
  ['a small product', matmulPlan([zeros([400, 400]), zeros([400, 400])], 4)],
  ['a single processor', matmulPlan([large, large.T], 1)],
  ['shapes that do not fit', matmulPlan([large, large], 4)],
  ['an out that does not fit', matmulPlan([large, large.T, { out: zeros([2, 2]) }], 4)],
  ['a small sum', addPlan([zeros([1000, 1000]), 1], 4)],
  ['a sum of other types', addPlan([large, large.astype('float32') as never], 4)],
  ['one lane', sumPlan([rand(2_000_000), 0], 4)],
  ['all of a strided array', sumPlan([large.T], 4)],
  ['no array', argmaxPlan([[1, 2] as never], 4)],
  ['too many wanted', topkPlan([large, 1001], 4)],
])('%s is not cut', (_, made) => {
  expect(made).toBeUndefined();
});

test('spans cover an extent in order, cut at multiples', () => {
  expect(spans(10, 3)).toEqual([
    [0, 3],
    [3, 7],
    [7, 10],
  ]);
  expect(spans(100, 3, 16)).toEqual([
    [0, 32],
    [32, 80],
    [80, 100],
  ]);
  expect(spans(2, 5)).toEqual([
    [0, 1],
    [1, 2],
  ]);
  expect(spans(0, 2)).toEqual([[0, 0]]);
});

test('a NaN in a later block is found', async () => {
  const x = array(new Float64Array(2 ** 21).fill(1));
  x.set(2 ** 20 + 5, Number.NaN);
  expect(await runPlan(argmaxPlan([x], 2)!, carry)).toBe(2 ** 20 + 5);
});
