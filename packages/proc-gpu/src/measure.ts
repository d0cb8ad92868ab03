/** @file How long commands take on a device. */
import type { GpuDevice } from './device.js';

/**
 * Records and runs commands alone, and tells how long they took, in µs: by the device's counters, or by the host's clock
 * less what an empty submission takes, which is what the way to the device and back costs.
 */
export async function measure({ device, recorder }: GpuDevice, record: () => void): Promise<number> {
  const { queue } = device;
  const done = () => recorder.patience.during(() => queue.onSubmittedWorkDone());
  recorder.submit();
  await done();
  const empty = performance.now();
  queue.submit([device.createCommandEncoder().finish()]);
  await done();
  const overhead = performance.now() - empty;
  recorder.submit();
  record();
  const began = performance.now();
  const { busy } = await recorder.submitNow();
  return busy ?? Math.max(0, performance.now() - began - overhead) * 1000;
}
