import { describe, expect, it } from 'vitest';
import { foldStack, framesOf, withoutStack } from './stacks.js';

const own = import.meta.url.replace(/src\/.*$/, 'dist/bundle/index.js');
const stack = `RangeError: no row
  in two lines
    at Object.openSync (node:fs:573:18)
    at eval (poniard-task:load:2:9)
    at async Promise.all (index 0)
    at new Reader (file:///app/reader.mjs:3:4)
    at ${own}:10:5
    at TaskScopes.run (${own.replace('file://', '')}:12:5)
    at Lane.pump (/app/node_modules/@poniard/core/dist/bundle/lane.js:1:2)
    at file:///app/node_modules/piscina/dist/worker.js:1:2
    at async main (/app/main.ts:7:1)
  spawned
    at start (/app/main.ts:9:1)`;

describe('stacks', () => {
  it('E2. the frames that are not the user’s are left out', () => {
    expect(framesOf(stack)).toEqual([
      '    at load (poniard-task:load:2:9)',
      '    at async Promise.all (index 0)',
      '    at new Reader (file:///app/reader.mjs:3:4)',
      '    at async main (/app/main.ts:7:1)',
    ]);
  });

  it('E2. what is around the frames stays', () => {
    expect(foldStack(stack).split('\n').slice(0, 3)).toEqual([
      'RangeError: no row',
      '  in two lines',
      '    at load (poniard-task:load:2:9)',
    ]);
    expect(foldStack(stack)).toMatch(/main\.ts:7:1\)\n {2}spawned\n {4}at start/);
    expect(foldStack('no stack at all')).toBe('no stack at all');
  });

  it('E2. places in functions that travelled are looked up', () => {
    const asked: unknown[] = [];
    const frames = framesOf(stack, (...place) => {
      asked.push(place);
      return '/app/$&.ts:20:9';
    });
    expect(asked).toEqual([['load', 2, 9]]);
    expect(frames[0]).toBe('    at load (/app/$&.ts:20:9)');
  });

  it('a stack may be missing, or of another engine', () => {
    expect(framesOf(undefined)).toEqual([]);
    expect(framesOf('load@file:///app/main.js:1:2')).toEqual([]);
  });

  it('an error made without a stack leaves the limit as it was', () => {
    const limit = Error.stackTraceLimit;
    expect(withoutStack(() => new Error('bare')).stack).toBe('Error: bare');
    expect(() =>
      withoutStack(() => {
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(Error.stackTraceLimit).toBe(limit);
  });
});
