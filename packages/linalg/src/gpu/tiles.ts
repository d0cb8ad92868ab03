/** @file Which tile a product is computed with, and into how many parts along k it is split. */
import { type Tile, workgroupBytes } from './matmul-kernel.js';
import type { GpuTraits } from './port.js';

/** A tile that may be chosen. */
export interface Candidate {
  readonly tile: Tile;
  /** What a multiplication costs with it, relative to the others, where the device has enough to do. */
  readonly cost: number;
  /** Only for products of so many multiplications: what compiling it costs must come back. */
  readonly least?: number;
}

/** What is known of a device's kind. */
export interface Tiles {
  readonly candidates: readonly Candidate[];
  /** Workgroups that run at a time, about. */
  readonly workgroups: number;
  /** Workgroups that a dispatch has at most, along each axis. */
  readonly most?: number;
}

export interface Extent {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** How many such products there are. */
  readonly layers: number;
}

export interface Choice {
  readonly tile: Tile;
  readonly splits: number;
}

const tile = (rows: number, columns: number, across: number, down: number, depth: number): Tile => ({
  rows,
  columns,
  across,
  down,
  depth,
});

/**
 * For GPUs. The costs are what such tiles usually come to, until a trial has told (see tuning.ts). In the order of their
 * promise.
 */
const HARDWARE: Tiles = {
  candidates: [
    { tile: tile(8, 8, 16, 16, 16), cost: 1 },
    { tile: tile(8, 8, 8, 8, 16), cost: 1.1 },
    { tile: tile(8, 4, 16, 16, 16), cost: 1.1 },
    { tile: tile(4, 4, 16, 16, 16), cost: 1.3 },
    { tile: tile(8, 8, 8, 8, 0), cost: 1.6 },
    { tile: tile(4, 4, 8, 8, 0), cost: 2.6 },
  ],
  // Few GPUs have fewer than 16 processors, and each wants several.
  workgroups: 128,
};

/**
 * For adapters that compute on the CPU, where a barrier is a change of threads: measured on SwiftShader, tiles in workgroup
 * memory are five times slower, and take seconds to compile. Per core, 512³ takes 295, 187 and 147 ms with these tiles; they
 * take 0.1, 0.4 and 1.3 s to compile.
 */
const SOFTWARE: Tiles = {
  candidates: [
    { tile: tile(16, 16, 4, 4, 0), cost: 1, least: 2 ** 27 },
    { tile: tile(8, 8, 8, 4, 0), cost: 1.3, least: 2 ** 18 },
    { tile: tile(4, 4, 4, 4, 0), cost: 2 },
  ],
  workgroups: 4,
};

/** The tiles that a device can run. */
export function tilesFor({ limits, software }: Pick<GpuTraits, 'limits' | 'software'>): Tiles {
  const { candidates, workgroups } = software ? SOFTWARE : HARDWARE;
  const fitting = candidates.filter(
    ({ tile }) =>
      tile.across * tile.down <= limits.invocationsPerWorkgroup &&
      workgroupBytes(tile) <= limits.workgroupMemory,
  );
  return { candidates: fitting, workgroups, most: limits.workgroupsPerDimension };
}

/** Steps along k of a part, at least: fewer are not worth adding the parts up. */
const LEAST_PART = 256;
/** At most: a sum of more in float32, one after the other, would be off by more than 1e-5 (262,144 numbers from 0 to 1: 2e-5). */
const LONGEST_PART = 2 ** 15;

/**
 * The tile with the least expected time. Where a product has fewer workgroups than run at a time it is split along k; each part is
 * stored, and read again to be added up.
 */
export function chooseTile(tiles: Tiles, extent: Extent): Choice {
  const { candidates, workgroups, most = Number.POSITIVE_INFINITY } = tiles;
  const { m, n, k, layers } = extent;
  const needed = Math.max(1, Math.ceil(k / LONGEST_PART));
  let best: Choice | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const { tile, cost, least: from = 0 } of candidates) {
    if (m * n * k * layers < from) continue;
    const [rows, columns] = [tile.rows * tile.down, tile.columns * tile.across];
    const [down, across] = [Math.ceil(m / rows), Math.ceil(n / columns)];
    if (down > most || across > most) continue;
    const groups = down * across * layers;
    const splits = Math.max(needed, Math.min(Math.floor(workgroups / groups), Math.floor(k / LEAST_PART)));
    const waves = Math.max(1, (groups * splits) / workgroups);
    const adding = splits === 1 ? 0 : (2 * m * n * layers * splits) / workgroups;
    const time = cost * (waves * rows * columns * (k / splits) + adding);
    if (time < least) {
      least = time;
      best = { tile, splits };
    }
  }
  // Too long for any, which the device then says; or shorter than any is for.
  return best ?? { tile: candidates.at(-1)!.tile, splits: needed };
}
