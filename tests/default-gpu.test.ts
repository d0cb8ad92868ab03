/** @file The GPU of the package poniard's default runtime: programs, each a process of its own. */
import { describe, expect, it } from 'vitest';
import { run } from './programs.js';
import { hasGpu } from './software-gpu.js';

const program = (choice: string) => run('default-gpu.mjs', [], [], { PONIARD_GPU: choice });

describe('the GPU of the default runtime', () => {
  it.skipIf(!hasGpu)('is the one that PONIARD_GPU names', async () => {
    const output = 'inline,thread,webgpu\n2,4 gpu:0\n';
    expect(await program('software')).toEqual({ code: 0, signal: null, errors: '', output });
  });

  it.each(['none', 'no such adapter'])('PONIARD_GPU=%s: there is none, and shaders fail', async (choice) => {
    const output = 'inline,thread\nTaskFailedError true\n';
    expect(await program(choice)).toEqual({ code: 0, signal: null, errors: '', output });
  });
});
