import { FakeMemory, FakeProcessor } from '@poniard/testing';
import { describe, expect, it } from 'vitest';
import { SnapshotArgument } from './arguments.js';
import type { TaskRecord } from './record.js';
import { Driver } from './testing/driver.js';
import { one } from './testing/tasks.js';

const MIB = 1024 * 1024;
const array = (mib: number, buffer?: SharedArrayBuffer): SnapshotArgument =>
  new SnapshotArgument('data', undefined, buffer && [buffer], mib * MIB);

/** One processor that keeps results of 1 MiB. */
function keeper() {
  const space = new FakeMemory('far', false);
  const processor = new FakeProcessor({ id: 'far', space, keeps: () => true, bytes: MIB });
  const driver = new Driver([processor]);
  const make = (...args: (TaskRecord | SnapshotArgument)[]): TaskRecord => {
    const task = driver.spawn(one, args);
    processor.finish();
    return task;
  };
  return { driver, processor, make, book: driver.state.lineage };
}

describe('E3. what results would be made again from', () => {
  it('is kept, up to 512 MiB; from then on results are copied to the host, and it goes', () => {
    const { driver, make, book } = keeper();
    const tasks = Array.from({ length: 5 }, () => make(array(100)));
    expect([driver.moving.length, book.bytes]).toEqual([0, 500 * MIB]);
    for (let i = 0; i < 20; i++) {
      tasks.push(make(array(100)));
      expect(driver.moving).toHaveLength(1);
      driver.arrive();
      expect(book.bytes).toBe(500 * MIB);
      expect(tasks.at(-1)?.args).toEqual([]);
    }
  });

  it('counts once however many results are made from it, and then nothing is copied for it', () => {
    const { driver, make, book } = keeper();
    const buffer = { byteLength: 400 * MIB } as SharedArrayBuffer;
    make(array(300));
    expect(driver.moving).toHaveLength(0);
    const first = make(array(400, buffer));
    expect(driver.moving.map(({ record }) => record)).toEqual([first]);
    for (let i = 0; i < 10; i++) make(array(400, buffer));
    expect(driver.moving).toHaveLength(1);
    expect(book.bytes).toBe(700 * MIB);
  });

  it('grows along a chain, whose links are freed, and is cut there too', () => {
    const { driver, make, book } = keeper();
    let last = make(array(100));
    for (let i = 0; i < 30; i++) {
      const before = last;
      last = make(before, array(100));
      driver.drop(before);
      while (driver.moving.length > 0) driver.arrive();
      expect(book.bytes).toBeLessThanOrEqual(600 * MIB);
    }
    driver.drop(last);
    expect(book.bytes).toBe(0);
  });

  it('is forgotten with results that are lost or freed', () => {
    const { driver, processor, make, book } = keeper();
    const [freed, lost] = [make(array(100)), make(array(50))];
    driver.drop(freed);
    expect(book.bytes).toBe(50 * MIB);
    processor.lose([], true);
    expect(book.bytes).toBe(0);
    driver.back(processor);
    driver.fetch(lost);
    processor.finish();
    expect(book.bytes).toBe(50 * MIB);
  });

  it('is not counted where it is small', () => {
    const { make, book } = keeper();
    make(new SnapshotArgument('data', undefined, undefined, 1000));
    expect(book.bytes).toBe(0);
  });
});
