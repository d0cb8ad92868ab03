/** @file piscina's worker file for arrays that are moved (transferred) instead of cloned. */
import { move } from 'piscina';
import { touch } from './work.js';

export default (data: Float64Array<ArrayBuffer>): unknown => {
  touch(data);
  return move(data);
};
