import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ValueTransferError } from '../errors.js';
import { type ValueCodec, valueCodec } from './codec.js';
import { restore, type SnapshotOptions, snapshot } from './snapshot.js';

/** Names its codec itself. */
class Point {
  constructor(
    public x: unknown,
    public y: unknown,
  ) {}
  static readonly [valueCodec]: ValueCodec<Point, unknown[]> = {
    tag: 'Point',
    module: 'test:points',
    exportName: 'Point',
    test: (value): value is Point => value instanceof Point,
    encode: ({ x, y }) => [x, y],
    decode: ([x, y]) => new Point(x, y),
  };
}
class Point3 extends Point {}

/** Of someone else, who knows nothing of codecs. */
class Matrix {
  constructor(
    readonly rows: number,
    readonly data: Float64Array,
  ) {}
}
const matrixCodec: ValueCodec<Matrix, { rows: number; data: Float64Array }> = {
  tag: 'Matrix',
  module: 'test:matrices',
  exportName: 'matrixCodec',
  test: (value): value is Matrix => value instanceof Matrix,
  encode: ({ rows, data }) => ({ rows, data }),
  decode: ({ rows, data }) => new Matrix(rows, data),
};
const pointCodec = Point[valueCodec] as ValueCodec;

const OPTIONS: SnapshotOptions = {
  codecs: [matrixCodec as ValueCodec],
  label: 'argument 1 of f (#1)',
  copy: true,
};
const find = (tag: string) => (tag === 'Point' ? pointCodec : (matrixCodec as ValueCodec));

function cross<T>(value: T, options = OPTIONS): T {
  const encoded = snapshot(value, options);
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(encoded?.value);
  const { message } = receiveMessageOnPort(port2) as { message: unknown };
  port1.close();
  return restore(message, find) as T;
}

