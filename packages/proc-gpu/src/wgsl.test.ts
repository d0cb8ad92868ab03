import { operation, SchedulingError, TaskFailedError } from '@poniard/core';
import { array, NDArray, rand } from '@poniard/linalg';
import { cpuThreads } from '@poniard/proc-cpu';
import {
  type GpuArray,
  type GpuDevicePort,
  gpuImplementation,
  ShaderError,
  type WgslScalarType,
  wgsl,
} from '@poniard/proc-gpu';
import { rejection } from '@poniard/testing';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { added, gpuRuntime, hasGpu, scaled } from './testing/gpu.js';

const KNOWN = 'bindings, workgroups, result, name, entryPoint, features, host';
// biome-ignore lint/suspicious/noExplicitAny: calls that types would refuse
type Loose = (...args: any[]) => any;

describe.skipIf(!hasGpu)('a raw shader as an operation', () => {
  test('takes arrays and numbers, and gives an NDArray; NaN and infinities stay', async () => {
    const { runtime } = await gpuRuntime();
    const x = array([1.5, Number.NaN, Number.POSITIVE_INFINITY, -0, -3, 2], [2, 3], 'float32');
    const y = await runtime.spawn(scaled, x, 2);
    expect(y).toBeInstanceOf(NDArray);
    expect(y.shape).toEqual([2, 3]);
    expect([...y]).toEqual([3, Number.NaN, Number.POSITIVE_INFINITY, -0, -6, 4]);
    expect(y.data.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  test('takes views, typed arrays, and numbers of each type', async () => {
    const { runtime } = await gpuRuntime();
    const numbers = wgsl(
      `struct Numbers { a: u32, b: i32, c: f32 }
       @group(0) @binding(0) var<storage, read> x: array<i32>;
       @group(0) @binding(1) var<storage, read_write> out: array<f32>;
       @group(0) @binding(2) var<uniform> n: Numbers;
       @compute @workgroup_size(1) fn main() {
         out[0] = f32(n.a); out[1] = f32(n.b); out[2] = n.c; out[3] = f32(x[0]); out[4] = f32(x[1]);
       }`,
      {
        bindings: ['u32', 'array<i32>', 'i32', 'f32'],
        result: { type: 'array<f32>', shape: [5] },
        workgroups: [1],
      },
    );
    const view = array([1, 2, 3, 4], [4], 'int32').step(-2);
    expect([...(await runtime.spawn(numbers, 7, view, -3, 0.5))]).toEqual([7, -3, 0.5, 4, 2]);
    const typed = await runtime.spawn(numbers, 1, new Int32Array([8, 9]), 0, 0);
    expect([...typed]).toEqual([1, 0, 0, 8, 9]);
  });

  test('the result begins as zeros, also in memory that was used before', async () => {
    const { runtime } = await gpuRuntime();
    const first = wgsl(
      `@group(0) @binding(0) var<storage, read_write> out: array<u32>;
       @compute @workgroup_size(1) fn main() { out[0] = 4294967295; }`,
      { bindings: [], result: { type: 'array<u32>', shape: [3] }, workgroups: [1] },
    );
    await runtime.spawn(scaled, rand([3], { dtype: 'float32' }), 5);
    expect([...(await runtime.spawn(first))]).toEqual([2 ** 32 - 1, 0, 0]);
  });

  test('zeros come neither before nor after what else is submitted with them', async () => {
    const { runtime } = await gpuRuntime();
    const sparse = wgsl(
      `@group(0) @binding(0) var<storage, read_write> out: array<f32>;
       @compute @workgroup_size(1) fn main() { out[1] = 7; }`,
      { bindings: [], result: { type: 'array<f32>', shape: [3] }, workgroups: [1] },
    );
    // Its scratch array goes back to the pool while the commands that use it still wait.
    const through = operation('through', {
      webgpu: gpuImplementation((gpu: GpuDevicePort, x: GpuArray) => {
        const scratch = gpu.alloc(x.shape, 'float32', { zeroed: true });
        gpu.copy(x, scratch);
        const out = gpu.alloc(x.shape, 'float32', { zeroed: true });
        gpu.copy(scratch, out);
        return out;
      }),
    }) as unknown as (x: NDArray) => NDArray;
    const x = runtime.tochunk(array([1, 2, 3], [3], 'float32'));
    for (let round = 0; round < 3; round++) {
      const tasks = Array.from({ length: 8 }, () => [runtime.spawn(through, x), runtime.spawn(sparse)]);
      const lists = (await runtime.fetchAll(tasks.flat())).map((result) => [...result]);
      expect(lists).toEqual(
        Array.from({ length: 8 }, () => [
          [1, 2, 3],
          [0, 7, 0],
        ]).flat(),
      );
    }
  });

  test('that does not compile fails the task with the message, the line and the source around it', async () => {
    const { runtime } = await gpuRuntime();
    const wrong = wgsl(
      `@group(0) @binding(0) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(1) fn main() {
  let a = 1.5;
  let b: u32 = a;
  out[0] = 1;
}`,
      { name: 'wrong', bindings: [], result: { type: 'array<f32>', shape: [1] }, workgroups: [1] },
    );
    const doomed = runtime.spawn(wrong);
    const after = runtime.spawn(scaled, doomed, 2);
    const error = (await doomed.catch((reason: unknown) => reason)) as TaskFailedError;
    expect(error).toBeInstanceOf(TaskFailedError);
    expect(error.cause).toBeInstanceOf(ShaderError);
    expect(error.cause).toMatchObject({ line: 4 });
    expect((error.cause as Error).message).toMatch(/wrong, line 4, column \d+: /);
    expect((error.cause as Error).message).toContain('> 4 |   let b: u32 = a;');
    await expect(after).rejects.toMatchObject({ rootTask: { name: 'wrong' } });
    // The device goes on.
    expect([...(await runtime.spawn(scaled, array([1], [1], 'float32'), 3))]).toEqual([3]);
  });

  test('an entry point that the shader does not have fails the task with its name', async () => {
    const { runtime } = await gpuRuntime();
    const lost = wgsl(
      `@group(0) @binding(0) var<storage, read_write> y: array<f32>;
       @compute @workgroup_size(1) fn main() { y[0] = 1; }`,
      { bindings: [], entryPoint: 'nope', result: { type: 'array<f32>', shape: [1] }, workgroups: [1] },
    );
    await expect(runtime.spawn(lost)).rejects.toThrow('wgsl: Entry point "nope" doesn\'t exist');
  });

  test('an index out of range reads and writes nothing outside of the arrays', async () => {
    const { runtime } = await gpuRuntime();
    const wild = wgsl(
      `@group(0) @binding(0) var<storage, read> x: array<f32>;
       @group(0) @binding(1) var<storage, read_write> out: array<f32>;
       @compute @workgroup_size(1) fn main(@builtin(global_invocation_id) id: vec3u) {
         // Near, where buffers of other tasks are, and far.
         let at = select(id.x * 65u, id.x * 1000000u, id.x % 2u == 1u);
         if (id.x == 0u || at > 1u) { out[at] = x[at] + 1; }
       }`,
      { bindings: ['array<f32>'], result: { type: 'array<f32>', shape: [2] }, workgroups: [64] },
    );
    const x = runtime.tochunk(array([1, 1, 1, 1], [4], 'float32'));
    const neighbours = Array.from({ length: 20 }, (_, i) => runtime.spawn(scaled, x, i));
    const out = await runtime.spawn(wild, array([1, 2], [2], 'float32'));
    expect(out.shape).toEqual([2]);
    expect(out.get(0)).toBe(2);
    for (const [i, task] of neighbours.entries()) expect([...(await task)]).toEqual([i, i, i, i]);
  });

  test('bindings that do not fit fail the task and say which', async () => {
    const { runtime } = await gpuRuntime();
    const two = wgsl(
      `@group(0) @binding(0) var<storage, read> x: array<f32>;
       @group(0) @binding(1) var<storage, read_write> y: array<f32>;
       @compute @workgroup_size(1) fn main() { y[0] = x[0]; }`,
      { name: 'two', bindings: [], result: { type: 'array<f32>', shape: [1] }, workgroups: [1] },
    );
    await expect(runtime.spawn(two)).rejects.toThrow('two binds 2 arrays (x, y), not 1');
    const much = wgsl(
      `@group(0) @binding(0) var<storage, read_write> y: array<f32>;
       @compute @workgroup_size(1) fn main() { y[0] = 1; }`,
      { name: 'much', bindings: [], result: { type: 'array<f32>', shape: [1] }, workgroups: [1e6] },
    );
    await expect(runtime.spawn(much)).rejects.toThrow('much: 1000000 × 1 × 1 workgroups');
    const part = wgsl(
      `@group(0) @binding(0) var<storage, read> x: array<f32>;
       @group(0) @binding(1) var<storage, read_write> y: array<f32>;
       @compute @workgroup_size(64) fn main() { y[0] = x[0]; }`,
      {
        name: 'part',
        bindings: ['array<f32>'],
        result: { type: 'array<f32>', shape: [1] },
        workgroups: (x) => [x.size / 64],
      },
    );
    // Cut off, the last elements would never be computed.
    await expect(runtime.spawn(part, new Float32Array(100))).rejects.toThrow(
      'part: 1.5625 × 1 × 1 workgroups; each is a whole number',
    );
    const names = Array.from({ length: 40 }, (_, i) => `a${i}`);
    const declared = names.map(
      (name, i) => `@group(0) @binding(${i}) var<storage, read> ${name}: array<f32>;`,
    );
    const many = operation('many', {
      webgpu: gpuImplementation((gpu: GpuDevicePort) => {
        const bindings = names.map(() => gpu.alloc([1], 'float32'));
        const source = `${declared.join('')} @compute @workgroup_size(1) fn main() {}`;
        gpu.run({ label: 'many', wgsl: source }, { bindings, workgroups: [1] });
      }),
    });
    await expect(runtime.spawn(many)).rejects.toThrow(
      /many binds 40 arrays, and the device binds at most \d+/,
    );
  });

  test('arguments are what the bindings say: nothing is cut, wrapped or left out', async () => {
    const { runtime } = await gpuRuntime({ runtime: { plugins: [cpuThreads({ threads: 1 })] } });
    const of = <T extends WgslScalarType>(type: T, host?: (value: number) => NDArray<'float32'>) =>
      wgsl(
        `struct Numbers { value: ${type} }
         @group(0) @binding(0) var<storage, read_write> y: array<f32>;
         @group(0) @binding(1) var<uniform> n: Numbers;
         @compute @workgroup_size(1) fn main() { y[0] = f32(n.value); }`,
        {
          name: 'number',
          bindings: [type],
          result: { type: 'array<f32>', shape: [1] },
          workgroups: [1],
          ...(host && { host: host as never }),
        },
      );
    const fails = async (task: PromiseLike<unknown>, message: string) => {
      const { cause } = await rejection(task);
      expect(cause).toBeInstanceOf(TypeError);
      expect((cause as Error).message).toBe(message);
    };
    const i32 = 'number: parameter 1 is i32, a whole number from -2147483648 to 2147483647, and';
    for (const value of [1.5, 2 ** 31, 2 ** 40, Number.NaN, Number.POSITIVE_INFINITY])
      await fails(runtime.spawn(of('i32'), value), `${i32} ${value} was given`);
    await fails(runtime.spawn(of('i32'), '3' as never), `${i32} string was given`);
    await fails(runtime.spawn(of('i32'), new Int32Array(1) as never), `${i32} an array of int32 was given`);
    for (const value of [-1, 2 ** 32, 0.5])
      await fails(
        runtime.spawn(of('u32'), value),
        `number: parameter 1 is u32, a whole number from 0 to 4294967295, and ${value} was given`,
      );
    for (const value of [-(2 ** 31), 2 ** 31 - 128, -0])
      expect((await runtime.spawn(of('i32'), value)).get(0)).toBeCloseTo(value);
    expect([...(await runtime.spawn(of('f32'), Number.NaN))]).toEqual([Number.NaN]);

    const count = 'number: it takes 1 arguments (i32), and';
    await fails((runtime.spawn as Loose)(of('i32')), `${count} 0 were given`);
    await fails((runtime.spawn as Loose)(of('i32'), 1, 2), `${count} 2 were given`);
    await fails(
      runtime.spawn(scaled, array([1], [1], 'int32'), 2),
      'scaled: parameter 1 is array<f32>, and an array of int32 was given',
    );

    // What only a shader cannot take goes to the function for CPUs, wherever the call was placed.
    const withHost = of('i32', (value) => array([value], [1], 'float32') as never);
    const tasks = Array.from({ length: 10 }, () => runtime.spawn(withHost, 1.5));
    for (const task of tasks) expect([...(await task)]).toEqual([1.5]);
  });

  test('float64 and a missing feature are refused with the reason', async () => {
    const { runtime } = await gpuRuntime();
    const reason = async (task: PromiseLike<unknown>) => {
      const error = await Promise.resolve(task).catch((thrown: unknown) => thrown);
      expect((error as TaskFailedError).cause).toBeInstanceOf(SchedulingError);
      return (error as Error).message;
    };
    expect(await reason(runtime.spawn(scaled, array([1]), 2))).toContain('argument 1 is float64');
    const half = wgsl('enable f16; @compute @workgroup_size(1) fn main() {}', {
      bindings: [],
      features: ['no-such-feature'],
      result: { type: 'array<f32>', shape: [1] },
      workgroups: [1],
    });
    expect(await reason(runtime.spawn(half))).toMatch(/gpu:0: .* lacks no-such-feature/);
  });

  test('one that WebGPU refuses does not spoil what is read in the same submission', async () => {
    const { runtime, gpu } = await gpuRuntime();
    const short = wgsl(
      `@group(0) @binding(0) var<storage, read_write> y: array<f32, 1000>;
       @compute @workgroup_size(1) fn main() { y[0] = 1; }`,
      { name: 'short', bindings: [], result: { type: 'array<f32>', shape: [1] }, workgroups: [1] },
    );
    const reading = operation('reading', {
      webgpu: gpuImplementation(async (port: GpuDevicePort, x: GpuArray) => [...(await port.read(x))]),
    });
    const x = runtime.tochunk(array([1, 2], [2], 'float32'));
    // Compiled before, so that both go together.
    await runtime.spawn(short).catch(() => {});
    const read = runtime.spawn(reading as never, x);
    const refused = runtime.spawn(short);
    await expect(refused).rejects.toThrow(/WebGPU refused short: /);
    expect(await read).toEqual([1, 2]);
    expect(gpu.gpu.readBack.reads).toBe(1);
  });

  test('one that WebGPU refuses fails alone: what was submitted with it is done again', async () => {
    const { runtime } = await gpuRuntime();
    // The shader needs more bytes than the array has; only the device knows.
    const short = wgsl(
      `@group(0) @binding(0) var<storage, read_write> y: array<f32, 1000>;
       @compute @workgroup_size(1) fn main() { y[0] = 1; }`,
      { name: 'short', bindings: [], result: { type: 'array<f32>', shape: [1] }, workgroups: [1] },
    );
    const x = runtime.tochunk(array([1, 2], [2], 'float32'));
    // Compiled before, so that all go together.
    await Promise.all([runtime.spawn(scaled, x, 1), runtime.spawn(added, x, x)]);
    await runtime.spawn(short).catch(() => {});
    const before = runtime.spawn(scaled, x, 2);
    const refused = runtime.spawn(short);
    const after = runtime.spawn(added, before, runtime.spawn(scaled, x, 3));
    await expect(refused).rejects.toThrow(/WebGPU refused short: /);
    expect([...(await after)]).toEqual([5, 10]);
  });

  test('types of parameters and of the result follow from the bindings', () => {
    expectTypeOf(scaled).parameter(1).toEqualTypeOf<number>();
    expectTypeOf(scaled).returns.resolves.toEqualTypeOf<NDArray<'float32'>>();
    // @ts-expect-error a number is no array
    const misuse = () => scaled(1, 2);
    expect(misuse).toBeTypeOf('function');
    const bindings = ['f64'] as const;
    const result = { type: 'array<f32>', shape: [] } as const;
    // @ts-expect-error no such type
    expect(() => wgsl('', { bindings, result, workgroups: [1] })).toThrow('no parameter is of type "f64"');
  });
});

test('options of wgsl that are not as they should be are refused', () => {
  const options = { bindings: ['f32'], result: { type: 'array<f32>', shape: [1] }, workgroups: [1] };
  const refuses = (changed: object, message: string, source: unknown = '') =>
    expect(() => wgsl(source as string, { ...options, ...changed } as never)).toThrow(new TypeError(message));
  expect(() => (wgsl as Loose)('')).toThrow(
    new TypeError('wgsl: options are an object such as { bindings: … }, not undefined'),
  );
  expect(() => wgsl('', {} as never)).toThrow('wgsl wgsl: bindings is the list of its parameters');
  refuses(
    { workgroup: 1 },
    `wgsl: unknown option "workgroup"; did you mean "workgroups"? Known are ${KNOWN}`,
  );
  refuses({}, 'wgsl wgsl: the source is a string, not number', 5);
  refuses({ bindings: ['f64'] }, 'wgsl wgsl: no parameter is of type "f64"');
  refuses({ name: 1 }, 'wgsl: name is a string');
  refuses({ entryPoint: 1, name: 'x' }, 'wgsl x: entryPoint is a string');
  refuses({ features: 'shader-f16' }, 'wgsl wgsl: features are strings');
  refuses({ host: 1 }, 'wgsl wgsl: host is a function');
  expect(() => wgsl('', { ...options, result: undefined } as never)).toThrow(
    'wgsl wgsl: result.type is one of ',
  );
  expect(() => wgsl('', { ...options, result: { type: 'array<f32>' } } as never)).toThrow(
    'result.shape is a shape',
  );
  expect(() => wgsl('', { ...options, workgroups: undefined } as never)).toThrow(
    'wgsl wgsl: workgroups is how many',
  );
});
