/** @file A device with everything that belongs to it, and dies with it: memory, pipelines, the commands on their way. */
import { type AdapterInfo, adapterName, describeAdapter, type FoundAdapter } from './adapter.js';
import { DeviceMemory } from './memory.js';
import { Pipelines } from './pipelines.js';
import { ReadBack } from './read-back.js';
import { Recorder } from './recorder.js';
import { type SubgroupTraits, subgroupTraits } from './subgroups.js';

/** Features that are asked for where the adapter has them. */
const WANTED = ['subgroups', 'timestamp-query', 'shader-f16'];

/** Limits that are asked for in full: what a kernel may need more of than every device has. */
const RAISED = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
] as const;

export interface DeviceOptions {
  /** Bytes that all arrays on the device may take together. Default: the largest buffer that the adapter makes. */
  readonly memoryLimit?: number | undefined;
  /** Features without which the device is of no use. */
  readonly features: readonly string[];
}

export class GpuDevice {
  readonly info: AdapterInfo;
  readonly subgroups: SubgroupTraits;
  /** The adapter in one line. */
  readonly name: string;
  readonly memory: DeviceMemory;
  readonly pipelines: Pipelines;
  readonly recorder: Recorder;
  readonly readBack: ReadBack;
  /** Has been lost or closed; nothing of it can be used. */
  gone = false;

  private constructor(
    readonly device: GPUDevice,
    found: FoundAdapter,
    { memoryLimit }: DeviceOptions,
  ) {
    this.info = describeAdapter(found.adapter);
    this.subgroups = subgroupTraits(found.adapter.info);
    this.name = adapterName(this.info);
    this.memory = new DeviceMemory(device, memoryLimit ?? device.limits.maxBufferSize);
    this.pipelines = new Pipelines(device);
    this.recorder = new Recorder(device, () => this.memory.submitted());
    this.readBack = new ReadBack(device, this.recorder);
  }

  /** @throws Error that says which feature the adapter lacks. */
  static async open(found: FoundAdapter, options: DeviceOptions): Promise<GpuDevice> {
    const { adapter } = found;
    const missing = options.features.filter((feature) => !adapter.features.has(feature));
    if (missing.length > 0)
      throw new Error(`${adapterName(describeAdapter(adapter))} lacks ${missing.join(', ')}`);
    const features = new Set([
      ...options.features,
      ...WANTED.filter((feature) => adapter.features.has(feature)),
    ]);
    const limits: Record<string, number> = {};
    for (const limit of RAISED) limits[limit] = adapter.limits[limit];
    const device = await adapter.requestDevice({
      requiredFeatures: [...features] as GPUFeatureName[],
      requiredLimits: limits,
    });
    return new GpuDevice(device, found, options);
  }

  /** Bytes of the largest array that a kernel can be given. */
  get largestArray(): number {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.device.limits;
    return Math.min(maxBufferSize, maxStorageBufferBindingSize);
  }

  /** Frees every buffer, and the device. */
  close(): void {
    this.gone = true;
    this.recorder.close();
    this.readBack.close();
    this.memory.close();
    this.device.destroy();
  }
}
