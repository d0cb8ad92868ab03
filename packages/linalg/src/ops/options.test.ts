import {
  array,
  fromFunction,
  isClose,
  matmul,
  norm,
  ones,
  rand,
  randn,
  sum,
  topk,
  zeros,
} from '@poniard/linalg';
import { createTestRuntime } from '@poniard/testing';
import { expect, test } from 'vitest';

const x = array([
  [1, 2],
  [3, 4],
]);
const runtime = () => createTestRuntime();

test.each<[string, () => unknown, string]>([
  ['rand', () => rand([1], { sed: 1 } as never), 'rand: unknown option "sed". Known are dtype, seed'],
  ['randn', () => randn([1], 1 as never), 'randn: options are an object such as { dtype: … }, not number'],
  ['zeros', () => zeros([1], { dtpe: 'int32' } as never), 'zeros: unknown option "dtpe". Known are dtype'],
  ['ones', () => ones([1], [] as never), 'ones: options are an object such as { dtype: … }, not a list'],
  [
    'fromFunction',
    () => fromFunction([1], () => 1, { type: 1 } as never),
    'fromFunction: unknown option "type"',
  ],
  ['array', () => array([1], [1], { dtpe: 'int32' } as never), 'array: unknown option "dtpe"'],
])('E4. %s refuses options that it does not know at once', (_, call, message) => {
  expect(call).toThrow(TypeError);
  expect(call).toThrow(message);
});

const wrong: [string, (...args: never[]) => unknown, unknown[], string][] = [
  [
    'matmul',
    matmul,
    [x, x, { transposeC: true }],
    'matmul: unknown option "transposeC". Known are transposeA,',
  ],
  ['matmul', matmul, [x, x, 5], 'matmul: options are an object such as { transposeA: … }, not number'],
  ['matmul', matmul, [x, x, { transposeA: 'no' }], 'matmul: the option transposeA must be true or false'],
  ['norm', norm, [x, { axs: 0 }], 'norm: unknown option "axs". Known are axis, order'],
  [
    'isClose',
    isClose,
    [x, x, { rtoll: 1 }],
    'isClose: unknown option "rtoll". Known are rtol, atol, equalNaN',
  ],
  ['isClose', isClose, [x, x, { rtol: '1' }], 'isClose: the option rtol must be a number from 0'],
  ['sum', sum, [x, { axis: 1 }], 'sum: an axis is a number such as 0, not object'],
  ['topk', topk, [x, { k: 1 }], 'topk: k is a whole number, not object'],
];

test.each(wrong)(
  'E4. %s says what is wrong with its options, called and spawned',
  async (_, operation, args, message) => {
    const call = operation as (...args: unknown[]) => Promise<unknown>;
    await expect(call(...args)).rejects.toThrow(TypeError);
    await expect(call(...args)).rejects.toThrow(message);
    await expect(runtime().spawn(call, ...args)).rejects.toMatchObject({
      cause: expect.objectContaining({ name: 'TypeError', message: expect.stringContaining(message) }),
    });
  },
);
