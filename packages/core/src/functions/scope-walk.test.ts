import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as acorn from 'acorn';
import { analyze } from 'eslint-scope';
import { describe, expect, it } from 'vitest';
import { walk } from './scope-walk.js';

const parse = (code: string) =>
  acorn.parse(code, { ecmaVersion: 'latest', sourceType: 'module', ranges: true });

const free = (code: string) => [...new Set(walk(parse(code)).free.map(({ name }) => name))].sort();

describe('the walk over scopes', () => {
  it.each([
    ['a default parameter does not see the variables of the body', 'f = (a = x) => { var x; }', ['f', 'x']],
    ['a var is hoisted out of blocks', 'function f() { x = 1; for (;;) { if (1) { var x; } } }', []],
    ['a let is not', 'function f() { x = 1; { let x; } }', ['x']],
    ['a function in a block belongs to the block', 'function f() { { function g() {} } g(); }', ['g']],
    ['parameters may be patterns', 'const f = ({ a, b: [c = d], ...e }) => a + c + e', ['d']],
    ['assignments may be patterns', 'let a; [a, { b: c }] = d', ['c', 'd']],
    ['keys are no uses', 'const o = { a: 1, b() {} }; o.c', []],
    ['computed keys are', 'const o = { [a]: 1 }; o[b]; class C { [c] = 1 }', ['a', 'b', 'c']],
    ['shorthand properties are', '({ a })', ['a']],
    ['labels are no variables', 'a: for (;;) { break a; continue a; }', []],
    ['catch binds its parameter', 'try {} catch ({ message = a }) { message; }', ['a']],
    [
      'loops bind their variables',
      'for (const a of b) a; for (let i = 0; ;) i; for (c in d) ;',
      ['b', 'c', 'd'],
    ],
    ['switch is one scope', 'switch (a) { case 1: let b; default: b; }', ['a']],
    ['a class knows its name', 'const C = class D extends E { static x = D; }; D', ['D', 'E']],
    ['a function expression knows its name', '(function f() { return f; }); f', ['f']],
    ['arguments belongs to functions', 'function f() { return () => arguments; }', []],
    ['static blocks have variables of their own', 'class C { static { var a; a; } } a', ['a']],
  ])('%s', (_title, code, expected) => {
    expect(free(code)).toEqual(expected);
  });

  it('agrees with eslint-scope on whole packages', () => {
    const require = createRequire(import.meta.url);
    const folders = ['acorn', 'eslint-scope', 'tsyringe'].map((name) => dirname(require.resolve(name)));
    const files = folders.flatMap((folder) => scripts(folder));
    expect(files.length).toBeGreaterThan(20);
    for (const file of files) {
      const tree = parse(readFileSync(file, 'utf8'));
      const manager = analyze(tree as never, { ecmaVersion: 2022, sourceType: 'module', ignoreEval: true });
      const expected = manager.globalScope?.through.map(({ identifier }) => at(identifier as never)) ?? [];
      const { free: found, obstacles } = walk(tree);
      const all = [
        ...found,
        ...obstacles.filter(({ what }) => what === 'arguments').map((one) => ({ ...one, name: one.text })),
      ];
      expect(new Set(all.map(at)), file).toEqual(new Set(expected));
    }
  });
});

const at = ({ name, start }: { name: string; start: number }) => `${name}@${start}`;

const scripts = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return scripts(path);
    return /\.m?js$/.test(entry.name) ? [path] : [];
  });
