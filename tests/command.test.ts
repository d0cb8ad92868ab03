/** @file The command `poniard`, as `npx poniard` runs it. */
import { readFile } from 'node:fs/promises';
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

describe('poniard --version', () => {
  it('prints the version of the package', async () => {
    const manifest = await readFile(new URL('../packages/poniard/package.json', import.meta.url), 'utf8');
    const { version } = JSON.parse(manifest);
    for (const name of ['--version', '-v'])
      expect(await poniard(name)).toMatchObject({ code: 0, output: `${version}\n`, errors: '' });
  });

  it('a command that there is not is an error, also where objects have something of that name', async () => {
    for (const name of ['versions', 'toString']) expect(await poniard(name)).toMatchObject({ code: 2 });
  });
});

describe('poniard explain', () => {
  const explain = (program: string, ...args: string[]) =>
    poniard('explain', fileURLToPath(new URL(`./fixtures/programs/${program}`, import.meta.url)), ...args);

  it('runs a program in TypeScript, with its arguments and its exit code, and tells what its tasks cost where', async () => {
    const { code, output } = await explain('explained.ts', '10');
    expect(code).toBe(3);
    const [own, table] = output.split('── Where tasks ran ──');
    expect(own).toBe('40\nTaskFailedError\n\n');
    expect(table).toMatch(/double, 2 tasks, µs each\n +tasks +took +expected +queued +transfer +run\n/);
    expect(table).toMatch(/→ cpu:\d +[12] +\d+ +\d+ +\d+ +\d+ +~?\d+/);
    expect(table).toContain('inline:0: it runs only what names it');
  });

  it('runs a program in JavaScript; one without tasks has no table', async () => {
    const { code, output } = await explain('awaits.mjs');
    expect(code).toBe(0);
    expect(output).toMatch(/^16\n\n── Where tasks ran ──/);
    const { output: none } = await explain('imports.mjs');
    expect(none).toBe('imported\n\nNo task was spawned.\n');
  });

  it.skipIf(!hasGpu)('tells of a GPU and of the bytes that moved', async () => {
    const gpu = { PONIARD_GPU: 'software' };
    const program = fileURLToPath(new URL('./fixtures/programs/default-gpu.mjs', import.meta.url));
    const { output } = await run(cli, ['explain', program], [], gpu);
    expect(output).toMatch(/→ gpu:0 +1 /);
    expect(output).toMatch(/host → gpu:0 +8 bytes/);
    expect(output).toMatch(/gpu:0 → host +8 bytes/);
  });

  it('a file that is not there is an error', async () => {
    const failed = await explain('missing.mjs');
    expect(failed).toMatchObject({ code: 2, output: '' });
    expect(failed.errors).toMatch(/^there is no file .*missing\.mjs\n/);
    expect(await poniard('explain')).toMatchObject({
      code: 2,
      errors: expect.stringMatching(/^explain needs a file\n/),
    });
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
