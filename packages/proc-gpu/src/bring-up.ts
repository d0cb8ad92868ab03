/** @file From an adapter to a processor. Loaded when there is an adapter: most programs, and all workers, have none. */
import type { Mover, Processor, Transfer, ValueCodec } from '@poniard/core';
import { type FoundAdapter, findAdapter } from './adapter.js';
import { type DeviceOptions, GpuDevice } from './device.js';
import { type ArrayCodec, HomeArrays } from './host-arrays.js';
import { measureNewLinks } from './links.js';
import { GpuProcessor } from './processor.js';

export interface BringUpOptions extends DeviceOptions {
  /** Called when the device is there. */
  nextId(): string;
  readonly arrays: ArrayCodec | undefined;
  readonly codecs: readonly ValueCodec[];
  /** Hears of what goes to the device and back without having been asked for. */
  moved(transfer: Transfer): void;
}

/** @throws Error that says why the adapter cannot be used. */
export async function bringUp(
  found: FoundAdapter,
  options: BringUpOptions,
): Promise<Processor & { readonly mover: Mover }> {
  const home = new HomeArrays(options.arrays);
  home.meet(options.codecs);
  const reopen = async (): Promise<GpuDevice> => {
    const again = await findAdapter(found.choice, options.features);
    if ('reason' in again) throw new Error(again.reason);
    return GpuDevice.open(again, options);
  };
  const gpu = await GpuDevice.open(found, options);
  const id = options.nextId();
  const { moved } = options;
  await measureNewLinks(gpu, id, moved);
  return new GpuProcessor(gpu, { id, home, reopen, moved });
}
