/** @file The tasks: how soon the points of a tile escape, and their colours. */
import { kernel, type NDArray } from 'poniard';

/** Pixels of a tile's side. */
export const TILE = 64;
/** After so many steps a point counts as one that never escapes. */
export const MOST = 500;

/**
 * For each pixel of a tile after how many steps of z ← z² + c it leaves the circle of radius 16, counted smoothly; `MOST`
 * where it stays. gpu.js compiles it for GPUs; on threads it runs as it is.
 */
export const mandelbrot = kernel(
  function mandelbrot(left: number, top: number, pixel: number) {
    const re = left + this.thread.x * pixel;
    const im = top - this.thread.y * pixel;
    let x = 0;
    let y = 0;
    let steps = 0;
    while (x * x + y * y < 256 && steps < this.constants.most!) {
      const next = x * x - y * y + re;
      y = 2 * x * y + im;
      x = next;
      steps++;
    }
    if (steps >= this.constants.most!) return steps;
    return steps + 1 - Math.log2(Math.log2(x * x + y * y) / 8);
  },
  { output: [TILE, TILE], constants: { most: MOST } },
);

/** Red, green and blue of each pixel: the points that stay are black. */
export function paint(counts: NDArray<'float32'>, most: number): Uint8Array {
  const { data } = counts;
  const rgb = new Uint8Array(3 * data.length);
  for (let at = 0; at < data.length; at++) {
    const steps = data[at]!;
    if (steps >= most) continue;
    const phase = 2 + 1.1 * Math.sqrt(Math.max(0, steps));
    for (let part = 0; part < 3; part++) rgb[3 * at + part] = 127.5 + 127.5 * Math.cos(phase + 0.6 * part);
  }
  return rgb;
}
