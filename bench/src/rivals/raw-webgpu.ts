/** @file WebGPU called by hand: everything made ahead that can be, one encoder, one pass, one submission. */
import { type OpenedGpu, openGpu } from './gpu-adapter.js';
import { microsecondsEach } from './pool.js';
import { check, count, type Params, packageVersion, type Rival, timed } from './rival.js';
import { BLOCK, PRODUCT, SCALE } from './shaders.js';

const { STORAGE, COPY_SRC, COPY_DST, UNIFORM, MAP_READ } = {
  STORAGE: 0x80,
  COPY_SRC: 0x04,
  COPY_DST: 0x08,
  UNIFORM: 0x40,
  MAP_READ: 0x01,
};

/** Options: `adapter`. */
export async function createRival(options: Params): Promise<Rival> {
  const opened = await openGpu(options);
  const device = await opened.adapter.requestDevice();
  const raw = new Raw(opened, device);
  const chains = new Map<string, () => Promise<number>>();
  const dispatches = await raw.dispatches();
  return {
    version: await packageVersion('webgpu', import.meta.resolve('webgpu')),
    settings: 'hand-written calls: pipelines, buffers and bind groups made ahead, one pass, one submission',
    jobs: {
      dispatches: (params) => dispatches(count(params, 'tasks')),
      chain: async (params) => {
        const [n, links] = [count(params, 'n'), count(params, 'links')];
        const key = `${n} ${links}`;
        let chain = chains.get(key);
        if (chain === undefined) {
          chain = await raw.chain(n, links);
          chains.set(key, chain);
        }
        return chain();
      },
    },
    close: async () => device.destroy(),
  };
}

class Raw {
  constructor(
    /** Kept as long as the device. */
    readonly opened: OpenedGpu,
    private readonly device: GPUDevice,
  ) {}

  /** µs for each of so many dispatches on 64 elements, encoded together, to the end of the last. */
  async dispatches(): Promise<(tasks: number) => Promise<number>> {
    const { device } = this;
    const pipeline = await this.pipeline(SCALE);
    const x = this.filled(STORAGE, new Float32Array(64).fill(1));
    const numbers = this.filled(UNIFORM, new Float32Array([2, 0, 0, 0]));
    const group = this.group(pipeline, [x, this.empty(4 * 64), numbers]);
    return async (tasks) => {
      const ms = await timed(async () => {
        const encoder = device.createCommandEncoder();
        const pass = encoder.beginComputePass();
        pass.setPipeline(pipeline);
        for (let i = 0; i < tasks; i++) {
          pass.setBindGroup(0, group);
          pass.dispatchWorkgroups(1);
        }
        pass.end();
        device.queue.submit([encoder.finish()]);
        await device.queue.onSubmittedWorkDone();
      });
      return microsecondsEach(ms, tasks);
    };
  }

  /** ms for x going to the device, `links` products p ← x·p, and the last one coming back. */
  async chain(n: number, links: number): Promise<() => Promise<number>> {
    const { device } = this;
    const bytes = 4 * n * n;
    const pipeline = await this.pipeline(PRODUCT);
    const x = this.empty(bytes);
    const buffers = [x, this.empty(bytes), this.empty(bytes)];
    const numbers = this.filled(UNIFORM, new Uint32Array([n, 0, 0, 0]));
    const group = (from: number, to: number) =>
      this.group(pipeline, [x, buffers[from] as GPUBuffer, buffers[to] as GPUBuffer, numbers]);
    const groups = [group(0, 1), group(1, 2), group(2, 1)] as const;
    const staging = device.createBuffer({ size: bytes, usage: MAP_READ | COPY_DST });
    const data = new Float32Array(n * n).fill(1 / n);
    return async () => {
      let first = 0;
      const ms = await timed(async () => {
        device.queue.writeBuffer(x, 0, data);
        const encoder = device.createCommandEncoder();
        const pass = encoder.beginComputePass();
        pass.setPipeline(pipeline);
        for (let link = 0; link < links; link++) {
          pass.setBindGroup(0, link === 0 ? groups[0] : groups[link % 2 === 1 ? 1 : 2]);
          pass.dispatchWorkgroups(n / BLOCK, n / BLOCK);
        }
        pass.end();
        encoder.copyBufferToBuffer(buffers[links % 2 === 1 ? 1 : 2] as GPUBuffer, 0, staging, 0, bytes);
        device.queue.submit([encoder.finish()]);
        await staging.mapAsync(1);
        const result = new Float32Array(staging.getMappedRange().slice(0));
        staging.unmap();
        first = result[0] as number;
      });
      check('the first element', Math.abs(first * n - 1) < 1e-3, true);
      return ms;
    };
  }

  private pipeline(code: string): Promise<GPUComputePipeline> {
    const module = this.device.createShaderModule({ code });
    return this.device.createComputePipelineAsync({
      layout: 'auto',
      compute: { module, entryPoint: 'main' },
    });
  }

  private empty(size: number): GPUBuffer {
    return this.device.createBuffer({ size, usage: STORAGE | COPY_SRC | COPY_DST });
  }

  private filled(usage: number, data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>): GPUBuffer {
    const buffer = this.device.createBuffer({ size: data.byteLength, usage: usage | COPY_DST });
    this.device.queue.writeBuffer(buffer, 0, data);
    return buffer;
  }

  private group(pipeline: GPUComputePipeline, buffers: readonly GPUBuffer[]): GPUBindGroup {
    const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
    return this.device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  }
}
