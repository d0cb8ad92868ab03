import { describe, expect, it } from 'vitest';
import { alignColumns, formatFigure, formatTable } from './report.js';
import { makeRow, median, type Row, ratio, rotated } from './row.js';

describe('median', () => {
  it('is the middle value, whatever the order', () => {
    expect(median([9, 1, 5])).toBe(5);
  });

  it('is the mean of the two in the middle of an even number', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it('sorts numbers as numbers and leaves its argument alone', () => {
    const values = [100, 9, 20];
    expect(median(values)).toBe(20);
    expect(values).toEqual([100, 9, 20]);
  });

  it('refuses an empty list', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('ratio', () => {
  it('is above 1 when ours is better, whichever way the unit goes', () => {
    expect(ratio(2, 10, 'lower')).toBe(5);
    expect(ratio(10, 2, 'higher')).toBe(5);
  });
});

describe('makeRow', () => {
  const base = { name: 'chain', unit: 'µs', better: 'lower', notes: [] } as const;

  it('compares medians and keeps every measurement', () => {
    const rounds = { poniard: [3, 1, 2], piscina: [40, 20, 30] };
    const row = makeRow({ ...base, rounds, target: { piscina: 8 } });
    expect(row).toMatchObject({
      poniard: 2,
      peers: { piscina: 30 },
      ratios: { piscina: 15 },
      met: true,
      rounds,
    });
  });

  it('says that a target is missed', () => {
    const row = makeRow({ ...base, rounds: { poniard: [5], piscina: [10] }, target: { piscina: 8 } });
    expect(row.met).toBe(false);
  });

  it('meets a target exactly', () => {
    const row = makeRow({ ...base, rounds: { poniard: [5], piscina: [40] }, target: { piscina: 8 } });
    expect(row.met).toBe(true);
  });

  it('judges only the peers that took part', () => {
    const rounds = { poniard: [1], piscina: [10], dask: [] };
    const row = makeRow({ ...base, rounds, target: { piscina: 8, dask: 100 } });
    expect(row.met).toBe(true);
    expect(row.peers).toEqual({ piscina: 10 });
  });

  it('leaves the verdict out when nobody with a target took part, and when there is no target', () => {
    const alone = makeRow({ ...base, rounds: { poniard: [1], dask: [] }, target: { dask: 100 } });
    expect(alone).not.toHaveProperty('met');
    expect(makeRow({ ...base, rounds: { poniard: [1] }, target: undefined })).not.toHaveProperty('met');
  });

  it('has no ratio, and an unmet target, without a figure of ours', () => {
    const row = makeRow({ ...base, rounds: { poniard: [], piscina: [10] }, target: { piscina: 8 } });
    expect(row).toMatchObject({ poniard: null, peers: { piscina: 10 }, ratios: {}, met: false });
  });
});

describe('rotated', () => {
  it('lets everybody go first in turn', () => {
    const names = ['a', 'b', 'c'];
    expect([0, 1, 2, 3].map((round) => rotated(names, round).join(''))).toEqual(['abc', 'bca', 'cab', 'abc']);
  });

  it('takes an empty list', () => {
    expect(rotated([], 3)).toEqual([]);
  });
});

describe('formatFigure', () => {
  it.each([
    [0, '0'],
    [0.012345, '0.0123'],
    [4.567, '4.57'],
    [45.67, '45.7'],
    [999.9, '1000'],
    [1234.5, '1,235'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
  ])('%d is %s', (value, text) => {
    expect(formatFigure(value)).toBe(text);
  });
});

describe('alignColumns', () => {
  it('pads to the widest cell, flush right where asked, with nothing after the last', () => {
    const lines = [
      ['name', 'ms', ''],
      ['a', '1000', 'met'],
      ['long name', '7', ''],
    ];
    expect(alignColumns(lines, new Set([1]))).toBe('name         ms\na          1000  met\nlong name     7');
  });
});

describe('formatTable', () => {
  const row: Row = {
    name: 'chain',
    unit: 'µs per task',
    better: 'lower',
    poniard: 2.5,
    peers: { piscina: 50, tinypool: 10 },
    ratios: { piscina: 20, tinypool: 4 },
    target: { piscina: 8, tinypool: 8 },
    met: false,
    notes: ['tinypool: fewer tasks'],
    rounds: {},
  };

  it('gives a line to each peer, with its verdict, and the notes below', () => {
    const lines = formatTable([row]).split('\n');
    expect(lines[1]).toMatch(/^chain \(µs per task\) +2\.5 +piscina +50 +20 × +8 × +met$/);
    expect(lines[2]).toMatch(/^ +tinypool +10 +4 × +8 × +missed$/);
    expect(lines.slice(3)).toEqual(['', 'chain:', '  tinypool: fewer tasks']);
  });

  it('shows a dash where there is no figure of ours', () => {
    const lines = formatTable([{ ...row, poniard: null, ratios: {}, notes: [] }]).split('\n');
    expect(lines[1]).toMatch(/^chain \(µs per task\) +— +piscina +50 +— +8 ×$/);
  });

  it('prints a row without peers', () => {
    const lines = formatTable([{ ...row, peers: {}, ratios: {}, notes: [] }]).split('\n');
    expect(lines[1]).toBe('chain (µs per task)      2.5');
  });
});
