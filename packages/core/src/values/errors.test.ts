import { AssertionError } from 'node:assert';
import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TaskFailedError, ValueTransferError } from '../errors.js';
import { decodeError, encodeError } from './errors.js';
import { restore, snapshot } from './snapshot.js';

function cross(error: unknown): unknown {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(encodeError(error));
  const { message } = receiveMessageOnPort(port2) as { message: unknown };
  port1.close();
  return decodeError(message);
}

const caught = (body: () => unknown): unknown => {
  try {
    return body();
  } catch (error) {
    return error;
  }
};

class ParseError extends Error {}
class RowError extends RangeError {
  override name = 'BadRow';
  constructor(readonly row: number) {
    super(`row ${row}`);
  }
}

describe('an error that a task threw', () => {
  test.each([Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError])(
    'E2. a native error keeps its class, message and stack: %o',
    (Type) => {
      const error = new Type('what happened');
      const copy = cross(error) as Error;
      expect(copy).toBeInstanceOf(Type);
      expect(Object.getPrototypeOf(copy)).toBe(Type.prototype);
      expect(copy).toMatchObject({ name: Type.name, message: 'what happened', stack: error.stack });
      expect(Object.keys(copy)).toEqual([]);
    },
  );

  test('E2. own properties cross, also structures and shared arrays; the ones that cannot are left out', () => {
    const shared = new Int32Array(new SharedArrayBuffer(8));
    const body = { broken: () => 1 };
    const error = Object.assign(new Error('e'), {
      code: 'E_BAD',
      details: { rows: [1, 2], when: new Date(5) },
      shared,
      retry: () => 1,
      again: { body },
      body,
    });
    const copy = cross(error) as typeof error;
    expect(Object.keys(copy)).toEqual(['code', 'details', 'shared']);
    expect(copy).toMatchObject({ code: 'E_BAD', details: { rows: [1, 2], when: new Date(5) } });
    expect(copy.shared.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  test('E2. the causes come along, and a circle of causes stays one', () => {
    const inner = new TypeError('inner', { cause: { code: 5 } });
    const outer = new Error('outer', { cause: inner });
    const copy = cross(outer) as Error;
    expect(copy.cause).toBeInstanceOf(TypeError);
    expect(copy.cause).toMatchObject({ message: 'inner', cause: { code: 5 } });
    inner.cause = outer;
    const circle = cross(outer) as Error;
    expect((circle.cause as Error).cause).toBe(circle);
  });

  test('a cause that cannot cross is replaced by what it was', () => {
    const copy = cross(new Error('e', { cause: function handler() {} })) as Error;
    expect(copy.cause).toMatchObject({
      message: "the function 'handler', which cannot cross to another thread",
    });
    const none = cross(new Error('e', { cause: undefined })) as Error;
    expect('cause' in none).toBe(true);
    expect('cause' in (cross(new Error('e')) as Error)).toBe(false);
  });

  test('a long chain of causes ends, the nearest ones are kept', () => {
    let error = new Error('0');
    for (let i = 1; i < 5000; i++) error = new Error(String(i), { cause: error });
    let copy = cross(error) as Error;
    let length = 1;
    for (; copy.cause instanceof Error; copy = copy.cause) length++;
    expect(length).toBe(17);
    expect(copy.message).toBe('4983');
  });

  test('an AggregateError keeps its errors; one that cannot cross is replaced by what it was', () => {
    const copy = cross(new AggregateError([new TypeError('a'), 'b', () => 1], 'all')) as AggregateError;
    expect(copy).toBeInstanceOf(AggregateError);
    expect(copy.message).toBe('all');
    expect(copy.errors[0]).toBeInstanceOf(TypeError);
    expect(copy.errors[1]).toBe('b');
    expect(copy.errors[2].message).toBe('a function, which cannot cross to another thread');
    expect(Object.keys(copy)).toEqual([]);
  });

  test("a user's subclass comes back as the native class that it extends, with its own name", () => {
    const parse = cross(new ParseError('at 5')) as Error;
    expect(Object.getPrototypeOf(parse)).toBe(Error.prototype);
    expect(parse).toMatchObject({ name: 'ParseError', message: 'at 5' });
    const row = cross(new RowError(7)) as RowError;
    expect(row).toBeInstanceOf(RangeError);
    expect(row).toMatchObject({ name: 'BadRow', message: 'row 7', row: 7 });
    expect(cross(new AssertionError({ message: 'a', actual: 1, expected: 2 }))).toMatchObject({
      name: 'AssertionError',
      code: 'ERR_ASSERTION',
      actual: 1,
    });
  });

  test('errors of Node keep their name and code', () => {
    expect(cross(caught(() => readFileSync('/no/such/file')))).toMatchObject({
      name: 'Error',
      code: 'ENOENT',
    });
    const invalid = cross(caught(() => Buffer.alloc('x' as never)));
    expect(invalid).toBeInstanceOf(TypeError);
    expect(invalid).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
  });

  test('a DOMException is one again', () => {
    const copy = cross(new DOMException('stopped', 'AbortError')) as DOMException;
    expect(copy).toBeInstanceOf(DOMException);
    expect(copy).toMatchObject({ name: 'AbortError', message: 'stopped', code: 20 });
  });

  test('errors of the framework keep their class', () => {
    const task = { id: 1, name: 'load' };
    const copy = cross(new TaskFailedError(task, task, [task], new TypeError('root')));
    expect(copy).toBeInstanceOf(TaskFailedError);
    expect(copy).toMatchObject({ name: 'TaskFailedError', task, rootTask: task, chain: [task] });
    expect((copy as Error).cause).toBeInstanceOf(TypeError);
    expect(cross(new ValueTransferError('v'))).toBeInstanceOf(ValueTransferError);
  });

  test("a user's class that has the name of a framework's is not taken for it", () => {
    class TimeoutError extends Error {}
    TimeoutError.prototype.name = 'TimeoutError';
    const copy = cross(new TimeoutError('late')) as Error;
    expect(Object.getPrototypeOf(copy)).toBe(Error.prototype);
    expect(copy.name).toBe('TimeoutError');
  });

  test('errors of another realm become errors of this one', () => {
    const far = runInNewContext('class Far extends TypeError {}; new Far("x", { cause: new URIError("y") })');
    const copy = cross(far) as Error;
    expect(copy).toBeInstanceOf(TypeError);
    expect(copy).toMatchObject({ name: 'Far', message: 'x' });
    expect(copy.cause).toBeInstanceOf(URIError);
  });

  test('the stack limit of the program is left alone', () => {
    const before = Error.stackTraceLimit;
    cross(new Error('e'));
    expect(Error.stackTraceLimit).toBe(before);
  });
});

describe('anything else that a task threw', () => {
  test('E2. strings, null and plain data pass as they are', () => {
    for (const thrown of ['text', 5, null, undefined, { code: 1, list: [1] }])
      expect(cross(thrown)).toEqual(thrown);
  });

  test.each([
    [
      'a class instance',
      new (class Reply {
        message = 'no';
      })(),
      'a task threw an instance of class Reply with the message "no"',
    ],
    ['a function', () => 1, 'a task threw a function'],
    ['a symbol', Symbol('stop'), 'a task threw Symbol(stop)'],
    ['data with a function', { code: 1, f: () => 1, message: 'm' }, 'with the message "m"'],
  ])('%s that cannot cross becomes an Error that says what it was', (_, thrown, message) => {
    const copy = cross(thrown) as Error;
    expect(copy).toBeInstanceOf(Error);
    expect(copy.message).toContain(message);
    expect(copy.message).toContain('cannot cross to another thread');
  });

  test('nothing makes encoding or decoding throw', () => {
    const hostile = () => {
      throw new Error('hostile');
    };
    const traps = Object.fromEntries(
      ['get', 'has', 'ownKeys', 'getPrototypeOf', 'getOwnPropertyDescriptor'].map((trap) => [trap, hostile]),
    );
    const error = new Error('kept');
    for (const key of ['stack', 'cause', 'errors', 'extra']) {
      Object.defineProperty(error, key, { get: hostile, enumerable: true });
    }
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(cross(error)).toMatchObject({ message: 'kept' });
    for (const thrown of [
      proxy,
      new Proxy({}, traps),
      new Proxy(new Error('e'), traps),
      new Proxy(() => 1, traps),
    ]) {
      expect(cross(thrown)).toBeInstanceOf(Error);
    }
    expect(cross(Object.assign(new Error('m'), { name: 5, message: {}, stack: [] }))).toBeInstanceOf(Error);
    fc.assert(
      fc.property(fc.anything(), (data) => {
        cross(data);
        cross(Object.assign(new Error('e', { cause: data }), { data }));
        decodeError(data);
      }),
    );
  });
});

test('an error inside a value is carried in the same way', () => {
  const value = { results: [{ ok: false, reason: new RowError(3) }], same: undefined as unknown };
  value.same = value.results[0]?.reason;
  const encoded = snapshot(value, { codecs: [], label: 'the result of f (#1)', copy: false });
  expect(encoded?.codecs).toEqual([]);
  const copy = restore(structuredClone(encoded?.value), () => {
    throw new Error('no codec is needed');
  }) as typeof value;
  expect(copy.results[0]?.reason).toBeInstanceOf(RangeError);
  expect(copy.results[0]?.reason).toMatchObject({ name: 'BadRow', row: 3 });
  expect(copy.same).toBe(copy.results[0]?.reason);
});
