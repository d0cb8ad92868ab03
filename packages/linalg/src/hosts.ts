/**
 * @file What workers import: the functions that run there, and the class of their values. It stays small: of the core
 * it loads nothing.
 */
export { blasInfo } from './blas/providers.js';
export { array, fromFunction, ones, rand, randn, zeros } from './create.js';
export { NDArray } from './ndarray.js';
export { argmaxBlock, argmaxChunk, argmaxHost } from './ops/argmax.js';
export { isCloseHost } from './ops/close.js';
export { addBlock, addHost, mulBlock, mulHost, scaleHost, subBlock, subHost } from './ops/elementwise.js';
export { elementwiseBlock, elementwiseHost } from './ops/fused.js';
export { matmulBlock, matmulHost } from './ops/matmul.js';
export { normHost } from './ops/norm.js';
export { sumBlock, sumChunks, sumHost } from './ops/sum.js';
export { topkBlock, topkHost } from './ops/topk.js';
export { transposeHost } from './ops/transpose.js';
