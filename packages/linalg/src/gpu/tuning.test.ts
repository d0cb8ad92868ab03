import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Tile } from './matmul-kernel.js';
import type { GpuDevicePort, GpuTraits } from './port.js';
import { tileFile } from './tile-store.js';
import { chooseTile, tilesFor } from './tiles.js';
import { nameOf, type TileCosts, type TileStore, type Trial, Tuning } from './tuning.js';

const limits = { invocationsPerWorkgroup: 256, workgroupMemory: 16384 } as GpuTraits['limits'];
const traits = (software = false): GpuTraits => ({
  adapter: 'a GPU',
  software,
  limits,
  features: new Set(),
  matrixUnits: [],
});
const LARGE = 2 ** 30;

/** A GPU on which a trial of a tile takes as many µs as the test says. */
function trials(microsOf: (tile: Tile, size: number) => number, isPossible = (_tile: Tile) => true) {
  const tried: { tile: Tile; size: number }[] = [];
  const gpu = {
    ...traits(),
    async measure(record: () => void) {
      record();
      const { tile, size } = tried.at(-1)!;
      return microsOf(tile, size);
    },
  } as unknown as GpuDevicePort;
  const trial: Trial = {
    isPossible: async (tile) => isPossible(tile),
    record: (tile, size) => void tried.push({ tile, size }),
  };
  return { gpu, tried, trial };
}

function fakeStore(known?: TileCosts): TileStore & { written: TileCosts | undefined } {
  return {
    written: undefined,
    read: async () => known,
    async write(_adapter, costs) {
      this.written = costs;
    },
  };
}

const isDirect = ({ depth }: Tile) => depth === 0;

describe('a trial', () => {
  test('finds the fastest tile, and keeps what it found', async () => {
    const store = fakeStore();
    const tuning = new Tuning(traits(), tilesFor(traits()), store);
    const { gpu, tried, trial } = trials((tile) => (isDirect(tile) && tile.rows === 8 ? 100 : 900));
    expect(tuning.wanted(LARGE)).toBe(true);
    await tuning.run(gpu, trial);
    expect(tuning.wanted(LARGE)).toBe(false);
    const { tile } = chooseTile(tuning.tiles, { m: 4096, n: 4096, k: 4096, layers: 1 });
    expect(tile).toMatchObject({ rows: 8, depth: 0 });
    expect(store.written).toEqual(
      Object.fromEntries(
        tilesFor(traits()).candidates.map(({ tile: { ...one } }) => [nameOf(one), expect.any(Number)]),
      ),
    );
    expect(new Set(tried.map(({ size }) => size))).toEqual(new Set([512, 1024]));
  });

  test('is not made where its outcome is known', async () => {
    const known = { [nameOf(tilesFor(traits()).candidates[3]!.tile)]: 5 };
    const tuning = new Tuning(traits(), tilesFor(traits()), fakeStore(known));
    const { gpu, tried, trial } = trials(() => 1);
    await tuning.run(gpu, trial);
    expect(tried).toEqual([]);
    expect(tuning.tiles.candidates.map(({ cost }) => cost)).toEqual([5]);
  });

  test('is made anew where what is known are other tiles', async () => {
    const store = fakeStore({ 'another tile': 3 });
    const tuning = new Tuning(traits(), tilesFor(traits()), store);
    const { gpu, tried, trial } = trials(() => 1);
    await tuning.run(gpu, trial);
    expect(tried.length).toBeGreaterThan(1);
    expect(store.written).toBeDefined();
  });

  test('ends after a tenth of a second, with what it has', async () => {
    const tuning = new Tuning(traits(), tilesFor(traits()), fakeStore());
    const { gpu, tried, trial } = trials(() => 20_000);
    await tuning.run(gpu, trial);
    expect(tried.map(({ size }) => size)).toEqual([512, 512, 512]);
    expect(tuning.tiles.candidates).toHaveLength(2);
  });

  test('passes over tiles that the device does not take', async () => {
    const store = fakeStore();
    const tuning = new Tuning(traits(), tilesFor(traits()), store);
    const { gpu, tried, trial } = trials(() => 1, isDirect);
    await tuning.run(gpu, trial);
    expect(tried.every(({ tile }) => isDirect(tile))).toBe(true);
    expect(Object.keys(store.written ?? {})).toHaveLength(2);
  });

  test('that fails ends with what it has', async () => {
    const tuning = new Tuning(traits(), tilesFor(traits()), fakeStore());
    const { gpu, trial } = trials((_, size) => {
      if (size === 1024) throw new Error('no memory');
      return 1;
    });
    const before = tuning.tiles;
    await tuning.run(gpu, trial);
    expect(tuning.tiles).toEqual(before);
    expect(tuning.wanted(LARGE)).toBe(false);
  });

  test('that fails midway is used by its program, and not kept for others', async () => {
    const store = fakeStore();
    const tuning = new Tuning(traits(), tilesFor(traits()), store);
    let measured = 0;
    const { gpu, trial } = trials(() => {
      if (++measured === 4) throw new Error('no memory');
      return 1;
    });
    await tuning.run(gpu, trial);
    expect(tuning.tiles.candidates).toHaveLength(2);
    expect(store.written).toBeUndefined();
  });

  test('is not wanted for small products, nor on an adapter that computes on the CPU', () => {
    expect(new Tuning(traits(), tilesFor(traits()), fakeStore()).wanted(1000)).toBe(false);
    expect(new Tuning(traits(true), tilesFor(traits(true)), fakeStore()).wanted(LARGE)).toBe(false);
  });
});

