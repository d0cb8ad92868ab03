import { describe, expect, it } from 'vitest';
import { inheritable } from './start-pool.js';

describe('options of Node that threads get too', () => {
  it('are those that load modules, with their values', () => {
    expect(
      inheritable(['--import', 'tsx', '--require=./a.cjs', '-r', './b.cjs', '-C', 'development']),
    ).toEqual(['--import', 'tsx', '--require=./a.cjs', '-r', './b.cjs', '-C', 'development']);
  });

  it("are not V8's own, which a thread refuses", () => {
    expect(
      inheritable(['--expose-gc', '--max-old-space-size=100', '--enable-source-maps', '--inspect=0']),
    ).toEqual(['--enable-source-maps']);
    expect(inheritable([])).toEqual([]);
  });
});
