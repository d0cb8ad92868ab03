/** @file Whether two arrays are equal up to rounding. */
import { eachRow } from '../loops.js';
import type { NDArray } from '../ndarray.js';
import { broadcast, stretchedStrides } from '../shapes.js';
import { checkArray, checkOptions, flag, shapeError } from './check.js';

/** How near is near enough. */
export interface IsCloseOptions {
  /** Relative to the second array's element; 1e-5 unless given. */
  readonly rtol?: number;
  /** Added to the relative tolerance; 1e-8 unless given. */
  readonly atol?: number;
  /** Whether a NaN equals a NaN; it does not unless this is true. */
  readonly equalNaN?: boolean;
}

const tolerance = {
  is: (value: unknown) => typeof value === 'number' && value >= 0,
  must: 'be a number from 0',
};
const RULES = { rtol: tolerance, atol: tolerance, equalNaN: flag };

export function isCloseHost(x: NDArray, y: NDArray, options: IsCloseOptions = {}): boolean {
  const { rtol = 1e-5, atol = 1e-8, equalNaN = false } = checkOptions('isClose', options, RULES);
  checkArray('isClose', 'x', x);
  checkArray('isClose', 'y', y);
  const shape = broadcast(x.shape, y.shape);
  if (shape === undefined) {
    throw shapeError('isClose', x, y, 'axes match from the last; each pair is equal, or one of it is 1');
  }
  const geometry = (of: NDArray) => ({ shape, strides: stretchedStrides(of, shape), offset: of.offset });
  let close = true;
  eachRow(shape, [geometry(x), geometry(y)], ([atX, atY], [stepX, stepY], count) => {
    for (let i = 0; close && i < count; i++) {
      const a = x.data[atX! + i * stepX!]!;
      const b = y.data[atY! + i * stepY!]!;
      // Equal infinities are close; their difference is not a number.
      if (a === b || (equalNaN && Number.isNaN(a) && Number.isNaN(b))) continue;
      close = Number.isFinite(b) && Math.abs(a - b) <= atol + rtol * Math.abs(b);
    }
  });
  return close;
}
