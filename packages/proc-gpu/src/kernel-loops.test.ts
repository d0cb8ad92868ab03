import { parse } from 'acorn';
import { describe, expect, test } from 'vitest';
import { plainLoops } from './kernel-loops.js';

const run = (source: string, n: number): unknown => new Function(`return (${source})(${n})`)();

describe('loops for gpu.js', () => {
  test.each([
    'function (n) { let s = 0; for (let i = 0; i < n; i++) s += i; for (let i = 0; i < n; i++) s *= i; return s; }',
    'function (n) { let s = 0; for (let i = 0; i < n; i++) { if (i % 2 === 1) continue; s += i; } return s; }',
    'function (n) { let s = 0; for (let i = 0, j = 1; i < n; i++, j *= 2) if (i === 1) continue; else s += j; return s; }',
    'function (n) { let s = 0; let i = 0; for (; i < n; i++) for (let j = 0; j < i; j++) if (j === 1) continue; else s++; return s + i; }',
    'function (n) { let s = 0; for (let i = 0; ; i++) { if (i > n) break; if (i < 2) continue; s += i; } return s; }',
    'function (n) { let k = 0, s = 0; do { k++; if (k === 2) continue; s += k; } while (k < n); return s; }',
    'function (n) { let s = 0; for (let i = 0; i < n; i++) { let j = 0; while (j < i) { j++; if (j === 2) continue; s += j; } if (s > 9) continue; s++; } return s; }',
    'function (n) { return n; }',
  ])('mean the same: %s', (source) => {
    const plain = plainLoops(source, parse);
    for (const n of [0, 1, 2, 3, 7]) expect(run(plain, n)).toBe(run(source, n));
  });

  test('with a continue do not leave the update out', () => {
    const loop = 'for (let i = 0; i < n; i++) { if (i > 1) continue; }';
    expect(plainLoops(`function (n) { ${loop} }`, parse)).toBe(
      'function (n) { { let i = 0; while (i < n) { { if (i > 1) { i++; continue; } } i++; } } }',
    );
  });

  test('that do not parse are left to gpu.js', () => {
    expect(plainLoops('function (', parse)).toBe('function (');
  });
});
