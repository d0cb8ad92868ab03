import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { array } from '../create.js';
import type { DType } from '../dtype.js';
import { NDArray, type Nested } from '../ndarray.js';
import { argmaxHost } from './argmax.js';
import { isCloseHost } from './close.js';
import { addHost, mulHost, scaleHost, subHost } from './elementwise.js';
import { matmulHost } from './matmul.js';
import { normHost } from './norm.js';
import { sumHost } from './sum.js';

/** What fixtures/make-fixtures.py writes. */
interface EncodedArray {
  readonly dtype: DType;
  readonly shape: number[];
  readonly elements: (number | string)[];
}

interface Case {
  readonly title: string;
  readonly op: string;
  readonly args: (number | EncodedArray)[];
  readonly options: Record<string, unknown>;
  readonly result: number | boolean | string | EncodedArray;
}

const { cases } = JSON.parse(
  readFileSync(new URL('../../fixtures/numpy.generated.json', import.meta.url), 'utf8'),
) as {
  cases: Case[];
};

type Host = (...args: unknown[]) => unknown;
const hosts: Record<string, unknown> = {
  matmul: matmulHost,
  add: addHost,
  sub: subHost,
  mul: mulHost,
  scale: scaleHost,
  sum: sumHost,
  argmax: argmaxHost,
  norm: normHost,
  isClose: isCloseHost,
};

const decode = (value: number | EncodedArray): number | NDArray =>
  typeof value === 'number' ? value : array(value.elements.map(Number), value.shape, value.dtype);

test.each(cases)('$op, $title: as numpy', async ({ op, args, options, result }) => {
  const given = 'order' in options ? { ...options, order: Number(options['order']) } : options;
  const last = Object.keys(given).length > 0 ? [given] : [];
  const found = await (hosts[op] as Host)(...args.map(decode), ...last);
  if (typeof result !== 'object') {
    expectNumber(found instanceof NDArray ? (found.toNested() as Nested) : found, result);
    return;
  }
  expect(found).toBeInstanceOf(NDArray);
  const { dtype, shape } = found as NDArray;
  expect({ dtype, shape }).toEqual({ dtype: result.dtype, shape: result.shape });
  [...(found as NDArray)].forEach((value, at) => {
    expectNumber(value, result.elements[at]!, dtype);
  });
});

/** Sums are added in another order, so the last bits may differ. */
function expectNumber(found: unknown, expected: number | boolean | string, dtype: DType = 'float64') {
  if (typeof expected === 'boolean') return expect(found).toBe(expected);
  const number = Number(expected);
  if (!Number.isFinite(number)) return expect(found).toBe(number);
  const tolerance = (dtype === 'float32' ? 1e-6 : 1e-14) * Math.max(1, Math.abs(number));
  return expect(Math.abs((found as number) - number)).toBeLessThanOrEqual(tolerance);
}
