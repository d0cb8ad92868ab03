import { describe, expect, it } from 'vitest';
import { Claims } from './claims.js';
import { LaneExecutor } from './executor.js';
import type { LaneRuntime } from './lane-runtime.js';
import { Answer, Arg, type CodecReference, WORK, Work } from './protocol.js';
import { TaskScopes } from './task-scopes.js';

function makeLane(codecs: readonly CodecReference[] = []) {
  const claims = Claims.create(4);
  const posted: unknown[] = [];
  const borrowed: number[] = [];
  const executor = new LaneExecutor(
    {
      id: 'cpu:0',
      kind: 'thread',
      claims: claims.words,
      codecs,
      bufferPrefix: 9,
      firstTask: 1,
      defaults: {},
    },
    { post: (message) => posted.push(...(message as unknown[])), poll: () => undefined, later: () => {} },
    new TaskScopes(() => ({ get: () => undefined, run: (_, body) => body() }), true),
    async () => ({}),
    () =>
      ({
        callOff: () => {},
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
  const learn = (...lesson: unknown[]): void => executor.receive([WORK, ...lesson]);
  return { send, learn, posted, borrowed };
}

describe('a lane', () => {
  it('C3. gets a view on shared memory as numbers, and sends it back as numbers, once its buffer has crossed', () => {
    const { send, posted, learn } = makeLane();
    const buffer = new SharedArrayBuffer(32);
    learn(Work.Buffer, 7, buffer);
    send(0, '(xs) => { xs[0] = 5; return xs.subarray(0, 2); }', false, Arg.View, [7, 'Float64Array', 8, 3]);
    const view = [7, 'Float64Array', 8, 2];
    expect(posted).toEqual([
      Answer.View,
      0,
      expect.any(Number),
      view,
      expect.any(Number),
      undefined,
      undefined,
    ]);
    expect([...new Float64Array(buffer)]).toEqual([0, 5, 0, 0]);
  });

  it('C3. sends the buffer of one that it made along, the first time it is told of', () => {
    const { send, posted } = makeLane();
    send(0, '() => new Uint8Array(new SharedArrayBuffer(4), 1, 2)', false);
    const [, , , view, , codec, buffer] = posted as [never, never, never, unknown[], never, unknown, unknown];
    expect(view.slice(1)).toEqual(['Uint8Array', 1, 2]);
    expect([codec, buffer]).toEqual([undefined, expect.any(SharedArrayBuffer)]);
  });

  it('C3. says which codec a value is made by where the host does not know it', () => {
    const reference = { tag: 'Row', module: 'test:rows', exportName: 'Row' };
    const [young, taught] = [makeLane(), makeLane([reference])];
    for (const { send } of [young, taught]) {
      send(
        0,
        `() => {
          const codec = ${JSON.stringify(reference)};
          Object.assign(codec, { test: () => true, encode: ({ data }) => [data, 4] });
          class Row {
            data = new Uint8Array(new SharedArrayBuffer(4));
            static [Symbol.for('poniard.valueCodec')] = codec;
          }
          return new Row();
        }`,
        false,
      );
    }
    const view = [expect.any(Number), 'Uint8Array', 0, 4, 'Row', 4];
    expect(young.posted.slice(3, 6)).toEqual([view, expect.any(Number), reference]);
    expect(taught.posted.slice(3, 6)).toEqual([view, expect.any(Number), undefined]);
  });

  it('E3. a view whose buffer it does not have is an error of the task', () => {
    const { send, posted } = makeLane();
    send(0, '(xs) => xs', false, Arg.View, [8, 'Float64Array', 0, 1]);
    expect(posted.slice(0, 2)).toEqual([Answer.Failed, 0]);
  });

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
