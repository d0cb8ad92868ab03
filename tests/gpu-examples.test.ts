/** @file The examples that use a GPU, on the software adapter with small sizes. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from './programs.js';
import { hasGpu } from './software-gpu.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poniard-examples-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const programOf = (name: string) =>
  fileURLToPath(new URL(`../examples/${name}/dist/main.js`, import.meta.url));

async function example<Figures>(name: string, ...args: string[]): Promise<Figures> {
  const { code, output, errors } = await run(programOf(name), ['--json', '--small', ...args]);
  expect(errors).toBe('');
  expect(code).toBe(0);
  return JSON.parse(output) as Figures;
}

describe('examples/mandelbrot', () => {
  interface Figures {
    width: number;
    height: number;
    tiles: number;
    byProcessor: Record<string, number>;
    agreement?: number;
  }
  const picture = () => join(folder, 'mandelbrot.png');

  /** The bytes of the pixels in the PNG file. */
  async function pixels(): Promise<Buffer> {
    const png = await readFile(picture());
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    const data = png.indexOf('IDAT');
    return inflateSync(png.subarray(data + 4, data + 4 + png.readUInt32BE(data - 4)));
  }

  it.skipIf(!hasGpu)(
    'shares the tiles among the threads and the GPU, whose pixels are the same',
    async () => {
      const figures = await example<Figures>('mandelbrot', '--gpu', 'software', '--out', picture());
      expect(figures.byProcessor['gpu:0']).toBeGreaterThan(0);
      expect(Object.values(figures.byProcessor).reduce((sum, count) => sum + count)).toBe(figures.tiles);
      expect(figures.agreement).toBeGreaterThan(0.9);
      expect(await pixels()).toHaveLength(figures.height * (3 * figures.width + 1));
    },
  );

  it('needs no GPU', async () => {
    const { byProcessor, width, height } = await example<Figures>(
      'mandelbrot',
      '--gpu',
      'none',
      '--out',
      picture(),
    );
    expect(Object.keys(byProcessor).every((id) => id.startsWith('cpu:'))).toBe(true);
    expect(await pixels()).toHaveLength(height * (3 * width + 1));
  });
});

describe('examples/nbody', () => {
  interface Figures {
    steps: number;
    bytes: number;
    moved: Record<string, number>;
    drift: number;
  }

  it.skipIf(!hasGpu)('moves the bodies to the GPU once and back once, and keeps their energy', async () => {
    const { steps, bytes, moved, drift } = await example<Figures>('nbody', '--gpu', 'software');
    expect(steps).toBe(1000);
    expect(moved).toEqual({ 'host → gpu:0': bytes, 'gpu:0 → host': bytes });
    expect(drift).toBeLessThan(1e-3);
  });

  it('needs no GPU', async () => {
    const { moved, drift } = await example<Figures>('nbody', '--gpu', 'none');
    expect(moved).toEqual({});
    expect(drift).toBeLessThan(1e-3);
    const { output } = await run(programOf('nbody'), ['--small', '--gpu', 'none']);
    expect(output).toContain('64 bodies, 1000 steps');
    expect(output).not.toContain('moved');
  });
});

describe('examples/gpu-chain', () => {
  interface Figures {
    least: { uploads: number; readBack: number };
    cpu: { error: number };
    gpu?: { error: number; processor: string; moves: { way: string; task: string; bytes: number }[] };
    noGpu?: string;
  }

  it.skipIf(!hasGpu)(
    'moves the four matrices to the GPU and the result back, and nothing in between',
    async () => {
      const { least, cpu, gpu } = await example<Figures>('gpu-chain', '--gpu', 'software');
      const bytes = least.readBack;
      expect(least.uploads).toBe(4 * bytes);
      const there = { way: 'host → gpu:0', bytes };
      expect(gpu!.moves).toEqual([
        { ...there, task: 'matmul' },
        { ...there, task: 'matmul' },
        { ...there, task: 'matmul' },
        { ...there, task: 'add' },
        { way: 'gpu:0 → host', bytes, task: 'add' },
      ]);
      expect(gpu!.processor).toBe('gpu:0');
      expect(Math.max(cpu.error, gpu!.error)).toBeLessThan(2e-5);
    },
  );

  it('needs no GPU', async () => {
    const { cpu, gpu, noGpu } = await example<Figures>('gpu-chain', '--gpu', 'none');
    expect(cpu.error).toBeLessThan(2e-5);
    expect(gpu).toBeUndefined();
    expect(noGpu).toBe('it is not wanted');
  });
});

describe('examples/gpu-matmul', () => {
  interface Figures {
    noGpu?: string;
    rows: { size: number; threads: number; gpu: number; placed: string }[];
  }

  it.skipIf(!hasGpu)('tells of each size what both sides take, and where products went', async () => {
    const { rows } = await example<Figures>('gpu-matmul', '--gpu', 'software');
    expect(rows.map(({ size }) => size)).toEqual([16, 32, 64, 128]);
    for (const { threads, gpu, placed } of rows) {
      expect(threads).toBeGreaterThan(0);
      expect(gpu).toBeGreaterThan(0);
      expect(placed).toMatch(/^[TG*]{8}$/);
    }
  });

  it('compares nothing where there is no GPU, and says why', async () => {
    const { rows, noGpu } = await example<Figures>('gpu-matmul', '--gpu', 'one that nobody has');
    expect(rows).toEqual([]);
    expect(noGpu).toMatch(/\w/);
  });
});
