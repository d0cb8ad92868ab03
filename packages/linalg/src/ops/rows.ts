/**
 * @file The innermost loops of element-by-element operations. Written out for each, because a loop that calls a
 * function per element is four times slower; dense runs have a loop of their own, because steps cost half again.
 */
import type { Data } from '../dtype.js';

/** `out[o + i·os] = x[xo + i·xs] ∘ y[yo + i·ys]` for `count` elements. */
export type Row = (
  out: Data,
  o: number,
  os: number,
  x: Data,
  xo: number,
  xs: number,
  y: Data,
  yo: number,
  ys: number,
  count: number,
) => void;

export const addRow: Row = (out, o, os, x, xo, xs, y, yo, ys, count) => {
  if (os === 1 && xs === 1 && ys === 1) {
    for (let i = 0; i < count; i++) out[o + i] = x[xo + i]! + y[yo + i]!;
    return;
  }
  let [a, b, c] = [xo, yo, o];
  for (let i = 0; i < count; i++, a += xs, b += ys, c += os) out[c] = x[a]! + y[b]!;
};

export const subtractRow: Row = (out, o, os, x, xo, xs, y, yo, ys, count) => {
  if (os === 1 && xs === 1 && ys === 1) {
    for (let i = 0; i < count; i++) out[o + i] = x[xo + i]! - y[yo + i]!;
    return;
  }
  let [a, b, c] = [xo, yo, o];
  for (let i = 0; i < count; i++, a += xs, b += ys, c += os) out[c] = x[a]! - y[b]!;
};

export const multiplyRow: Row = (out, o, os, x, xo, xs, y, yo, ys, count) => {
  if (os === 1 && xs === 1 && ys === 1) {
    for (let i = 0; i < count; i++) out[o + i] = x[xo + i]! * y[yo + i]!;
    return;
  }
  let [a, b, c] = [xo, yo, o];
  for (let i = 0; i < count; i++, a += xs, b += ys, c += os) out[c] = x[a]! * y[b]!;
};

export const multiplyIntegerRow: Row = (out, o, os, x, xo, xs, y, yo, ys, count) => {
  let [a, b, c] = [xo, yo, o];
  for (let i = 0; i < count; i++, a += xs, b += ys, c += os) out[c] = Math.imul(x[a]!, y[b]!);
};
