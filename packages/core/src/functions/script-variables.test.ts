import * as acorn from 'acorn';
import { describe, expect, it } from 'vitest';
import { ScriptVariables } from './script-variables.js';

/** Whether `x` may change, as seen from the place that is marked by `HERE`. */
function mayChange(code: string): boolean {
  const program = acorn.parse(code, { ecmaVersion: 'latest', sourceType: 'module' });
  return new ScriptVariables(program).mayChange('x', code.indexOf('HERE'));
}

describe('variables of a script that may change', () => {
  it.each([
    ['a constant', 'const x = 1; () => HERE', false],
    ['a function', 'function x() {} () => HERE', false],
    ['a parameter', 'function f(x) { return () => HERE }', false],
    ['a let that is never set', 'let x = 1; () => HERE', false],
    ['a let that is set later', 'let x; () => HERE; x = 2', true],
    ['one that is set in a function', 'let x; () => HERE; function f() { x++ }', true],
    ['one that is set by a pattern', 'let x, y; () => HERE; ({ a: [x, y] } = z)', true],
    ['another of the same name that is set', 'const x = 1; () => HERE; { let x; x = 2 }', false],
    ['one that hides a constant', 'const x = 1; { let x; x = 2; () => HERE }', true],
    ['the variable of a loop', 'for (let x = 0; x < 1; x++) () => HERE', true],
    ['one of a turn of a loop', 'for (const x of y) () => HERE', false],
    ['a constant in a loop', 'for (;;) { const x = 1; () => HERE }', false],
    ['a var of one value', 'var x = 1; () => HERE', false],
    ['a var that is declared again', 'var x = 1; () => HERE; var x = 2', true],
    ['a var in a loop', 'while (y) { var x = y; () => HERE }', true],
    ['a var of a loop', 'for (var x of y) () => HERE', true],
    ['a var of a function in a loop', 'while (y) { (() => { var x = y; () => HERE })() }', false],
    ['what a catch clause binds', 'try {} catch (x) { () => HERE }', false],
    ['a class’s own name', 'const C = class x { static f = () => HERE }', false],
    ['one that nobody declares', '() => HERE', true],
    [
      'a variable of a closure that travelled',
      'let x; ({ bind(poniardVariables) { [x] = poniardVariables }, make: () => HERE })',
      false,
    ],
  ])('F3. %s', (_title, code, expected) => {
    expect(mayChange(code)).toBe(expected);
  });
});
