/**
 * @file Measures once on each kind of GPU how fast each tile is: with the first large product, in about 100 ms. What comes
 * out is kept by adapter and driver.
 */
import type { Tile } from './matmul-kernel.js';
import type { GpuDevicePort, GpuTraits } from './port.js';
import type { Candidate, Tiles } from './tiles.js';

/** What tiles cost, by their names. */
export type TileCosts = Readonly<Record<string, number>>;

/** Port: keeps what trials have found, from one program to the next. It is a cache: it never rejects. */
export interface TileStore {
  read(adapter: string): Promise<TileCosts | undefined>;
  write(adapter: string, costs: TileCosts): Promise<void>;
}

/** What a trial needs of the products that it measures. */
export interface Trial {
  /** Whether the device takes the tile's kernel. */
  isPossible(tile: Tile): Promise<boolean>;
  /** Records a product of square matrices. */
  record(tile: Tile, size: number): void;
}

/** Products from here on are worth a trial. */
const LARGE = 2 ** 26;
/** Sides of the matrices of a trial: the larger where that takes no longer than this, in µs. */
const SIZES = [512, 1024] as const;
const QUICK = 1500;
/** In µs, for all tiles together. Each is run twice. */
const LONGEST = 100_000;

/** What is known of one device. */
export class Tuning {
  private asked: boolean;

  constructor(
    { software }: Pick<GpuTraits, 'software'>,
    public tiles: Tiles,
    private readonly store: TileStore,
  ) {
    // There the tiles are given: a trial would take longer than most programs.
    this.asked = software || tiles.candidates.length < 2;
  }

  /** Whether a product of so many multiplications should wait for `run`. The others go on with what is known. */
  wanted(multiplications: number): boolean {
    return !this.asked && multiplications >= LARGE;
  }

  /** Reads what is known of the adapter, or finds it out. */
  async run(gpu: GpuDevicePort, trial: Trial): Promise<void> {
    this.asked = true;
    const known = await this.store.read(gpu.adapter);
    if (known !== undefined && this.learn(known)) return;
    const costs: Record<string, number> = {};
    let isWhole = false;
    try {
      await this.measure(gpu, trial, costs);
      isWhole = true;
    } catch {
      // Such as for lack of memory: what it has until then will do, for this program.
    }
    if (this.learn(costs) && isWhole) await this.store.write(gpu.adapter, costs);
  }

  private async measure(gpu: GpuDevicePort, trial: Trial, costs: Record<string, number>): Promise<void> {
    const possible = await Promise.all(this.tiles.candidates.map(({ tile }) => trial.isPossible(tile)));
    const candidates = this.tiles.candidates.filter((_, i) => possible[i]);
    let total = 0;
    let [size]: readonly number[] = SIZES;
    const time = async ({ tile }: Candidate): Promise<number> => {
      const micros = await gpu.measure(() => trial.record(tile, size!));
      total += 2 * micros;
      return micros;
    };
    const [first] = candidates;
    if (first !== undefined && (await time(first)) <= QUICK) size = SIZES[1];
    for (const candidate of candidates) {
      if (total > LONGEST) break;
      costs[nameOf(candidate.tile)] = await time(candidate);
    }
  }

  /** Takes the costs of tiles over; those that were not tried are out. Returns whether there are any. */
  private learn(costs: TileCosts): boolean {
    const candidates = this.tiles.candidates.flatMap(({ tile }) => {
      const cost = costs[nameOf(tile)];
      return cost === undefined || !(cost > 0) ? [] : [{ tile, cost }];
    });
    if (candidates.length === 0) return false;
    this.tiles = { ...this.tiles, candidates };
    return true;
  }
}

export function nameOf({ rows, columns, across, down, depth }: Tile): string {
  return `${rows}×${columns} by ${across}×${down}, ${depth === 0 ? 'direct' : `${depth} deep`}`;
}
