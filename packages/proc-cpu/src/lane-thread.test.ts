/** @file How a thread's end reads, whatever news of it came and did not come. */
import { EventEmitter } from 'node:events';
import { settle } from '@poniard/testing';
import { describe, expect, it } from 'vitest';
import { LaneThread, type ThreadListener } from './lane-thread.js';

/** A pool of one thread that exists only here; `begins`: the thread tells that it has started. */
function madeThread({ hasBegun, begins }: { hasBegun: boolean; begins: boolean }) {
  const worker = new EventEmitter();
  const pool = Object.assign(new EventEmitter(), {
    threads: [worker],
    run: () => (begins ? Promise.resolve() : new Promise(() => {})),
    destroy: () => Promise.resolve(),
  });
  const died: unknown[] = [];
  const listener: ThreadListener = {
    message() {},
    attached() {},
    hasBegun: () => hasBegun,
    died: (...how) => died.push(how),
  };
  const thread = new LaneThread({ startTimeout: 60_000 } as never, {} as never, listener);
  thread.start(pool as never);
  return { worker, died };
}

describe('E3. a thread that ends', () => {
  it('E3. has started if a task has begun there, though the news of its start died with it', async () => {
    const { worker, died } = madeThread({ hasBegun: true, begins: false });
    worker.emit('exit', 3);
    expect(died).toEqual([['exited with code 3', true, false]]);
  });

  it('E3. has started if it told so', async () => {
    const { worker, died } = madeThread({ hasBegun: false, begins: true });
    await settle();
    worker.emit('exit', 3);
    expect(died).toEqual([['exited with code 3', true, false]]);
  });

  it('E3. has not started otherwise, and its error says so', async () => {
    const { worker, died } = madeThread({ hasBegun: false, begins: false });
    worker.emit('error', new Error('no module'));
    worker.emit('exit', 1);
    expect(died).toEqual([['could not start: no module', false, false]]);
  });
});
