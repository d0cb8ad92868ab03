import { webgpu } from '@poniard/proc-gpu';
import { createTestRuntime } from '@poniard/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { adapterName, distinct, type FoundAdapter, findAdapter, findAdapters } from './adapter.js';
import { hasGpu, scaled } from './testing/gpu.js';

test.each([
  [
    'nvidia hopper nvidia-h100-pcie NVIDIA: 550.54.15',
    'nvidia',
    'hopper',
    'nvidia-h100-pcie',
    'NVIDIA: 550.54.15',
  ],
  [
    'google swiftshader SwiftShader driver 5.0.0',
    'google',
    'swiftshader',
    'swiftshader-device',
    'SwiftShader driver 5.0.0',
  ],
  ['apple common-3 Apple M1', 'apple', 'common-3', '', 'Apple M1'],
  ['0x1234', '', '', '0x1234', ''],
])('an adapter is called %s', (name, vendor, architecture, device, description) => {
  expect(adapterName({ vendor, architecture, device, description, software: false })).toBe(name);
});

type Info = Partial<GPUAdapterInfo>;
const info = (given: Info): Info => ({ vendor: '', architecture: '', device: '', description: '', ...given });
const h100 = info({
  vendor: 'nvidia',
  architecture: 'hopper',
  device: 'nvidia-h100-pcie',
  description: 'NVIDIA: 550',
});
const l4 = info({
  vendor: 'nvidia',
  architecture: 'lovelace',
  device: 'nvidia-l4',
  description: 'NVIDIA: 550',
});
const intel = info({ vendor: 'intel', architecture: 'xe' });
const swiftshader = info({
  vendor: 'google',
  architecture: 'swiftshader',
  description: 'SwiftShader driver',
});

/** A page's `navigator.gpu` with a fast adapter and another. */
function stubPage(fast: unknown, low: unknown): void {
  const requestAdapter = async ({ powerPreference }: GPURequestAdapterOptions) =>
    powerPreference === 'low-power' ? low : fast;
  vi.stubGlobal('navigator', { gpu: { requestAdapter } });
  onTestFinished(() => void vi.unstubAllGlobals());
}
const named = (one: Info) => ({ info: one }) as GPUAdapter;

describe('where no adapter is named', () => {
  test('each that Dawn lists is found once, and software is left out', async () => {
    const asked: string[] = [];
    const by: Record<string, Info> = {
      'low-power': h100,
      'NVIDIA L4': l4,
      'NVIDIA L4 (Direct3D)': info({ ...l4, description: 'D3D12 driver' }),
      'SwiftShader Device (Subzero)': swiftshader,
    };
    const find = async (choice: string) => {
      asked.push(choice);
      const found = by[choice];
      return found === undefined ? { reason: 'it cannot be used' } : { adapter: named(found), choice };
    };
    const first: FoundAdapter = { adapter: named(h100), choice: 'high-performance' };
    const all = await distinct(first, ['low-power', 'NVIDIA H100 PCIe', ...Object.keys(by), 'broken'], find);
    expect(all.map(({ choice }) => choice)).toEqual(['high-performance', 'NVIDIA L4']);
    expect(asked).not.toContain('NVIDIA H100 PCIe'); // known by its name already
    expect(asked).toContain('broken');
  });

  test.each([
    ['two GPUs of a page', h100, intel, ['high-performance', 'low-power']],
    ['one that a page gives for both', intel, intel, ['high-performance']],
    ['one beside software', intel, swiftshader, ['high-performance']],
  ])('%s are told apart', async (_, fast, low, choices) => {
    stubPage(named(fast), named(low));
    const all = (await findAdapters()) as readonly FoundAdapter[];
    expect(all.map(({ choice }) => choice)).toEqual(choices);
  });

  test('where there is none, that has a reason', async () => {
    stubPage(null, null);
    expect(await findAdapters()).toEqual({ reason: 'the system has no adapter that WebGPU can use' });
    stubPage(named(swiftshader), null);
    expect(await findAdapters()).toEqual({
      reason: 'the only adapter, google swiftshader SwiftShader driver, computes on the CPU',
    });
  });

  describe.skipIf(!hasGpu)('the plug-in', () => {
    /** The software adapter under another name. */
    async function disguised(as: Info): Promise<GPUAdapter> {
      const { adapter } = (await findAdapter('software')) as FoundAdapter;
      return new Proxy(adapter as GPUAdapter, {
        get(target, key) {
          if (key === 'info') return as;
          const value = Reflect.get(target, key, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    }
    const idsOf = async (options: Parameters<typeof webgpu>[0]) => {
      const runtime = createTestRuntime({ plugins: [webgpu(options)] });
      await runtime.ready();
      const ids = runtime.processors().map(({ id }) => id);
      return { runtime, ids: ids.filter((id) => id.startsWith('gpu')).sort() };
    };

    test('brings every GPU, and one where it is named', async () => {
      const again = await disguised(h100);
      stubPage(await disguised(h100), await disguised(intel));
      const { runtime, ids } = await idsOf({});
      expect(ids).toEqual(['gpu:0', 'gpu:1']);
      const tasks = Array.from({ length: 20 }, (_, i) => runtime.spawn(scaled, new Float32Array([i]), 2));
      expect((await runtime.fetchAll(tasks)).map((result) => result.get(0))).toEqual(
        tasks.map((_, i) => 2 * i),
      );
      // An adapter opens one device.
      stubPage(again, null);
      expect((await idsOf({ adapter: 'high-performance' })).ids).toEqual(['gpu:0']);
    });

    test('leaves out one that cannot be used', async () => {
      const broken = new Proxy(await disguised(h100), {
        get: (target, key) =>
          key === 'requestDevice'
            ? () => Promise.reject(new Error('it is broken'))
            : Reflect.get(target, key, target),
      });
      stubPage(broken, await disguised(intel));
      const { runtime, ids } = await idsOf({});
      expect(ids).toEqual(['gpu:0']);
      expect((await runtime.spawn(scaled, new Float32Array([3]), 2)).get(0)).toBe(6);
      stubPage(broken, broken);
      const { runtime: none } = await idsOf({});
      await expect(none.spawn(scaled, new Float32Array([3]), 2)).rejects.toThrow('it is broken');
    });
  });
});
