import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GpuMemoryError } from './errors.js';
import { type Allocation, capacityFor, DeviceMemory } from './memory.js';

const MIB = 1024 * 1024;

/** Counts its buffers, and has so many bytes. */
class FakeDevice {
  readonly alive = new Set<object>();
  private problem: object | null = null;
  private used = 0;
  constructor(private readonly bytes = Number.POSITIVE_INFINITY) {}

  pushErrorScope() {
    this.problem = null;
  }
  async popErrorScope() {
    return this.problem;
  }
  createBuffer({ size, mappedAtCreation = false }: { size: number; mappedAtCreation?: boolean }) {
    const fits = this.used + size <= this.bytes;
    if (!fits && mappedAtCreation) throw new RangeError('createBuffer failed');
    if (fits) this.used += size;
    else this.problem = { message: 'out of memory' };
    const buffer = {
      size,
      getMappedRange: () => new ArrayBuffer(size),
      unmap: () => {},
      destroy: () => {
        if (fits && this.alive.delete(buffer)) this.used -= size;
        this.alive.delete(buffer);
      },
    };
    this.alive.add(buffer);
    return buffer;
  }
}

function memoryOf(limit: number, bytes?: number) {
  const device = new FakeDevice(bytes);
  return { device, memory: new DeviceMemory(device as unknown as GPUDevice, limit) };
}

describe('the memory of a device', () => {
  test('rounds sizes up by at most an eighth from 4 KiB on, and never down', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (bytes) => {
        const capacity = capacityFor(bytes);
        expect(capacity).toBeGreaterThanOrEqual(Math.max(bytes, 256));
        expect(capacity % 256).toBe(0);
        if (bytes > 4096) expect(capacity).toBeLessThanOrEqual(bytes * 1.126 + 256);
      }),
    );
  });

  test('gives a buffer that was freed to the next that needs one of its size', () => {
    const { device, memory } = memoryOf(1e6);
    const first = memory.allocate(1000);
    memory.release(first);
    expect(memory.allocate(900)).toBe(first);
    expect(device.alive.size).toBe(1);
  });

  test('counts buffers and bytes, and keeps to its limit, whatever is allocated and released', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.constant(-1)), { maxLength: 200 }),
        (steps) => {
          const { device, memory } = memoryOf(50_000);
          const held: Allocation[] = [];
          for (const step of steps) {
            const last = step < 0 ? held.shift() : undefined;
            if (last !== undefined) memory.release(last);
            else if (step > 0) {
              try {
                held.push(memory.allocate(step));
              } catch (error) {
                expect(error).toBeInstanceOf(GpuMemoryError);
                const live = held.reduce((sum, { capacity }) => sum + capacity, 0);
                expect(live + capacityFor(step)).toBeGreaterThan(50_000);
              }
            }
            expect(memory.bytes).toBeLessThanOrEqual(50_000);
            memory.submitted();
            expect(device.alive.size).toBe(memory.buffers);
          }
          memory.close();
          expect(device.alive.size).toBe(0);
          expect(memory.buffers).toBe(0);
        },
      ),
    );
  });

  test('asks the others to make room in their order, and says what it needs when they cannot', () => {
    const { memory } = memoryOf(1024);
    const asked: string[] = [];
    const first = memory.allocate(512);
    memory.onPressure(() => {
      asked.push('uploads');
      return false;
    });
    memory.onPressure(() => {
      asked.push('results');
      if (asked.length > 2) return false;
      memory.release(first);
      return true;
    });
    memory.allocate(1024);
    expect(asked).toEqual(['uploads', 'results']);
    expect(() => memory.allocate(2048)).toThrow(/2048 bytes are needed.*limit of 1024 bytes/);
  });

  test('lowers its limit to what the device really has', async () => {
    const { memory } = memoryOf(16 * MIB, 4 * MIB);
    const first = memory.allocate(3 * MIB);
    const second = memory.allocate(2 * MIB);
    await Promise.resolve();
    await Promise.resolve();
    expect([first.missing, second.missing]).toEqual([false, true]);
    expect(memory.limit).toBe(3 * MIB);
    memory.release(second);
    memory.submitted();
    expect(() => memory.allocate(2 * MIB)).toThrow(GpuMemoryError);
    memory.release(first);
    memory.submitted();
    expect(memory.allocate(2 * MIB).missing).toBe(false);
  });

  test('makes room where the device has none for an upload, and says so when it cannot', () => {
    const { memory } = memoryOf(16 * MIB, 4 * MIB);
    const held = memory.allocate(3 * MIB);
    expect(() => memory.allocateMapped(2 * MIB, () => {})).toThrow(GpuMemoryError);
    expect(memory.limit).toBe(3 * MIB);
    memory.onPressure(() => {
      memory.release(held);
      memory.trim();
      memory.submitted();
      return true;
    });
    expect(memory.allocateMapped(2 * MIB, () => {}).capacity).toBe(2 * MIB);
  });

  test('destroys a buffer only when the commands that name it have been submitted', () => {
    const { device, memory } = memoryOf(1024);
    memory.release(memory.allocate(1024));
    memory.allocate(512);
    expect(device.alive.size).toBe(2);
    memory.submitted();
    expect(device.alive.size).toBe(1);
  });
});
