/** @file Tasks that find the nearest neighbours and let them vote. */
import { type NDArray, zeros } from 'poniard';
import type { Images, Labels } from './images.js';

/** |y|² for each row y. */
export function squaredNorms(images: Images): NDArray<'float64'> {
  const [rows = 0, pixels = 0] = images.shape;
  const norms = zeros(rows);
  for (let row = 0; row < rows; row++) {
    let norm = 0;
    for (let at = row * pixels; at < (row + 1) * pixels; at++) norm += images.data[at]! ** 2;
    norms.data[row] = norm;
  }
  return norms;
}

/**
 * Guesses a digit for each row of x·yᵀ from the `k` training images y that are nearest to x. Since |x − y|² = |x|² − 2x·y + |y|²
 * and |x|² is the same for a whole row, the smallest |y|² − 2x·y are looked for; of equals the first come first.
 */
export function vote(
  products: NDArray<'float32'>,
  norms: NDArray<'float64'>,
  labels: Labels,
  k: number,
): Labels {
  const [rows = 0, columns = 0] = products.shape;
  const guesses = zeros(rows, 'uint8');
  const nearest = new Int32Array(k);
  const distances = new Float64Array(k);
  for (let row = 0; row < rows; row++) {
    distances.fill(Number.POSITIVE_INFINITY);
    for (let column = 0; column < columns; column++) {
      const distance = norms.data[column]! - 2 * products.data[row * columns + column]!;
      if (distance >= distances[k - 1]!) continue;
      let rank = k - 1;
      for (; rank > 0 && distances[rank - 1]! > distance; rank--) {
        distances[rank] = distances[rank - 1]!;
        nearest[rank] = nearest[rank - 1]!;
      }
      distances[rank] = distance;
      nearest[rank] = column;
    }
    guesses.data[row] = winner(nearest, labels);
  }
  return guesses;
}

/** The label that most of the neighbours have; of equals the one that comes first, which has the nearest neighbour. */
function winner(nearest: Int32Array, labels: Labels): number {
  const votes = new Map<number, number>();
  for (const index of nearest) {
    const digit = labels.data[index]!;
    votes.set(digit, (votes.get(digit) ?? 0) + 1);
  }
  let best = -1;
  for (const [digit, count] of votes) if (count > (votes.get(best) ?? 0)) best = digit;
  return best;
}

/** `[digit][guess]`: how often a digit was taken for another one. The blocks of guesses follow one another. */
export function confusion(labels: Labels, ...guesses: Labels[]): number[][] {
  const matrix = Array.from({ length: 10 }, () => new Array<number>(10).fill(0));
  const all = guesses.flatMap((some) => [...some.data]);
  for (const [index, guess] of all.entries()) matrix[labels.data[index]!]![guess]! += 1;
  return matrix;
}