describe('values with a codec', () => {
  test('S4. an instance keeps its class, at the root and anywhere inside', () => {
    expect(cross(new Point(1, 2))).toBeInstanceOf(Point);
    const value = {
      list: [new Point(1, 2)],
      map: new Map([[new Point(0, 0), new Set([new Point(3, 4)])]]),
      named: Object.assign([1, 2], { at: new Point(5, 6) }),
      sparse: Object.assign(new Array(3), { 1: new Point(7, 8) }),
      error: Object.assign(new Error('e', { cause: new Point(9, 9) }), { at: new Point(10, 10) }),
    };
    const copy = cross(value);
    expect(copy).toEqual(value);
    expect(copy.list[0]).toBeInstanceOf(Point);
    const [[key, set] = []] = copy.map;
    expect(key).toBeInstanceOf(Point);
    expect([...(set ?? [])][0]).toBeInstanceOf(Point);
    expect(copy.named.at).toBeInstanceOf(Point);
    expect(copy.sparse[1]).toBeInstanceOf(Point);
    expect(copy.error.cause).toBeInstanceOf(Point);
    expect(copy.error.at).toBeInstanceOf(Point);
  });

  test('a codec may be registered for a class of someone else; the codecs used are listed once', () => {
    const matrix = new Matrix(2, new Float64Array([1, 2]));
    const encoded = snapshot([matrix, matrix, new Matrix(1, new Float64Array(1)), new Point(1, 1)], OPTIONS);
    expect(encoded?.codecs).toEqual([matrixCodec, pointCodec]);
    expect(cross(matrix)).toEqual(matrix);
  });

  test("a class's own codec wins over a registered one", () => {
    const greedy = { ...matrixCodec, tag: 'greedy', test: () => true } as unknown as ValueCodec;
    expect(snapshot(new Point(1, 2), { ...OPTIONS, codecs: [greedy] })?.codecs).toEqual([pointCodec]);
  });

  test('S4. an instance of a subclass is refused rather than turned into its base class', () => {
    expect(() => snapshot([new Point3(1, 2)], OPTIONS)).toThrow(/an instance of class Point3 at \[0\]/);
  });

  test('what a codec makes is copied too, and its arrays share memory where they are large', () => {
    const matrix = new Matrix(1, new Float64Array([1]));
    const encoded = snapshot(matrix, OPTIONS);
    matrix.data[0] = 9;
    expect((restore(encoded?.value, find) as Matrix).data[0]).toBe(1);
    expect(cross(new Matrix(1, new Float64Array(100_000))).data.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  test('codecs nest, and the same instance twice arrives as one', () => {
    const inner = new Point(1, new Point(2, new Map([['m', new Matrix(1, new Float64Array(2))]])));
    const copy = cross([inner, inner, new Point(inner, inner.y)]);
    expect(copy).toEqual([inner, inner, new Point(inner, inner.y)]);
    expect(copy[0]).toBe(copy[1]);
    expect(copy[2]?.x).toBe(copy[0]);
    expect(copy[2]?.y).toBe(copy[0]?.y);
  });

  test('a cycle through plain data around an instance is kept', () => {
    const owner: { point?: Point } = {};
    owner.point = new Point(owner, 1);
    const copy = cross(owner);
    expect(copy.point).toBeInstanceOf(Point);
    expect(copy.point?.x).toBe(copy);
  });

  test('an instance that contains itself is refused, since decode needs all of its parts first', () => {
    const point = new Point(1, 2);
    point.x = [point];
    expect(() => snapshot({ point }, OPTIONS)).toThrow(
      'argument 1 of f (#1) has an instance of class Point at .point[0][0]; what its codec makes of it contains it again.',
    );
  });

  test('maps and sets keep their order when their keys are decoded', () => {
    const map = new Map<unknown, number>([
      ['a', 1],
      [new Point(0, 0), 2],
      ['b', 3],
    ]);
    expect([...cross(map).values()]).toEqual([1, 2, 3]);
    expect([...cross(new Set([1, new Point(0, 0), 2]))]).toEqual([1, new Point(0, 0), 2]);
  });

  test('what is refused inside a payload is named by the place of its instance', () => {
    expect(() => snapshot({ p: new Point(() => 1, 2) }, OPTIONS)).toThrow(/has a function at \.p\[0\]/);
  });

  test('a codec that throws is reported with its cause', () => {
    const cause = new Error('closed');
    const failing = {
      ...matrixCodec,
      encode: () => {
        throw cause;
      },
    } as unknown as ValueCodec;
    const matrix = new Matrix(1, new Float64Array(1));
    let thrown: unknown;
    try {
      snapshot([matrix], { ...OPTIONS, codecs: [failing] });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ValueTransferError);
    expect(thrown).toMatchObject({ message: 'argument 1 of f (#1) could not be read at [0]: closed', cause });
  });

  test('any structure of instances and plain data comes back equal', () => {
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        fc.oneof(fc.integer(), fc.string(), fc.constant(undefined)),
        fc.tuple(tie('tree'), tie('tree')).map(([x, y]) => new Point(x, y)),
        fc.float64Array({ maxLength: 4 }).map((data) => new Matrix(1, data)),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(fc.string(), tie('tree'), { maxKeys: 4, noNullPrototype: true }),
        fc.array(fc.tuple(tie('tree'), tie('tree')), { maxLength: 3 }).map((entries) => new Map(entries)),
        fc.string().map((message) => new RangeError(message)),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        expect(cross(value)).toStrictEqual(value);
      }),
      { numRuns: 300 },
    );
  });
});

describe('restoring', () => {
  test('data without marks is left as it is, in place', () => {
    const value = { list: [1, { a: 1 }], map: new Map([[{}, new Set([1])]]), date: new Date(1) };
    const before = structuredClone(value);
    expect(restore(value, find)).toBe(value);
    expect(value).toEqual(before);
    expect(restore('text', find)).toBe('text');
    expect(restore(null, find)).toBe(null);
  });

  test('an unknown tag is the business of the caller', () => {
    const { value } = snapshot({ p: new Point(1, 2) }, OPTIONS) as { value: unknown };
    const missing = (tag: string): never => {
      throw new Error(`no codec for ${tag}`);
    };
    expect(() => restore(value, missing)).toThrow('no codec for Point');
  });
});
