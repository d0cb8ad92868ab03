/** @file onnxruntime-node called directly: its native kernels, all cores, ordinary memory. */
import { availableParallelism } from 'node:os';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { matmulJob } from './matmul-job.js';
import type { DType, Floats } from './matrices.js';
import { packageVersion, type Rival } from './rival.js';

/** One session for each size, made ahead; tensors are views on the arrays. */
export async function createRival(): Promise<Rival> {
  const threads = availableParallelism();
  return {
    version: await packageVersion('onnxruntime-node', import.meta.resolve('onnxruntime-node')),
    settings: `session.run(), intraOpNumThreads: ${threads}, ordinary memory, session made ahead`,
    jobs: {
      matmul: matmulJob(async (a, b, n, dtype) => {
        const session = await InferenceSession.create(matmulModel(n, dtype), { intraOpNumThreads: threads });
        const feeds = { a: tensor(a, n), b: tensor(b, n) };
        return async () => (await session.run(feeds))['c']?.data as Floats;
      }),
    },
    close: async () => {},
  };
}

function tensor(data: Floats, n: number): Tensor {
  return data instanceof Float64Array
    ? new Tensor('float64', data, [n, n])
    : new Tensor('float32', data, [n, n]);
}

// An ONNX model is a protobuf message. These few lines write the one message that is needed: c = MatMul(a, b).

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
const integer = (field: number, value: number): number[] => [field << 3, ...varint(value)];
const message = (field: number, ...parts: number[][]): number[] => {
  const body = parts.flat();
  return [(field << 3) | 2, ...varint(body.length), ...body];
};
const string = (field: number, value: string): number[] => message(field, [...Buffer.from(value)]);

function matmulModel(n: number, dtype: DType): Uint8Array {
  const elementType = dtype === 'f64' ? 11 : 1; // TensorProto.DataType: DOUBLE, FLOAT
  const dimension = message(1, integer(1, n));
  const type = message(2, message(1, integer(1, elementType), message(2, dimension, dimension)));
  const value = (field: number, name: string) => message(field, string(1, name), type);
  const node = message(1, string(1, 'a'), string(1, 'b'), string(2, 'c'), string(4, 'MatMul'));
  const graph = message(7, node, string(2, 'product'), value(11, 'a'), value(11, 'b'), value(12, 'c'));
  const opset = message(8, integer(2, 13));
  return Uint8Array.from([...integer(1, 8), ...graph, ...opset]);
}
