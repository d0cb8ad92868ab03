import { createServer, Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { ValueTransferError } from '../errors.js';
import { type SnapshotOptions, snapshot } from './snapshot.js';

class Point {
  constructor(
    readonly x = 1,
    readonly y = 2,
  ) {}
}
class Numbers extends Float64Array {}
class Task {}

const OPTIONS: SnapshotOptions = {
  codecs: [],
  label: () => 'argument 2 of blur (#7)',
  copy: true,
  isHandle: (value) => (value instanceof Task ? 'Task' : undefined),
};

function refusal(value: unknown, options = OPTIONS): Error {
  try {
    snapshot(value, options);
  } catch (error) {
    return error as Error;
  }
  throw new Error('was accepted');
}

describe('a value that cannot cross', () => {
  test('S4. an instance of a class without a codec is an error that names the argument, the class and the place', () => {
    const error = refusal({ points: [0, 0, 0, new Point()] });
    expect(error).toBeInstanceOf(ValueTransferError);
    expect(error.message).toBe(
      'argument 2 of blur (#7) has an instance of class Point at .points[3]; it would arrive as a plain object. ' +
        'Give the class a ValueCodec (static [valueCodec]) or pass plain data.',
    );
    expect(refusal(new Point()).message).toMatch(
      /^argument 2 of blur \(#7\) is an instance of class Point; /,
    );
    expect(refusal(new Numbers(2)).message).toContain('an instance of class Numbers');
  });

  test('S4. a result is refused in the same words', () => {
    const options: SnapshotOptions = { ...OPTIONS, label: 'the result of blur (#7)', copy: false };
    expect(refusal([new Point()], options).message).toMatch(
      /^the result of blur \(#7\) has an instance of class Point at \[0\]; /,
    );
  });

  test('S4. a nested handle is a TypeError that says how to pass it', () => {
    const error = refusal({ inputs: new Map([['a', [new Task()]]]) });
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe(
      'argument 2 of blur (#7) has a Task at .inputs.get("a")[0], where nothing waits for it. ' +
        'Pass it as an argument of its own, or await fetchAll(structure) and pass what that gives.',
    );
  });

  test.each([
    [
      'a named function',
      { on: { done: function finished() {} } },
      "has the function 'finished' at .on.done; functions",
    ],
    ['an arrow', [() => 1], 'has a function at [0]; functions are no data'],
    ['a class', { type: Point }, "has the class 'Point' at .type"],
    ['a symbol', { a: Symbol('s') }, 'has a symbol, Symbol(s) at .a'],
    ['a Promise', [Promise.resolve()], 'has a Promise at [0]; await it first'],
    ['a WeakMap', { cache: new WeakMap() }, 'has a WeakMap at .cache; it cannot leave its thread'],
    ['a WeakRef', new WeakRef({}), 'is a WeakRef; it cannot leave its thread'],
    ['a generator', { items: (function* () {})() }, 'has a Generator at .items'],
    ['an iterator', { items: new Map().entries() }, 'has a Map Iterator at .items'],
    ['a signal', new AbortController().signal, 'is an AbortSignal; it cannot leave its thread'],
    [
      'a socket',
      { s: new Socket() },
      'Socket at .s; streams and sockets belong to their thread. Open it inside',
    ],
    ['a web stream', { s: new ReadableStream() }, 'ReadableStream at .s; streams and sockets belong'],
    ['a server', { s: createServer() }, 'has an instance of class Server at .s'],
    [
      'inherited properties',
      Object.create({ a: 1 }),
      'is an object with a prototype of its own; what it inherits',
    ],
    ['a boxed symbol', { b: Object(Symbol('s')) }, 'has a Symbol at .b'],
    ['a key that needs quotes', { 'a b': [new Point()] }, 'at ["a b"][0];'],
    ['a key of a map', new Map([[new Point(), 1]]), 'at .keys();'],
    ['a value of a map with an object as key', new Map([[{}, new Point()]]), 'at .get(object);'],
    ['an element of a set', new Set([1, new Point()]), 'at .values()[1];'],
    ['a named property of an array', Object.assign([1], { meta: new Point() }), 'at .meta;'],
    [
      'a reserved key',
      { a: { '\u0000poniard': 'x' } },
      'has a key that begins with NUL at .a; it is reserved',
    ],
  ])('%s is refused by name and place', (_, value, message) => {
    const error = refusal(value);
    expect(error).toBeInstanceOf(ValueTransferError);
    expect(error.message).toContain(`argument 2 of blur (#7) `);
    expect(error.message).toContain(message);
  });

  test('a getter that throws is reported with the place and the cause', () => {
    const cause = new RangeError('not yet');
    const value = {
      a: {
        get b() {
          throw cause;
        },
      },
    };
    const error = refusal([value]);
    expect(error).toBeInstanceOf(ValueTransferError);
    expect(error.message).toBe('argument 2 of blur (#7) could not be read at [0].a: not yet');
    expect(error.cause).toBe(cause);
  });

  test('a revoked proxy and an impostor of Map are reported, not crashed on', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(refusal({ proxy })).toBeInstanceOf(ValueTransferError);
    expect(refusal(Object.setPrototypeOf({}, Map.prototype))).toBeInstanceOf(ValueTransferError);
  });

  test('nesting beyond 1,000 levels is refused before any stack overflows', () => {
    let list: unknown;
    for (let i = 0; i < 100_000; i++) list = { next: list };
    const error = refusal(list);
    expect(error).toBeInstanceOf(ValueTransferError);
    expect(error.message).toBe(
      'argument 2 of blur (#7) is nested more than 1000 levels deep; ' +
        'pass a flatter structure, such as an array instead of a linked list.',
    );
  });

  test('the path to a deep place is shortened in its middle', () => {
    let value: unknown = new Point();
    for (let i = 0; i < 100; i++) value = { next: value };
    expect(refusal(value).message.length).toBeLessThan(400);
    expect(refusal(value).message).toContain('.next … .next');
  });
});
