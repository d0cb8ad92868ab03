import { describe, expect, it } from 'vitest';
import { Claims } from './claims.js';
import { LaneExecutor } from './executor.js';
import type { LaneRuntime } from './lane-runtime.js';
import { Answer, Arg, WORK, Work } from './protocol.js';
import { TaskScopes } from './task-scopes.js';

function makeLane() {
  const claims = Claims.create(4);
  const posted: unknown[] = [];
  const borrowed: number[] = [];
  const executor = new LaneExecutor(
    {
      id: 'cpu:0',
      kind: 'thread',
      claims: claims.words,
      codecs: [],
      bufferPrefix: 9,
      firstTask: 1,
      defaults: {},
    },
    { post: (message) => posted.push(...(message as unknown[])), poll: () => undefined, later: () => {} },
    new TaskScopes(() => ({ get: () => undefined, run: (_, body) => body() }), true),
    async () => ({}),
    () =>
      ({
        borrow: ({ task }: { task: number }) => {
          borrowed.push(task);
          return task;
        },
      }) as unknown as LaneRuntime,
  );
  /** Sends a call with these kinds and values of arguments; gives its claim word. */
  const send = (slot: number, source: string, revoke: boolean, ...args: unknown[]): void => {
    const word = claims.offer(slot, slot);
    if (revoke) claims.revoke(slot, word);
    const encoded = { kind: 'source', name: 'fn', source, imports: [] };
    executor.receive([
      WORK,
      ...[Work.Function, slot + 1, 'fn', encoded, undefined],
      ...[Work.Run, slot, word, slot + 1, 100 + slot, 0, 1, args.length / 2, ...args],
    ]);
  };
  return { send, posted, borrowed };
}

describe('a lane', () => {
  it('C4. gives back handles that were lent to a call that was taken back', () => {
    const { send, posted, borrowed } = makeLane();
    send(0, '(a, b) => a + b', true, Arg.Handle, { task: -1 }, Arg.Value, 5);
    expect(posted).toEqual([Answer.Drop, [-1]]);
    expect(borrowed).toEqual([]);
  });

  it('C4. keeps those of a call that it runs', () => {
    const { send, posted, borrowed } = makeLane();
    send(1, '(a, b) => a + b', false, Arg.Handle, { task: -2 }, Arg.Value, 5);
    expect(posted).toEqual([Answer.Done, 1, expect.any(Number), 3]);
    expect(borrowed).toEqual([-2]);
  });
});
