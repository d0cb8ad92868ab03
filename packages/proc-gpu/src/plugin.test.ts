import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createRuntime } from '@poniard/core';
import { gpuInfo, webgpu } from '@poniard/proc-gpu';
import { createTestRuntime } from '@poniard/testing';
import { describe, expect, test } from 'vitest';
import { hasGpu, scaled } from './testing/gpu.js';

const folder = fileURLToPath(new URL('..', import.meta.url));

/** Runs a module in a Node of its own. */
async function program(source: string, env: Record<string, string> = {}) {
  const options = { cwd: folder, env: { ...process.env, ...env }, timeout: 15_000 };
  const args = ['--input-type=module', '--eval', source];
  return promisify(execFile)(process.execPath, args, options);
}

describe('the plug-in webgpu', () => {
  test('checks its options', () => {
    expect(() => webgpu({ adaptor: 'x' } as never)).toThrow('unknown option "adaptor"');
    expect(() => webgpu(null as never)).toThrow(
      'webgpu: options are an object such as { adapter: … }, not null',
    );
    expect(() => webgpu({ memoryLimit: '100' } as never)).toThrow('memoryLimit must be a positive number');
    expect(() => webgpu({ adapter: 1 } as never)).toThrow('adapter must be a string');
    expect(() => webgpu({ memoryLimit: -1 })).toThrow('memoryLimit must be a positive number');
    expect(() => webgpu({ features: 'f16' } as never)).toThrow('features must be an array');
    expect(() => webgpu({ arrays: Array })).toThrow('arrays must be the class NDArray');
    expect(() => webgpu({ adaptor: 'x' } as never)).toThrow('did you mean "adapter"?');
  });

  test('without an adapter brings nothing, and everything else runs', async () => {
    const runtime = createTestRuntime({ plugins: [webgpu({ adapter: 'no such adapter' })] });
    await runtime.ready();
    expect(runtime.processors().map(({ id }) => id)).toEqual(['inline:0']);
    const { reason = '' } = await gpuInfo('no such adapter');
    expect(reason).not.toBe('');
    await expect(runtime.spawn(scaled, new Float32Array(1), 2)).rejects.toThrow(`webgpu: ${reason}`);
  });

  test('says why it brings nothing where it is asked to', async () => {
    const source = `
      import { createRuntime } from '@poniard/core';
      import { webgpu } from '@poniard/proc-gpu';
      await using runtime = createRuntime({ plugins: [webgpu({ adapter: 'no such adapter' })] });
      await runtime.ready();`.replace('await using', 'const');
    const env = { VK_DRIVER_FILES: '', LD_LIBRARY_PATH: '' };
    expect((await program(source, { ...env, NODE_DEBUG: 'poniard' })).stderr).toMatch(
      /poniard: no GPU is used: /,
    );
    expect((await program(source, env)).stderr).toBe('');
  });

  test.skipIf(!hasGpu)('without a feature that it must have brings nothing', async () => {
    const runtime = createTestRuntime({
      plugins: [webgpu({ adapter: 'software', features: ['shader-f16', 'no-such-feature'] })],
    });
    await runtime.ready();
    expect(runtime.processors().map(({ id }) => id)).toEqual(['inline:0']);
  });

  test.skipIf(!hasGpu)('twice brings two processors', async () => {
    const runtime = createTestRuntime({
      plugins: [webgpu({ adapter: 'software' }), webgpu({ adapter: 'software' })],
    });
    await runtime.ready();
    expect(
      runtime
        .processors()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['gpu:0', 'gpu:1', 'inline:0']);
  });

  test.skipIf(!hasGpu)('finds a software adapter only when it is asked for', async () => {
    expect(await gpuInfo('software')).toMatchObject({ software: true, vendor: 'google' });
    expect((await gpuInfo('swiftshader')).name).toContain('swiftshader');
    expect((await gpuInfo('high-performance')).software).not.toBe(true);
  });
});

describe.skipIf(!hasGpu)('S10. a program with a GPU', () => {
  const shader = `
    import { createRuntime } from '@poniard/core';
    import { webgpu, wgsl } from '@poniard/proc-gpu';
    import { NDArray } from '@poniard/linalg';
    const double = wgsl(
      \`@group(0) @binding(0) var<storage, read> x: array<f32>;
       @group(0) @binding(1) var<storage, read_write> y: array<f32>;
       @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
         if (id.x < arrayLength(&y)) { y[id.x] = 2 * x[id.x]; }
       }\`,
      { bindings: ['array<f32>'], result: { type: 'array<f32>', shape: (x) => x.shape }, workgroups: (x) => [Math.ceil(x.size / 64)] },
    );
    const runtime = createRuntime({ plugins: [webgpu({ adapter: 'software' })] });`;

  test('ends by itself, and not before its task', async () => {
    const source = `${shader}
      runtime.spawn(double, new Float32Array([1, 2])).then((y) => console.log([...y].join()));`;
    expect((await program(source)).stdout).toBe('2,4\n');
  });

  test('hands shared memory of every size to the device, and lives', async () => {
    const source = `${shader}
      for (const n of [1, 100, 100_000]) {
        const data = new Float32Array(new SharedArrayBuffer(4 * n), 0, n).fill(3);
        const grown = new Float32Array(new SharedArrayBuffer(4 * n, { maxByteLength: 8 * n }), 0, n).fill(4);
        const y = await runtime.spawn(double, new NDArray(data));
        const z = await runtime.spawn(double, new NDArray(grown));
        console.log(y.get(n - 1), z.get(n - 1));
      }
      await runtime.close();`;
    expect((await program(source)).stdout).toBe('6 8\n6 8\n6 8\n');
  });

  test('works for several runtimes, one after the other and at once', async () => {
    const make = () => createRuntime({ plugins: [webgpu({ adapter: 'software' })] });
    const first = make();
    const second = make();
    await Promise.all([first.ready(), second.ready()]);
    await first.close();
    const third = make();
    await third.ready();
    expect(third.processors().map(({ kind }) => kind)).toContain('webgpu');
    await Promise.all([second.close(), third.close()]);
  });
});
