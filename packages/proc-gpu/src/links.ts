/**
 * @file What the way to a device and back costs: measured before the first task is placed, so that nothing is assumed (P2),
 * and now and again while the device has nothing to do. A way that was measured while all cores were busy can seem a hundred
 * times too long; then nothing would go there, and no move would ever tell better.
 */
import type { Transfer } from '@poniard/core';
import type { GpuDevice } from './device.js';

/** In bytes: one size for the latency and one for the bandwidth. */
const SIZES = [4096, 1024 * 1024];

/** How often each is measured at first: the quickest counts, since other work of the program only ever makes one slower. */
const TIMES = 3;

/** In ms: so long after the device has come up the ways are measured again, and then ever more seldom up to … */
const FIRST = 50;
const LONGEST = 10_000;
/** The share of the time that measuring takes at most. */
const SHARE = 1 / 20;

/** Measures when it is due, where something asks whether it is. */
export class Links {
  private wait = FIRST;
  private next: number;
  private measuring = false;

  /** `measure` does so, and tells who wants to know. `now`: in ms. */
  constructor(
    private readonly measure: () => Promise<void>,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.next = now() + FIRST;
  }

  /** The device has nothing to do, and a task is being placed. */
  measureIfDue(): void {
    const began = this.now();
    if (this.measuring || began < this.next) return;
    this.measuring = true;
    const measured = (): void => {
      const ended = this.now();
      this.wait = Math.min(LONGEST, Math.max(2 * this.wait, (ended - began) / SHARE));
      this.next = ended + this.wait;
      this.measuring = false;
    };
    // A device that is lost meanwhile is reported by its owner.
    this.measure().then(measured, measured);
  }
}

/** Carries a little there and back, `times` times, and tells what it took at best. */
export async function measureLinks(
  gpu: GpuDevice,
  id: string,
  moved: (transfer: Transfer) => void,
  times = 1,
): Promise<void> {
  const { memory } = gpu;
  for (const bytes of SIZES) {
    let [up, down] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let i = 0; i < times; i++) {
      // No value is moved to make room for it.
      if (gpu.gone || memory.bytes - memory.pooled + bytes > memory.limit) return;
      const took = await thereAndBack(gpu, bytes);
      up = Math.min(up, took.up);
      down = Math.min(down, took.down);
    }
    moved({ from: 'host', to: id, bytes, micros: up });
    moved({ from: id, to: 'host', bytes, micros: down });
  }
}

/** The first time, on a device that nothing else uses yet. Once before, unmeasured: the first time is slower. */
export async function measureNewLinks(
  gpu: GpuDevice,
  id: string,
  moved: (transfer: Transfer) => void,
): Promise<void> {
  await measureLinks(gpu, id, () => {});
  await measureLinks(gpu, id, moved, TIMES);
  gpu.memory.trim();
  gpu.recorder.submit();
}

/** In µs. */
async function thereAndBack(
  { memory, recorder, readBack, device }: GpuDevice,
  bytes: number,
): Promise<{ up: number; down: number }> {
  const began = performance.now();
  const there = memory.allocateMapped(bytes, (mapped) => new Uint8Array(mapped).fill(1));
  try {
    device.queue.submit([]);
    await recorder.patience.during(() => device.queue.onSubmittedWorkDone());
    const up = (performance.now() - began) * 1000;
    let down = 0;
    await readBack.tryOut(
      there,
      bytes,
      (mapped) => mapped.slice(0),
      (micros) => {
        down = micros;
      },
    );
    return { up, down };
  } finally {
    memory.release(there);
  }
}