describe('the tile of a product', () => {
  const gpu = tilesFor(traits());

  test('is large for large products, small for small ones', () => {
    const wide = chooseTile(gpu, { m: 4096, n: 4096, k: 4096, layers: 1 }).tile;
    expect([wide.rows * wide.down, wide.columns * wide.across]).toEqual([128, 128]);
    const small = chooseTile(gpu, { m: 30, n: 30, k: 64, layers: 1000 }).tile;
    expect(small.rows * small.down).toBe(32);
  });

  test('is split along k where the product is small and k long, and only there', () => {
    expect(chooseTile(gpu, { m: 64, n: 64, k: 65536, layers: 1 }).splits).toBeGreaterThan(16);
    expect(chooseTile(gpu, { m: 64, n: 64, k: 32768, layers: 500 }).splits).toBe(1);
    expect(chooseTile(gpu, { m: 2048, n: 2048, k: 32768, layers: 1 }).splits).toBe(1);
    expect(chooseTile(gpu, { m: 64, n: 64, k: 64, layers: 1 }).splits).toBe(1);
  });

  test('is split where the sums would be too long to be exact', () => {
    expect(chooseTile(gpu, { m: 4096, n: 4096, k: 100_000, layers: 1 }).splits).toBe(4);
  });

  test('is one with which the workgroups along each axis are not too many', () => {
    const few = { ...gpu, most: 100 };
    expect(chooseTile(few, { m: 30, n: 30, k: 64, layers: 1000 }).tile).toMatchObject({ depth: 0 });
    const { columns, across } = chooseTile(few, { m: 30, n: 12800, k: 64, layers: 1000 }).tile;
    expect(columns * across).toBe(128);
  });

  test('fits the device, whatever it is', () => {
    const extent = fc.integer({ min: 1, max: 10_000 });
    const extents = fc.record({ m: extent, n: extent, k: extent, layers: fc.integer({ min: 1, max: 50 }) });
    fc.assert(
      fc.property(extents, fc.boolean(), fc.constantFrom(64, 128, 256), (of, software, invocations) => {
        const weak = { ...limits, invocationsPerWorkgroup: invocations };
        const { tile, splits } = chooseTile(tilesFor({ limits: weak, software }), of);
        expect(tile.across * tile.down).toBeLessThanOrEqual(invocations);
        expect(splits).toBeGreaterThanOrEqual(1);
        expect(splits).toBeLessThanOrEqual(Math.max(1, of.k / 256));
      }),
    );
  });
});

describe('the file of trials', () => {
  const folder = async () => {
    const made = await mkdtemp(join(tmpdir(), 'poniard-tiles-'));
    onTestFinished(() => rm(made, { recursive: true }));
    return made;
  };

  test('keeps them by adapter', async () => {
    const at = join(await folder(), 'deep/er');
    await tileFile(at).write('one', { a: 1 });
    await tileFile(at).write('two', { a: 2 });
    expect(await tileFile(at).read('one')).toEqual({ a: 1 });
    expect(await tileFile(at).read('two')).toEqual({ a: 2 });
    expect(await tileFile(at).read('three')).toBeUndefined();
  });

  test('is no obstacle where it cannot be read or written, or is of other kernels', async () => {
    const at = await folder();
    await writeFile(join(at, 'tiles.json'), '{ broken');
    expect(await tileFile(at).read('one')).toBeUndefined();
    await writeFile(join(at, 'tiles.json'), JSON.stringify({ kernels: -1, adapters: { one: { a: 1 } } }));
    expect(await tileFile(at).read('one')).toBeUndefined();
    for (const damaged of [
      { kernels: 1, adapters: null },
      { kernels: 1, adapters: [] },
      { kernels: 1, adapters: { one: null } },
      { kernels: 1, adapters: { one: { a: 'fast' } } },
      null,
    ]) {
      await writeFile(join(at, 'tiles.json'), JSON.stringify(damaged));
      const store = tileFile(at);
      expect(await store.read('one')).toBeUndefined();
      const tuning = new Tuning(traits(), tilesFor(traits()), store);
      const { gpu, trial } = trials(() => 1);
      await tuning.run(gpu, trial);
      expect(Object.keys((await store.read(gpu.adapter)) ?? {})).toHaveLength(tuning.tiles.candidates.length);
    }
    await writeFile(join(at, 'tiles.json'), 'null');
    await tileFile(at).write('one', { a: 3 });
    expect(JSON.parse(await readFile(join(at, 'tiles.json'), 'utf8')).adapters).toEqual({ one: { a: 3 } });
    await tileFile(join(at, 'tiles.json/impossible')).write('one', { a: 4 });
  });
});
