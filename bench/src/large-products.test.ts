import { describe, expect, it } from 'vitest';
import type { Contestant } from './contestant.js';
import { largeProducts } from './large-products.js';
import { peakOf } from './peaks.js';

const contestant = {} as Contestant;
const contestants = { poniard: contestant, 'jax-js': contestant };
const h100 = { adapter: 'high-performance', name: 'nvidia hopper nvidia-h100-pcie NVIDIA: 550.54.15' };

describe("a card's peak", () => {
  it('is known by a part of its name', () => {
    expect(peakOf(h100.name)).toBe(51);
    expect(peakOf('nvidia hopper nvidia-h100-80gb-hbm3 NVIDIA: 580.1')).toBe(67);
    expect(peakOf('nvidia lovelace NVIDIA GeForce RTX 4090')).toBe(82.6);
    expect(peakOf('nvidia ampere nvidia-geforce-rtx-3090-ti')).toBeUndefined();
    expect(peakOf('some other card')).toBeUndefined();
  });
});

describe('products of 4096²', () => {
  it('of f32 and f16 are measured in TFLOP/s, beside the peak of the card', () => {
    const { rows, skipped } = largeProducts({ ...h100, features: ['shader-f16'] }, contestants, undefined);
    expect(skipped).toEqual([]);
    const [single, half] = rows;
    expect(rows).toHaveLength(2);
    expect(single).toMatchObject({
      unit: 'TFLOP/s',
      constants: { 'peak f32': 51 },
      target: { 'peak f32': 0.4 },
    });
    expect(single?.entries.map(({ job }) => job)).toEqual(['matmul', 'matmul']);
    expect(half?.entries.map(({ job }) => job)).toEqual(['matmulHalf', 'matmul']);
    expect(half).toMatchObject({
      name: 'chain of products f16 4096², resident',
      constants: { 'peak f32': 51 },
    });
  });

  it('are set beside the peak that --peak gives, and go without where none is known', () => {
    expect(largeProducts(h100, contestants, 60).rows[0]?.constants).toEqual({ 'peak f32': 60 });
    const unknown = largeProducts({ adapter: 'x', name: 'a card' }, contestants, undefined);
    expect(unknown.rows[0]?.constants).toBeUndefined();
    expect(unknown.rows[0]?.target).not.toHaveProperty('peak f32');
    expect(unknown.skipped).toEqual([
      'skipped shares of the peak: that of a card is not known; --peak TFLOP/s gives it',
      'skipped products f16 4096²: a card lacks shader-f16',
    ]);
  });

  it('are left out with a line where the adapter computes on the CPU', () => {
    const { rows, skipped } = largeProducts({ ...h100, software: true }, contestants, 60);
    expect(rows).toEqual([]);
    expect(skipped).toEqual([
      'skipped products of 4096², f32 and f16: the adapter computes on the CPU, which would take minutes',
    ]);
  });
});
