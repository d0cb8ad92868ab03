/** @file The examples that take long show how far they are, where somebody watches. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { run } from './programs.js';
import { hasGpu } from './software-gpu.js';

const TERMINAL = ['--import', 'data:text/javascript,process.stderr.isTTY = true'];
const small = ['--small', '--json'];

describe.each([
  ['mandelbrot', [...small, '--gpu', 'none', '--out', '/dev/null'], /computing .*24 of 24 tiles/],
  ['nbody', [...small, '--gpu', 'none'], /computing .*1001 of 1001 steps/],
  ...(hasGpu ? [['gpu-matmul', [...small, '--gpu', 'software'], /128² .*20 of 20 products/] as const] : []),
] as const)('examples/%s', (name, args, last) => {
  it('draws a bar on a terminal, and nothing elsewhere', async () => {
    const program = fileURLToPath(new URL(`../examples/${name}/dist/main.js`, import.meta.url));
    const watched = await run(program, args, TERMINAL);
    expect(watched).toMatchObject({ code: 0 });
    expect(watched.errors).toMatch(last);
    expect(watched.output).not.toContain('░');
    expect((await run(program, args)).errors).toBe('');
  });
});

it('examples/matmul draws a bar on a terminal', async () => {
  const program = fileURLToPath(new URL('../examples/matmul/dist/main.js', import.meta.url));
  // The whole of it takes ten seconds.
  const { errors } = await run(program, [], TERMINAL, {}, (child, text) => {
    if (text.includes('of 10 products')) child.kill();
  });
  expect(errors).toMatch(/400² float64 .*\d+ of 10 products/);
});
