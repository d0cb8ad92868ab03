/// <reference types="@webgpu/types" preserve="true" />
/** @file What the way to a device and back costs, measured before the first task is placed: nothing is assumed (P2). */
import type { Transfer } from '@poniard/core';
import type { GpuDevice } from './device.js';

/** In bytes: one size for the latency and one for the bandwidth. */
const SIZES = [4096, 1024 * 1024];

/** Carries a little there and back, and tells what it took. Once before, unmeasured: the first time is slower. */
export async function measureLinks(
  gpu: GpuDevice,
  id: string,
  moved: (transfer: Transfer) => void,
): Promise<void> {
  const { memory, recorder, readBack, device } = gpu;
  for (const [i, bytes] of [SIZES[0] as number, ...SIZES].entries()) {
    if (bytes > memory.limit) break;
    const began = performance.now();
    const there = memory.allocateMapped(bytes, (mapped) => new Uint8Array(mapped).fill(1));
    device.queue.submit([]);
    await recorder.patience.during(() => device.queue.onSubmittedWorkDone());
    const up = (performance.now() - began) * 1000;
    let down = 0;
    await readBack.read(
      there,
      bytes,
      (mapped) => mapped.slice(0),
      (micros) => {
        down = micros;
      },
    );
    memory.release(there);
    if (i === 0) continue;
    moved({ from: 'host', to: id, bytes, micros: up });
    moved({ from: id, to: 'host', bytes, micros: down });
  }
  memory.trim();
  recorder.submit();
  readBack.forgetCounts();
}
