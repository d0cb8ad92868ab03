/// <reference types="@webgpu/types" preserve="true" />
/** @file What the way to a device and back costs, measured before the first task is placed: nothing is assumed (P2). */
import type { Transfer } from '@poniard/core';
import type { GpuDevice } from './device.js';

/** In bytes: one size for the latency and one for the bandwidth. */
const SIZES = [4096, 1024 * 1024];

/** How often each is measured: the quickest counts, since other work of the program only ever makes one slower. */
const TIMES = 3;

/** Carries a little there and back, and tells what it took. Once before, unmeasured: the first time is slower. */
export async function measureLinks(
  gpu: GpuDevice,
  id: string,
  moved: (transfer: Transfer) => void,
): Promise<void> {
  const { memory, recorder, readBack } = gpu;
  await thereAndBack(gpu, Math.min(SIZES[0] as number, memory.limit));
  for (const bytes of SIZES) {
    if (bytes > memory.limit) break;
    let [up, down] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let i = 0; i < TIMES; i++) {
      const took = await thereAndBack(gpu, bytes);
      up = Math.min(up, took.up);
      down = Math.min(down, took.down);
    }
    moved({ from: 'host', to: id, bytes, micros: up });
    moved({ from: id, to: 'host', bytes, micros: down });
  }
  memory.trim();
  recorder.submit();
  readBack.forgetCounts();
}

/** In µs. */
async function thereAndBack(
  { memory, recorder, readBack, device }: GpuDevice,
  bytes: number,
): Promise<{ up: number; down: number }> {
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
  return { up, down };
}
