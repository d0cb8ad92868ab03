/**
 * @file The device port of one call. Where every kernel that the call has used is compiled, it records straight into the
 * device's encoder; from the first that is not, commands wait in order.
 */
import type { GpuDevice } from './device.js';
import { DTYPE_BYTES, type GpuDType, gpuTypeOf, type HostData, kindOfView } from './dtype.js';
import { GpuArray, sizeOf } from './gpu-array.js';
import { copyFromMapped, copyToMapped, hostArray } from './host-arrays.js';
import { measure } from './measure.js';
import type { Allocation } from './memory.js';
import type { Pipeline } from './pipelines.js';
import type { Dispatch, GpuDevicePort, GpuKernel, GpuTraits } from './port.js';

/** A command that waits until the kernel before it is compiled. */
interface Waiting {
  readonly pipeline: Pipeline | undefined;
  readonly record: () => void;
}

export class CallRecording implements GpuDevicePort {
  /** Why the call has failed, where a kernel did not compile. */
  failure: unknown = undefined;
  /** What the call allocated and has not freed. */
  private readonly own: Allocation[] = [];
  private readonly waiting: Waiting[] = [];
  private whenDrained: (() => void)[] = [];
  private ended = false;

  constructor(
    private readonly gpu: GpuDevice,
    private readonly traits: GpuTraits,
    private readonly label: string,
  ) {}

  get device(): GPUDevice {
    return this.gpu.device;
  }
  get adapter(): string {
    return this.traits.adapter;
  }
  get software(): boolean {
    return this.traits.software;
  }
  get subgroupSize(): number | undefined {
    return this.traits.subgroupSize;
  }
  get matrixUnits(): GpuTraits['matrixUnits'] {
    return this.traits.matrixUnits;
  }
  get limits(): GpuTraits['limits'] {
    return this.traits.limits;
  }
  get features(): ReadonlySet<string> {
    return this.traits.features;
  }

  /** Whether commands wait for a kernel. */
  get blocked(): boolean {
    return this.waiting.length > 0;
  }

  alloc<D extends GpuDType>(
    shape: readonly number[],
    dtype: D,
    { zeroed = false }: { readonly zeroed?: boolean } = {},
  ): GpuArray<D> {
    this.checkOpen();
    const array = new GpuArray(this.take(shape, DTYPE_BYTES[dtype]), dtype, shape);
    const { allocation, bytes } = array;
    if (zeroed) this.inOrder(() => this.gpu.recorder.clear(allocation, Math.ceil(bytes / 4) * 4));
    return array;
  }

  upload(data: HostData, shape: readonly number[] = [data.length]): GpuArray {
    this.checkOpen();
    const dtype = gpuTypeOf(data);
    if (dtype === undefined)
      throw new TypeError(`${this.label}: WebGPU has no type for a ${kindOfView(data)}`);
    const array = hostArray({ data, shape });
    if (array === undefined || array.size !== data.length)
      throw new RangeError(
        `${this.label}: ${data.length} elements do not fill the shape [${shape.join(', ')}]`,
      );
    this.checkSize(shape, array.bytes);
    const allocation = this.gpu.memory.allocateMapped(array.bytes, (mapped) => copyToMapped(array, mapped));
    this.own.push(allocation);
    return new GpuArray(allocation, dtype, shape);
  }

  reshape<D extends GpuDType>(array: GpuArray<D>, shape: readonly number[]): GpuArray<D> {
    if (sizeOf(shape) !== array.size)
      throw new RangeError(
        `${this.label}: ${array.size} elements do not fill the shape [${shape.join(', ')}]`,
      );
    return new GpuArray(array.allocation, array.dtype, shape);
  }

  run(kernel: GpuKernel, dispatch: Dispatch): void {
    this.checkOpen();
    const pipeline = this.gpu.pipelines.of(kernel);
    const { bindings } = dispatch;
    const [x, y = 1, z = 1] = dispatch.workgroups;
    checkBindings(pipeline, bindings, dispatch.uniforms);
    this.checkWorkgroups(pipeline.label, x, y, z);
    if (x === 0 || y === 0 || z === 0) return;
    if (this.waiting.length === 0 && pipeline.compiled !== undefined) {
      this.dispatch(pipeline, bindings, dispatch.uniforms, x, y, z);
      return;
    }
    const { uniforms } = dispatch;
    const kept =
      uniforms && new Uint8Array(uniforms.buffer, uniforms.byteOffset, uniforms.byteLength).slice();
    this.wait(pipeline, () => this.dispatch(pipeline, bindings, kept, x, y, z));
  }

  copy(from: GpuArray, to: GpuArray): void {
    this.checkOpen();
    if (from.bytes !== to.bytes)
      throw new RangeError(`${this.label}: an array of ${from.bytes} bytes is no copy of one of ${to.bytes}`);
    const { recorder } = this.gpu;
    this.inOrder(() => {
      recorder.uses(from.allocation);
      recorder.uses(to.allocation);
      recorder.copy(from.buffer, to.buffer, Math.ceil(from.bytes / 4) * 4);
    });
  }

  async read({ allocation, bytes, dtype, size }: GpuArray): Promise<HostData> {
    this.checkOpen();
    if (this.blocked) await this.drained();
    if (this.failure !== undefined) throw this.failure;
    return this.gpu.readBack.read(allocation, bytes, (mapped) => copyFromMapped(mapped, dtype, size));
  }

  async compile(kernel: GpuKernel): Promise<void> {
    this.checkOpen();
    const pipeline = this.gpu.pipelines.of(kernel);
    await pipeline.coming;
    if (pipeline.error !== undefined) throw pipeline.error;
  }

  kernel(key: string, make: () => GpuKernel): GpuKernel {
    return this.gpu.pipelines.keyed(key, make);
  }

