/** @file The command `poniard`, as `npx poniard` runs it. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { run } from './programs.js';
import { hasGpu } from './software-gpu.js';

const cli = fileURLToPath(new URL('../packages/poniard/dist/cli.js', import.meta.url));
const poniard = (...args: string[]) => run(cli, args);

describe('poniard info', () => {
  it('lists processors, GPUs and the library that multiplies', async () => {
    const { code, output, errors } = await poniard('info');
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    for (const part of ['cpu:0', 'GPUs', 'high-performance', 'software', 'products of matrices'])
      expect(output).toContain(part);
  });

  it('does so as JSON', async () => {
    const { output } = await poniard('info', '--json');
    const { processors, gpus, blas, cpus } = JSON.parse(output);
    expect(processors.filter(({ kind }: { kind: string }) => kind === 'thread')).toHaveLength(cpus);
    for (const gpu of gpus) expect(gpu.name ?? gpu.reason).toBeTypeOf('string');
    if (hasGpu) expect(gpus.at(-1)).toMatchObject({ adapter: 'software', software: true });
    expect(blas.library).toBeTypeOf('string');
  });
});

describe('poniard', () => {
  it('says how it is used, where it is not understood with the reason and code 2', async () => {
    expect(await poniard('--help')).toMatchObject({
      code: 0,
      output: expect.stringContaining('npx poniard info'),
    });
    const unknown = { code: 2, output: '', errors: expect.stringMatching(/^there is no command "inf"\n/) };
    expect(await poniard('inf')).toMatchObject(unknown);
    const option = { code: 2, output: '', errors: expect.stringMatching(/^Unknown option '--all'/) };
    expect(await poniard('info', '--all')).toMatchObject(option);
  });
});
