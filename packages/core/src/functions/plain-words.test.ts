import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadParser, readFunction } from './free-variables.js';
import { encodePlainly } from './plain-words.js';

import { task } from './task-reference.js';

const evaluated = (source: string) => new Function(`return ${source}`)();

describe('F1. a function of plain words travels without a parser', () => {
  test.each([
    '(a, b) => a + b',
    '(a) => a * 2 - 1e5',
    'x => x.length',
    '() => 42',
    '(a, b) => { if (a > b) return a; else return b; }',
    '(a) => a ? [a, true] : null',
    '(a, b) => (b) => b / a',
    '(a) => a\n  .at(0)\n  .length',
  ])('%s', (source) => {
    const fn = evaluated(source);
    expect(encodePlainly(fn)).toEqual({ kind: 'source', name: 'anonymous', source, imports: [] });
  });

  test.each([
    ['a name from outside', '(a) => a + outside'],
    ['a call from outside', '(a) => Math.sqrt(a)'],
    ['a spread name', '(a) => [...outside]'],
    ['a name after a comment', '(a) => a + // .\noutside'],
    ['a name on a line after a number', '(a) => { 1.\noutside }'],
    ['a spread with space', '(a) => [... outside]'],
    ['an escape in a name', String.raw`(a) => a + \u0062`],
    ['a name beyond ASCII', '(a) => a + ö'],
    ['its own variable', '(a) => { const b = a; return b; }'],
    ['this', '(a) => this'],
    ['arguments', '() => arguments'],
    ['an import', "() => import('./x.js')"],
    ['an asynchronous one', 'async (a) => a'],
    ['an asynchronous one without brackets', 'async a => a'],
    ['a default', '(a = outside) => a'],
    ['a pattern', '({ a }) => a'],
    ['a rest parameter', '(...a) => a'],
    ['a function declaration', '(function (a) { return a; })'],
    ['a class', '(class { a() {} })'],
  ])('%s is for the parser', (_, source) => {
    expect(encodePlainly(evaluated(source))).toBeUndefined();
  });

  test('a method, a native function and a marked one are for the parser too', () => {
    expect(encodePlainly({ a(b: number) { return b; } }.a)).toBeUndefined(); // biome-ignore format: one line
    expect(encodePlainly(Math.sqrt)).toBeUndefined();
    expect(encodePlainly(task('file:///x.js', (a: number) => a, 'same'))).toBeUndefined();
  });

  test('whatever it takes, the parser finds nothing to object to', async () => {
    const parser = await loadParser();
    const piece = fc.constantFrom('a', 'b', 'c', '.', ' ', '(', ')', '+', '/', '1', 'e', '[', ']', '`', "'", '${', '}', '=>', '?', ':', ','); // biome-ignore format: one line
    let taken = 0;
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), (pieces) => {
        let fn: unknown;
        try {
          fn = evaluated(`(a, b) => ${pieces.join('')}`);
        } catch {
          return;
        }
        if (typeof fn !== 'function') return;
        if (encodePlainly(fn) === undefined) return;
        taken++;
        const { free, imports, obstacles } = readFunction(fn, parser);
        expect({ free, imports, obstacles }).toEqual({ free: [], imports: [], obstacles: [] });
      }),
      { numRuns: 20_000 },
    );
    expect(taken).toBeGreaterThan(100);
  });
});