  flush(): void {
    this.gpu.recorder.submit();
  }

  async measure(record: () => void): Promise<number> {
    this.checkOpen();
    if (this.blocked) await this.drained();
    record();
    // Kernels that were compiled for the first time have now been: what is timed is recorded at once.
    await this.drained();
    if (this.failure !== undefined) throw this.failure;
    return measure(this.gpu, record);
  }

  /** Resolves when nothing waits any more: all is recorded, or `failure` is set. */
  drained(): Promise<void> {
    if (!this.blocked) return Promise.resolve();
    return new Promise((resolve) => this.whenDrained.push(resolve));
  }

  /** The call is over: frees what it allocated, but for what the caller has retained. */
  end(): void {
    this.ended = true;
    this.waiting.length = 0;
    const { memory } = this.gpu;
    for (const allocation of this.own) memory.release(allocation);
    this.own.length = 0;
  }

  private take(shape: readonly number[], elementBytes: number): Allocation {
    const bytes = sizeOf(shape) * elementBytes;
    this.checkSize(shape, bytes);
    const allocation = this.gpu.memory.allocate(bytes);
    this.own.push(allocation);
    return allocation;
  }

  private dispatch(
    pipeline: Pipeline,
    bindings: readonly GpuArray[],
    data: ArrayBufferView | undefined,
    x: number,
    y: number,
    z: number,
  ): void {
    const { recorder } = this.gpu;
    const uniforms = data === undefined ? undefined : recorder.uniforms(data);
    let key = uniforms === undefined ? '' : `${uniforms.chunk.id}+${uniforms.size}`;
    for (let i = 0; i < bindings.length; i++) {
      const { allocation, bytes } = bindings[i] as GpuArray;
      recorder.uses(allocation);
      key += ` ${allocation.id}:${bytes}`;
    }
    let group = pipeline.groups.get(key);
    if (group === undefined) {
      const entries: GPUBindGroupEntry[] = bindings.map(({ buffer, bytes }, i) => ({
        binding: pipeline.storage[i]?.binding as number,
        resource: { buffer, size: Math.max(4, Math.ceil(bytes / 4) * 4) },
      }));
      if (uniforms !== undefined && pipeline.uniform !== undefined) {
        const { chunk, size } = uniforms;
        entries.push({ binding: pipeline.uniform.binding, resource: { buffer: chunk.buffer, size } });
      }
      group = this.gpu.device.createBindGroup({ layout: pipeline.layout, entries });
      pipeline.remember(key, group);
    }
    recorder.dispatch(pipeline, group, uniforms, x, y, z);
  }

  private inOrder(record: () => void): void {
    if (this.waiting.length === 0) record();
    else this.waiting.push({ pipeline: undefined, record });
  }

  private wait(pipeline: Pipeline, record: () => void): void {
    this.waiting.push({ pipeline, record });
    if (this.waiting.length === 1) void pipeline.coming.then(() => this.drain());
  }

  private drain(): void {
    for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
      const { pipeline, record } = next;
      if (pipeline !== undefined && pipeline.compiled === undefined) {
        if (pipeline.error === undefined) {
          void pipeline.coming.then(() => this.drain());
          return;
        }
        this.failure ??= pipeline.error;
        this.waiting.length = 0;
        break;
      }
      try {
        if (this.gpu.gone) this.waiting.length = 0;
        else {
          record();
          this.waiting.shift();
        }
      } catch (error) {
        this.failure ??= error;
        this.waiting.length = 0;
      }
    }
    for (const resolve of this.whenDrained.splice(0)) resolve();
  }

  private checkOpen(): void {
    if (this.ended) throw new TypeError(`${this.label} has ended: its device port cannot be used any more`);
  }

  private checkSize(shape: readonly number[], bytes: number): void {
    const { largestArray } = this.limits;
    if (!(bytes >= 0 && Number.isInteger(bytes)))
      throw new RangeError(`${this.label}: no array has the shape [${shape}]`);
    if (bytes > largestArray)
      throw new RangeError(
        `${this.label}: an array of shape [${shape.join(', ')}] takes ${bytes} bytes, and ${this.adapter} holds at most ${largestArray} in one; work in parts`,
      );
  }

  private checkWorkgroups(label: string, x: number, y: number, z: number): void {
    const most = this.limits.workgroupsPerDimension;
    const isCount = (n: number): boolean => Number.isInteger(n) && n >= 0 && n <= most;
    if (isCount(x) && isCount(y) && isCount(z)) return;
    throw new RangeError(`${label}: ${x} × ${y} × ${z} workgroups; each is a whole number from 0 to ${most}`);
  }
}

function checkBindings(
  { label, storage, uniform }: Pipeline,
  bindings: readonly GpuArray[],
  uniforms: ArrayBufferView | undefined,
): void {
  if (bindings.length !== storage.length) {
    const names = storage.map(({ name }) => name).join(', ');
    throw new TypeError(`${label} binds ${storage.length} arrays (${names}), not ${bindings.length}`);
  }
  if ((uniforms === undefined) !== (uniform === undefined))
    throw new TypeError(
      uniform ? `${label} needs uniforms for ${uniform.name}` : `${label} has no var<uniform>`,
    );
  for (let i = 0; i < bindings.length; i++) {
    const array = bindings[i] as GpuArray;
    if (!(array instanceof GpuArray)) throw new TypeError(`${label}: ${storage[i]?.name} needs a GpuArray`);
    if (storage[i]?.kind !== 'read_write') continue;
    for (let j = 0; j < bindings.length; j++) {
      if (j !== i && bindings[j]?.allocation === array.allocation)
        throw new TypeError(
          `${label}: ${storage[i]?.name} and ${storage[j]?.name} are the same array, and one is written`,
        );
    }
  }
}
