import { describe, expect, it } from 'vitest';
import { conclusion, crossover, heading, lineOf } from './chart.js';

const row = (size: number, threads: number, gpu: number, placed = 'TTTTTTTT') => ({
  size,
  threads,
  gpu,
  placed,
});

describe('crossover', () => {
  it('is the first size of those from which on the GPU is always faster', () => {
    expect(crossover([row(16, 1, 2), row(32, 2, 2), row(64, 4, 3), row(128, 8, 3)])).toBe(64);
    expect(crossover([row(16, 2, 1), row(32, 2, 1)])).toBe(16);
  });

  it('is not a size at which the GPU is faster by chance, with slower ones above', () => {
    expect(crossover([row(16, 2, 1), row(32, 1, 2), row(64, 3, 2)])).toBe(64);
  });

  it('is nowhere when the threads are faster in the end, or when nothing was measured', () => {
    expect(crossover([row(16, 2, 1), row(32, 1, 2)])).toBeUndefined();
    expect(crossover([])).toBeUndefined();
  });
});

describe('the chart', () => {
  const axis = (line: string) => line.slice(7, 7 + 37);

  it('puts each side where its time is on a logarithmic axis', () => {
    const line = lineOf(row(512, 1, 100));
    expect(axis(heading()).indexOf(' 1 ms') + 1).toBe(axis(line).indexOf('T'));
    expect(axis(heading()).indexOf('100 ms')).toBe(axis(line).indexOf('G'));
    expect(line).toMatch(/^512² .* 1\.00 ms +100\.00 ms {2}TTTTTTTT$/);
  });

  it('shows equal times as one mark, and times beyond the axis at its ends', () => {
    expect(axis(lineOf(row(16, 10, 10)))).toBe(
      `·${' '.repeat(8)}·${' '.repeat(8)}X${' '.repeat(8)}·${' '.repeat(8)}·`,
    );
    expect(axis(lineOf(row(16, 0.001, 1e6)))).toMatch(/^T.*G$/);
  });

  it('says how many products were tried on both sides, and at how many sizes the faster one had the last', () => {
    const said = conclusion([row(16, 1, 2, '*TTT'), row(32, 3, 2, 'TT*G'), row(64, 4, 3, 'TTTT')]);
    expect(said).toContain('From 32² on the GPU is faster.');
    expect(said).toContain(
      'Of 12 products placed freely 2 were tried on both sides, 9 ran on the threads and 1 on the GPU;',
    );
    expect(said).toContain('at 2 of 3 sizes');
  });
});
