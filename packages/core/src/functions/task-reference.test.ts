import { describe, expect, it } from 'vitest';
import { PoniardError } from '../errors.js';
import { originOf, setOrigin, task } from './task-reference.js';

describe('task()', () => {
  it('F2. returns the same function, marked with its module and export', () => {
    const blur = (n: number) => n;
    expect(task('file:///app/kernels.js', blur)).toBe(blur);
    const mark = { kind: 'module', name: 'blur', module: 'file:///app/kernels.js', path: 'blur' };
    expect(originOf(blur)).toEqual(mark);
    expect(Object.keys(blur)).toEqual([]);
  });

  it('F2. takes a URL object and another export name', () => {
    const fn = task(new URL('file:///app/kernels.js'), () => 1, 'kernels.one');
    expect(originOf(fn)).toMatchObject({
      module: 'file:///app/kernels.js',
      path: 'kernels.one',
      name: 'kernels.one',
    });
  });

  it('F2. the same mark twice is no mistake, another one is', () => {
    const fn = task('file:///a.js', function fn() {});
    expect(task('file:///a.js', fn)).toBe(fn);
    expect(() => task('file:///b.js', fn)).toThrow(
      /"fn" is marked already, as export "fn" of file:\/\/\/a.js/,
    );
  });

  it.each([
    ['a path', () => task('./kernels.js', function f() {}), /absolute URL.*"\.\/kernels\.js"/],
    ['a path of Windows', () => task('C:\\kernels.js', function f() {}), /absolute URL/],
    ['nothing', () => task(undefined as never, function f() {}), /absolute URL/],
    [
      'a function without a name',
      () =>
        task(
          'file:///a.js',
          (
            () => () =>
              1
          )(),
        ),
      /without a name/,
    ],
    ['no function', () => task('file:///a.js', 3 as never), /not number/],
    [
      'a frozen function',
      () =>
        task(
          'file:///a.js',
          Object.freeze(function f() {}),
        ),
      /"f" is frozen/,
    ],
  ])('F2. refuses %s', (_title, mark, message) => {
    expect(mark).toThrow(PoniardError);
    expect(mark).toThrow(message);
  });

  it('F2. a class does not inherit the mark of the class that it extends', () => {
    class Base {}
    setOrigin(Base, { kind: 'module', name: 'Base', module: 'file:///a.js', path: 'Base' });
    expect(originOf(class extends Base {})).toBeUndefined();
  });
});
