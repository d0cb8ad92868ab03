/** @file The operations: each a name, its host implementation, and how a large call is cut into blocks. */
import { operation, task } from '@poniard/core';
import type { DType } from './dtype.js';
import * as gpu from './gpu/operations.js';
import * as hosts from './hosts.js';
import type { NDArray } from './ndarray.js';
import { argmaxHost, argmaxPlan, type Located } from './ops/argmax.js';
import { isCloseHost } from './ops/close.js';
import {
  addHost,
  addPlan,
  mulHost,
  mulPlan,
  type Operand,
  scaleHost,
  scalePlan,
  subHost,
  subPlan,
} from './ops/elementwise.js';
import type { Formula } from './ops/formula.js';
import { elementwiseHost, elementwisePlan } from './ops/fused.js';
import { matmulHost, matmulPlan } from './ops/matmul.js';
import { type Normed, type NormOptions, normHost } from './ops/norm.js';
import type { MatmulOptions, ProductDType } from './ops/product.js';
import { type Summed, sumHost, sumPlan } from './ops/sum.js';
import { type TopK, topkHost, topkPlan } from './ops/topk.js';
import { transposeHost } from './ops/transpose.js';

// Workers find every function there, also in a bundle, where it is a file beside this one.
for (const [name, host] of Object.entries(hosts)) {
  if (host !== hosts.NDArray) task(new URL('./hosts.js', import.meta.url), host, name);
}

// An `Operation` keeps no type parameters, so each operation says its own signature.
type Matmul = <D extends DType, O extends MatmulOptions | undefined = undefined>(
  x: NDArray<D>,
  y: NDArray<D>,
  options?: O,
) => Promise<NDArray<ProductDType<D, O>>>;
type Elementwise = <D extends DType>(x: NDArray<D>, y: Operand<D>) => Promise<NDArray<D>>;
type Fused = <D extends DType>(formula: Formula, ...operands: Operand<D>[]) => Promise<NDArray<D>>;
type Scale = <D extends DType>(x: NDArray<D>, factor: number) => Promise<NDArray<D>>;
type Transpose = <D extends DType>(x: NDArray<D>, axes?: readonly number[]) => Promise<NDArray<D>>;
type Sum = <D extends DType, A extends number | undefined = undefined>(
  x: NDArray<D>,
  axis?: A,
) => Promise<Summed<D, A>>;
type Argmax = <A extends number | undefined = undefined>(x: NDArray, axis?: A) => Promise<Located<A>>;
type Topk = <D extends DType>(x: NDArray<D>, k: number, axis?: number) => Promise<TopK<D>>;
type Norm = <D extends DType, O extends NormOptions | undefined = undefined>(
  x: NDArray<D>,
  options?: O,
) => Promise<Normed<D, O>>;

/**
 * The matrix product `x·y`, as numpy's `matmul`: a vector is lent an axis, and axes before the last two are stacks that
 * stretch. Floats go through {@link blasInfo}'s provider, integers wrap around. A large product is cut into
 * blocks that run on all threads, or runs on a GPU as a whole, if that is expected to finish first (Dagger: `A * B` of
 * `DArray`s). A GPU takes float32 and int32; float64 too where `precision: 'single'` allows it.
 *
 * @throws TypeError when the element types differ.
 * @throws RangeError when the shapes do not fit, or `out` does not (see `MatmulOptions`).
 * @example
 * ```ts
 * import { array, matmul } from '@poniard/linalg';
 * const x = array([[1, 2], [3, 4]]);
 * console.log(await matmul(x, x)); // NDArray float64 [2, 2] [[7, 10], [15, 22]]
 * console.log(await matmul(x, x, { transposeB: true })); // NDArray float64 [2, 2] [[5, 11], [11, 25]]
 * console.log(await matmul(x, x, { precision: 'single' })); // NDArray float32 [2, 2] [[7, 10], [15, 22]]
 * const out = array([[0, 0], [0, 0]]);
 * await matmul(x, x, { out });
 * console.log(out); // NDArray float64 [2, 2] [[7, 10], [15, 22]]
 * ```
 */
export const matmul = operation('matmul', {
  host: matmulHost,
  webgpu: gpu.matmulGpu,
  plan: matmulPlan,
}) as Matmul;

/**
 * `x + y` element by element. Shapes stretch as in numpy; y may be a number.
 *
 * @throws TypeError when the element types differ. @throws RangeError when the shapes do not fit.
 * @example
 * ```ts
 * import { add, array } from '@poniard/linalg';
 * console.log(await add(array([[1, 2], [3, 4]]), array([10, 20]))); // NDArray float64 [2, 2] [[11, 22], [13, 24]]
 * ```
 */
export const add = operation('add', { host: addHost, webgpu: gpu.addGpu, plan: addPlan }) as Elementwise;

/**
 * `x - y` element by element. Shapes stretch as in numpy; y may be a number.
 *
 * @throws TypeError when the element types differ. @throws RangeError when the shapes do not fit.
 * @example
 * ```ts
 * import { array, sub } from '@poniard/linalg';
 * console.log(await sub(array([3, 4]), 1)); // NDArray float64 [2] [2, 3]
 * ```
 */
export const sub = operation('sub', { host: subHost, webgpu: gpu.subGpu, plan: subPlan }) as Elementwise;

