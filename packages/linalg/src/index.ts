/** @file Public names of @poniard/linalg. */
export type {} from './array-types.js';
export type { BlasName } from './blas/port.js';
export { blasInfo } from './blas/providers.js';
export type { BlasInfo } from './blas/select.js';
export {
  array,
  type DTypeOption,
  fromFunction,
  ones,
  type RandomOptions,
  rand,
  randn,
  zeros,
} from './create.js';
export type { Data, DataOf, DType } from './dtype.js';
export { type EncodedNDArray, NDArray, type Nested } from './ndarray.js';
export {
  add,
  argmax,
  elementwise,
  isClose,
  matmul,
  mul,
  norm,
  scale,
  sub,
  sum,
  topk,
  transpose,
} from './operations.js';
export type { IsCloseOptions } from './ops/close.js';
export type { Operand } from './ops/elementwise.js';
export { type Formula, formula, type Term } from './ops/formula.js';
export type { NormOptions } from './ops/norm.js';
export type { MatmulOptions } from './ops/product.js';
export type { TopK } from './ops/topk.js';
export type { SliceRange } from './views.js';