/**
 * `x · y` element by element (not the matrix product: that is {@link matmul}). Shapes stretch as in numpy; y may be a number.
 *
 * @throws TypeError when the element types differ. @throws RangeError when the shapes do not fit.
 * @example
 * ```ts
 * import { array, mul } from '@poniard/linalg';
 * console.log(await mul(array([3, 4]), array([3, 4]))); // NDArray float64 [2] [9, 16]
 * ```
 */
export const mul = operation('mul', { host: mulHost, webgpu: gpu.mulGpu, plan: mulPlan }) as Elementwise;

/**
 * An array times a number. For integer arrays the number is one too.
 *
 * @example
 * ```ts
 * import { array, scale } from '@poniard/linalg';
 * console.log(await scale(array([1, 2]), 0.5)); // NDArray float64 [2] [0.5, 1]
 * ```
 */
export const scale = operation('scale', { host: scaleHost, webgpu: gpu.scaleGpu, plan: scalePlan }) as Scale;

/**
 * Computes a {@link formula} in one go: on the host a few thousand elements at a time, on a GPU as one kernel. Shapes stretch as in
 * numpy; numbers stand for arrays of them.
 *
 * @throws TypeError when there are not as many operands as the formula takes, or the element types differ.
 * @throws RangeError when the shapes do not fit.
 * @example
 * ```ts
 * import { array, elementwise, formula } from '@poniard/linalg';
 * const axpy = formula((a, x, y) => a.mul(x).add(y));
 * console.log(await elementwise(axpy, 2, array([1, 2]), array([10, 20]))); // NDArray float64 [2] [12, 24]
 * ```
 */
export const elementwise = operation('elementwise', {
  host: elementwiseHost,
  webgpu: gpu.elementwiseGpu,
  plan: elementwisePlan,
}) as Fused;

/**
 * The array with its axes reversed, or in the order given. On the host a view: nothing is copied.
 *
 * @throws RangeError when the order does not name each axis once.
 * @example
 * ```ts
 * import { array, transpose } from '@poniard/linalg';
 * console.log(await transpose(array([[1, 2], [3, 4]]))); // NDArray float64 [2, 2] [[1, 3], [2, 4]]
 * ```
 */
export const transpose = operation('transpose', {
  host: transposeHost,
  webgpu: gpu.transposeGpu,
}) as Transpose;

/**
 * The sum of all elements as a number, or the sums along an axis as an array without it. Added by halves, so that
 * errors stay small; the same for any number of threads. Integers add up to float64, exact to 2⁵³. The sum of nothing is 0.
 *
 * @throws RangeError when there is no such axis.
 * @example
 * ```ts
 * import { array, sum } from '@poniard/linalg';
 * const x = array([[1, 2], [3, 4]]);
 * console.log(await sum(x)); // 10
 * console.log(await sum(x, 0)); // NDArray float64 [2] [4, 6]
 * ```
 */
export const sum = operation('sum', { host: sumHost, webgpu: gpu.sumGpu, plan: sumPlan }) as Sum;

/**
 * Where the largest element is: its position in row-major order, or the positions along an axis as an int32 array. Of
 * equals the first; a NaN counts as the largest, as in numpy.
 *
 * @throws RangeError when there is no element to be found, or no such axis.
 * @example
 * ```ts
 * import { argmax, array } from '@poniard/linalg';
 * const x = array([[1, 9], [8, 2]]);
 * console.log(await argmax(x)); // 1
 * console.log(await argmax(x, 1)); // NDArray int32 [2] [1, 0]
 * ```
 */
export const argmax = operation('argmax', {
  host: argmaxHost,
  webgpu: gpu.argmaxGpu,
  plan: argmaxPlan,
}) as Argmax;

/**
 * The `k` largest elements along an axis (the last unless given), largest first, and their positions. Of equals the first
 * comes first; a NaN counts as the largest.
 *
 * @throws RangeError when the axis has fewer than `k` elements, or there is none.
 * @example
 * ```ts
 * import { array, topk } from '@poniard/linalg';
 * const { values, indices } = await topk(array([3, 9, 5]), 2);
 * console.log(values); // NDArray float64 [2] [9, 5]
 * console.log(indices); // NDArray int32 [2] [1, 2]
 * ```
 */
export const topk = operation('topk', { host: topkHost, webgpu: gpu.topkGpu, plan: topkPlan }) as Topk;

/**
 * The Euclidean norm of all elements as a number, or with `axis` norms along it as an array. Other orders: see `NormOptions`.
 *
 * @throws RangeError when an order is given for an array of several axes without naming one (numpy would give a
 * norm of the matrix, which is not offered).
 * @example
 * ```ts
 * import { array, norm } from '@poniard/linalg';
 * console.log(await norm(array([3, 4]))); // 5
 * console.log(await norm(array([[3, -4], [6, 8]]), { axis: 1 })); // NDArray float64 [2] [5, 10]
 * console.log(await norm(array([3, -4]), { order: 1 })); // 7
 * ```
 */
export const norm = operation('norm', { host: normHost, webgpu: gpu.normGpu }) as Norm;

/**
 * Whether all elements are equal up to rounding: |x − y| ≤ atol + rtol·|y| (numpy: `allclose`; Julia: `isapprox`). The
 * element types may differ; shapes stretch.
 *
 * @throws RangeError when the shapes do not fit.
 * @example
 * ```ts
 * import { array, isClose } from '@poniard/linalg';
 * console.log(await isClose(array([0.1 + 0.2]), array([0.3]))); // true
 * ```
 */
export const isClose = operation('isClose', { host: isCloseHost });
